"""Cross-origin requests: what pages of other origins may ask and read, by the contract (Fetch, section 3.3)."""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from handlers.contract.operations import JSON
from handlers.contract.preconditions import IF_MATCH, IF_NONE_MATCH
from handlers.contract.routes import Routes
from handlers.responses.errors import render_body
from handlers.responses.request_log import HEADER

# What each answer has that pages of some origins may read, whether its request names an origin or not.
VARY = b"vary: Origin\r\n"
# Beside the header fields that the contract has as parameters.
ASKED = {"Authorization", "Content-Type", IF_MATCH, IF_NONE_MATCH, HEADER}


class Cors(CORSMiddleware):
    """Starlette's CORS, with the methods and header fields of the contract, and refusals in the shape of all errors.

    :param origins: the origins whose pages may call the API.
    :param routes: all paths that are served.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str], routes: Routes) -> None:
        super().__init__(
            app,
            allow_origins=tuple(origins),
            allow_methods=sorted(routes.methods),
            allow_headers=sorted(ASKED.union(routes.request_fields)),
            expose_headers=sorted(routes.response_fields),
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to the question whether a page may send a request."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        body = render_body(response.status_code, "The origin, its method or its header is not allowed")
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(body, response.status_code, headers, JSON)
