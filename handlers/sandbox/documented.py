"""What the contract of the API documents: the operation of a request, and the errors of an operation."""

import json
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from handlers.contract import document
from handlers.contract.operations import JSON, Operation
from handlers.contract.problems import POINTER, Refusal, make_pointer
from handlers.contract.routes import Route, Routes
from handlers.responses.request_log import HEADER

# The first status of errors.
ERRORS = 400
# The header fields that all answers get outside the layers.
OF_ALL = (HEADER, "X-API-Version")
# The statuses of errors that are about a header field.
OF_HEADER = (HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


@cache
def find_base() -> str:
    """Return the path in front of all paths of the API, without the client account."""
    base: str = document.read()["servers"][0]["url"]
    return base


@cache
def compile_routes() -> Routes:
    """Return the paths of the API."""
    return Routes(document.read())


def find_route(scope: Scope) -> tuple[Route, Operation] | None:
    """Return the route and the operation that a request is for; None if the contract has none for it.

    :param scope: the ASGI scope of the request.
    """
    with suppress(Refusal):
        route, _ = compile_routes().find(scope["raw_path"])
        operation = route.find(scope["method"])
        return None if operation is None else (route, operation)
    return None


def cut_path(path: str) -> str:
    """Return a path of the API without what is in front of it and without the client account.

    :param path: the path of a request, decoded, or one of the contract with the base path in front.
    """
    return "/" + path.removeprefix(find_base() + "/").partition("/")[2]


@cache
def list_errors(identity: str) -> dict[int, Any]:
    """Return the documented errors of an operation: status to response, as in the contract, references resolved.

    :param identity: its operationId.
    """
    responses = _find_definition(identity)["responses"]
    return {int(status): _resolve(response) for status, response in responses.items() if int(status) >= ERRORS}


def make_error(operation: Operation, status: int) -> Response:
    """Return the documented response of an operation for an error.

    :param operation: the operation.
    :param status: the HTTP status, one of `list_errors`.
    """
    response = list_errors(operation.identity)[status]
    body = next(iter(response["content"][JSON]["examples"].values()))["value"]
    headers = {name: str(_resolve(each)["example"]) for name, each in response["headers"].items() if name not in OF_ALL}
    if POINTER in headers:
        headers[POINTER] = _point(operation, status, body["error"])
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), status, headers, JSON)


def _point(operation: Operation, status: int, error: str) -> str:
    """Return the place that an error is about, whose text begins with the name of the field."""
    field = error.partition(":")[0]
    kind = "body"
    if status in OF_HEADER:
        kind = "header"
    elif field in operation.query:
        kind = "query"
    elif field in [each.name for each in operation.path]:
        kind = "path"
    return make_pointer((kind,) if field == kind else (kind, *field.split("/")))


def _find_definition(identity: str) -> Any:
    operations = (each for item in document.read()["paths"].values() for each in item.values())
    return next(each for each in operations if each["operationId"] == identity)


def _resolve(part: Any) -> Any:
    return document.find(document.read(), part["$ref"]) if "$ref" in part else part
