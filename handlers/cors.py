"""Cross-origin requests: what pages of other origins may ask and read, by the contract (Fetch, section 3.3)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from handlers.envelope import JSON
from handlers.errors import render_body
from handlers.preconditions import IF_MATCH, IF_NONE_MATCH
from handlers.requestlog import HEADER

# What each answer has that pages of some origins may read, whether its request names an origin or not.
VARY = b"vary: Origin\r\n"
# Beside the header fields that the contract has as parameters, and as headers of answers.
ASKED = {"Authorization", "Content-Type", IF_MATCH, IF_NONE_MATCH, HEADER}
ANSWERED = {"Deprecation", "Sunset"}


class Cors(CORSMiddleware):
    """Starlette's CORS, with the methods and header fields of a contract, and refusals in the shape of all errors.

    :param origins: the origins whose pages may call the API.
    :param contract: the contract, as data.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str], contract: Mapping[str, Any]) -> None:
        operations = [
            (method.upper(), operation) for item in contract["paths"].values() for method, operation in item.items()
        ]
        parameters = contract["components"]["parameters"].values()
        responses = [
            *contract["components"]["responses"].values(),
            *(response for _, operation in operations for response in operation["responses"].values()),
        ]
        super().__init__(
            app,
            allow_origins=tuple(origins),
            # What answers GET answers HEAD.
            allow_methods=sorted({"HEAD", *(method for method, _ in operations)}),
            allow_headers=sorted(ASKED.union(each["name"] for each in parameters if each["in"] == "header")),
            expose_headers=sorted(ANSWERED.union(*(response.get("headers", ()) for response in responses))),
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to the question whether a page may send a request."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        body = render_body(response.status_code, "The origin, its method or its header is not allowed")
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(body, response.status_code, headers, JSON)
