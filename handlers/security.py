"""Bearer tokens: who may speak to which client account, settled before anything else of a request is looked at."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.errors import ApiError
from handlers.headers import read_token

# RFC 6750, section 2.1.
CREDENTIALS = re.compile(r"bearer +[A-Za-z0-9._~+/-]+=* *", re.IGNORECASE)
INVALID_REQUEST = 'Bearer error="invalid_request", error_description="The header must be Authorization: Bearer TOKEN"'
INVALID_TOKEN = (
    'Bearer error="invalid_token",'
    ' error_description="The token is unknown, revoked or of another client account than the URL names"'
)


class Security(SpecMiddleware):  # type: ignore[misc]
    """ASGI middleware that lets requests below the API's base path through with a token of the client they name.

    Connexion's own security comes after routing, which would tell a stranger the endpoint and method first.

    :param find_client: gives the ID of the client that a token belongs to, or None.
    """

    def __init__(self, app: ASGIApp, find_client: Callable[[str], int | None]) -> None:
        self.app = app
        self.find_client = find_client
        self.base_path = ""

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Take the base path from the contract."""
        self.base_path = specification.base_path + "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it.

        :raises ApiError: 401; token missing, malformed, unknown, revoked or another client's (RFC 6750, section 3).
        """
        if scope["path"].startswith(self.base_path):
            clients_id = scope["path"].removeprefix(self.base_path).partition("/")[0]
            credentials = Headers(scope=scope).getlist("Authorization")
            client = self.find_client(read_token(credentials[0]) if len(credentials) == 1 else "")
            if client is None or str(client) != clients_id:
                raise ApiError(
                    HTTPStatus.UNAUTHORIZED,
                    "Bearer token or ClientsID is not valid",
                    {"WWW-Authenticate": _challenge(credentials)},
                )
            scope["client_account"] = clients_id
        await self.app(scope, receive, send)


def _challenge(credentials: list[str]) -> str:
    # No more than the client can see itself: not whether there is such a token or client account.
    if not credentials:
        return "Bearer"
    return INVALID_TOKEN if len(credentials) == 1 and CREDENTIALS.fullmatch(credentials[0]) else INVALID_REQUEST
