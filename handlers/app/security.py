"""Bearer tokens: who may speak to which client account, settled before anything else of a request is looked at."""

import re
from http import HTTPStatus
from typing import Any

from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from data import tokens
from data.store import Store
from handlers.contract.headers import read_token
from handlers.contract.problems import Refusal

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

    It decides which store the request works on.

    :param app: Connexion's next middleware.
    :param of: the store that the tokens are in.
    :param demo: whether the fixed tokens of the demo are valid.
    """

    def __init__(self, app: ASGIApp, of: Store, demo: bool) -> None:
        self.app = app
        self.store = of
        self.demo = demo
        self.base_path = ""

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Take the base path from the contract."""
        self.base_path = specification.base_path + "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it.

        :raises Refusal: 401; token missing, malformed, unknown, revoked or another client's (RFC 6750, section 3).
        """
        self.store.select()
        if scope["path"].startswith(self.base_path):
            clients_id = scope["path"].removeprefix(self.base_path).partition("/")[0]
            credentials = Headers(scope=scope).getlist("Authorization")
            token = read_token(credentials[0]) if len(credentials) == 1 else ""
            client = tokens.find_client(token, demo=self.demo)
            if client is None or str(client) != clients_id:
                raise Refusal(
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
