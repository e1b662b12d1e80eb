"""Cross-origin requests: which methods and header fields pages of other origins may use (Fetch, section 3.3)."""

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

# Every response has it if some origins are allowed, whether the request names an origin or not.
VARY = b"vary: Origin\r\n"
# The header fields that requests may have, besides those that are parameters in the contract.
ASKED = {"Authorization", "Content-Type", IF_MATCH, IF_NONE_MATCH, HEADER}


class Cors(CORSMiddleware):
    """Starlette's CORS middleware, with the contract's methods and header fields, and our shape of errors.

    :param app: the ASGI application that it wraps.
    :param origins: the origins whose pages may call the API, each as in `https://example.org`.
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
        """Return the response to a CORS preflight request (Fetch, section 3.3.5; overrides Starlette's).

        :param request_headers: the header fields of the request.
        """
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        body = render_body(response.status_code, "The origin, its method or its header is not allowed")
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(body, response.status_code, headers, JSON)
