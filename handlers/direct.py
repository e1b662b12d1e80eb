"""Writes that are plain by the contract: from the guard to the function, past Connexion's layers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from handlers import schemas
from handlers.errors import ApiError
from handlers.operations import NotPlain, Operation, compile_operations, read_query
from handlers.validation import parse_json
from handlers.writes import Writes

WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class Direct:
    """ASGI middleware behind the guard that calls the function of a plain request itself.

    Connexion's routing, validation and decorators take half the time of a write, and each would wait for the disk
    alone. Whatever is not plain goes on to them.

    :param contract: the contract, as data.
    """

    def __init__(self, app: ASGIApp, contract: Mapping[str, Any]) -> None:
        self.app = app
        operations = compile_operations(contract, WRITES)
        self.operations = {(each.method, each.template): each for each in operations if each.writes}
        self.writes = Writes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        operation = self.operations.get((scope["method"], scope["operation"]))
        arguments = operation and _find_arguments(operation, scope)
        if operation is None or arguments is None:
            await self.app(scope, receive, send)
        else:
            response = await self.writes.run(partial(operation.handler, **arguments))
            await response(scope, receive, send)


def _find_arguments(operation: Operation, scope: Scope) -> dict[str, Any] | None:
    try:
        path = zip(operation.path, scope["path_values"], strict=True)
        arguments = {**operation.defaults, **{name: read(text) for (name, read), text in path}}
        arguments |= read_query(operation, scope["query_string"].decode("latin-1"))
        if operation.body is not None:
            arguments["body"] = parse_json(scope["json"])
            if not schemas.fast_validator(operation.body).is_valid(arguments["body"]):
                return None
    except (NotPlain, ApiError, LookupError, ValueError):
        return None
    return arguments
