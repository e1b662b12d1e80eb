"""What a failure is armed with: its defaults, what contradicts itself, and what the contract has no answer for."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.contract.operations import Operation
from handlers.contract.problems import Problem, Refusal
from handlers.contract.routes import Route
from handlers.sandbox.documented import compile_routes, cut_path, find_base, list_errors
from handlers.sandbox.registry.failures import AFTER, BEFORE

Rule = dict[str, Any]

DEFAULTS = {
    **{"operationId": None, "method": None, "path": None},
    **{"first": 1, "count": 1, "share": None, "seed": None},
    **{"when": BEFORE, "status": None, "delay": None, "drop": False, "cut": False},
}
# What ends a request, each in its way.
ENDS = ("status", "drop", "cut")
# Seeds have 31 bits, so that every client can hold them.
SEEDS = 2**31


def complete(body: Mapping[str, Any]) -> Rule:
    """Return what a failure is armed with, with the defaults of all fields that are not given.

    :param body: the request, valid by the contract of the control API.
    :raises Problem: 400; nothing would happen, or fields contradict one another.
    """
    rule = {**DEFAULTS, **body}
    ends = [name for name in ENDS if rule[name]]
    if not ends and rule["delay"] is None:
        raise Problem(("body",), f"must have one of {', '.join(ENDS)}, delay")
    if len(ends) > 1:
        raise Problem(("body", ends[1]), f"cannot be given beside {ends[0]}")
    if rule["cut"]:
        if body.get("when") == BEFORE:
            raise Problem(("body", "when"), "must be after: there has to be an answer to cut off")
        rule["when"] = AFTER
    return _choose_share(rule, body)


def find_targets(rule: Rule) -> tuple[Sequence[str], str | None]:
    """Return the operationIds that a failure is for, and the one path below the client account; None for any path.

    :param rule: the failure, complete.
    :raises Problem: 400; the contract has no such operation, or none that documents the status.
    """
    route, path = _find_route(rule["path"])
    operations = _list_operations(rule, route)
    status = rule["status"]
    documented = [each.identity for each in operations if status is None or status in list_errors(each.identity)]
    if not documented:
        known = sorted({known for each in operations for known in list_errors(each.identity)})
        raise Problem(("body", "status"), f"must be documented: one of {', '.join(map(str, known))}")
    return documented, path


def _choose_share(rule: Rule, body: Mapping[str, Any]) -> Rule:
    if rule["share"] is None:
        if rule["seed"] is not None:
            raise Problem(("body", "seed"), "needs share")
        return rule
    if rule["seed"] is None:
        rule["seed"] = secrets.randbelow(SEEDS)
    return rule if "count" in body else {**rule, "count": None}


def _find_route(path: str | None) -> tuple[Route | None, str | None]:
    """Return the route of a path, and the path if it is that of a single record; None for each that is not limited."""
    if path is None:
        return None, None
    routes = compile_routes()
    below = {cut_path(route.template): route for route in routes.routes}
    if path in below:
        return below[path], None
    try:
        return routes.find(f"{find_base()}/1{path}".encode())[0], path
    except Refusal as error:
        raise Problem(("body", "path"), f"must be one of {', '.join(below)}") from error


def _list_operations(rule: Rule, route: Route | None) -> list[Operation]:
    method, identity = rule["method"], rule["operationId"]
    operations = [
        each for each in compile_routes().operations if route is None or route.operations.get(each.method) is each
    ]
    if method is not None:
        methods = sorted({each.method for each in operations})
        operations = [each for each in operations if each.method == method]
        if not operations:
            raise Problem(("body", "method"), f"must be one of {', '.join(methods)}")
    if identity is not None:
        known = [each.identity for each in operations]
        operations = [each for each in operations if each.identity == identity]
        if not operations:
            raise Problem(("body", "operationId"), f"must be one of {', '.join(known)}")
    return operations
