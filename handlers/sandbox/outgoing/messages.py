"""What is sent in a call: from its data to a request, by the contract."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from handlers.contract.operations import JSON, Operation
from handlers.contract.problems import Problem
from handlers.contract.verdicts import Asked, judge_request
from handlers.sandbox.outgoing.contract import compile_routes

DATA = ("body", "data")


def compose(operation: Operation, data: Mapping[str, Any]) -> Asked:
    """Return the request of a call, with the header fields that are about its content.

    :param operation: the operation.
    :param data: its parameters, and the fields of its body, by name; a parameter that is null is left out.
    :raises Problem: 400; a parameter is no text, number or boolean, or the operation has no body for a field.
    """
    query = {name: _render(name, data[name]) for name in operation.query if data.get(name) is not None}
    rest = {name: value for name, value in data.items() if name not in operation.query}
    headers = [(b"accept", JSON.encode())]
    body = b""
    if operation.body is not None:
        headers.append((b"content-type", JSON.encode()))
        body = json.dumps(rest, ensure_ascii=False).encode()
    else:
        for name in rest:
            raise Problem((*DATA, name), f"is not a parameter of {operation.identity}")
    return Asked(operation.method, operation.template.encode(), urlencode(query).encode(), headers, body)


def check(operation: Operation, data: Mapping[str, Any]) -> None:
    """Check that the contract allows a call.

    :param operation: the operation.
    :param data: its parameters, and the fields of its body, by name.
    :raises Problem: 400; it does not, or the contract does not know a field.
    """
    _, broken = judge_request(compile_routes(), compose(operation, data))
    for place, rule in broken:
        # Such as `#/query/CallerID`, or `#/body` for the whole.
        names = [unquote(name) for name in place.removeprefix("#/").split("/")[1:]]
        raise Problem((*DATA, *names), rule.partition(": ")[2])
    known = {} if operation.body is None else operation.body.schema["properties"]
    for name in data:
        if name not in known and name not in operation.query:
            raise Problem((*DATA, name), f"is not a field of {operation.identity}")


def _render(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise Problem((*DATA, name), "must be a text, a number or a boolean")
    return str(value)
