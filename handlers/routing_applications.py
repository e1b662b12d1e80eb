"""Operations of routing applications."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import Response

from data import routing_applications
from data.lists.pages import Page
from handlers.contract.bodies import LARGEST_BODY
from handlers.contract.problems import Problem
from handlers.responses.envelope import found, listed

# In characters. A long name on an upper level is repeated in the names of all values below.
LONGEST_NAME, LONGEST_SHOWN = 1024, 64


def list_routing_applications(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's routing applications (contract: listRoutingApplications).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(routing_applications.list_all(clients_id, Page(**page)))


def run_routing_application(
    clients_id: int, routing_applications_id: int, body: Mapping[str, Any] | None = None
) -> Response:
    """Return the variables that a routing application is run with (contract: runRoutingApplication).

    :param clients_id: ID of the client account.
    :param routing_applications_id: ID of the application.
    :param body: the variables, as nested JSON; None for none.
    :raises store.NotFound: the client has no such application.
    :raises Problem: 400; two variables have the same name, or all together are too long.
    """
    variables = _name_variables(body or {})
    routing_applications.get(clients_id, routing_applications_id)
    pairs = ({"Name": name, "Value": text} for name, text in variables.items())
    return found([json.dumps(pair, ensure_ascii=False, separators=(",", ":")) for pair in pairs])


def _name_variables(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that nested JSON stands for, name to text."""
    variables: dict[str, str] = {}
    length = 0
    for name, text in _flatten(body, None):
        if name in variables:
            raise Problem(("body",), f"has two values of the variable {name[:LONGEST_SHOWN]}")
        length += len(name) + len(text)
        if length > LARGEST_BODY:
            raise Problem(("body",), f"has variables of more than {LARGEST_BODY} characters")
        variables[name] = text
    return variables


def _flatten(value: Any, name: str | None) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each value in nested JSON, whose own name is None on the top level."""
    if not isinstance(value, dict | list):
        yield name or "", value if isinstance(value, str) else "" if value is None else json.dumps(value)
        return
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        path = str(key) if name is None else f"{name}.{key}"
        if len(path) > LONGEST_NAME:
            raise Problem(("body",), f"has a variable whose name has more than {LONGEST_NAME} characters")
        yield from _flatten(member, path)
