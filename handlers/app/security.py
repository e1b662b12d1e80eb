"""Bearer tokens: authentication and authorisation, before any other part of a request is checked."""

import re
from functools import partial
from http import HTTPStatus
from typing import Any

from connexion.middleware.abstract import SpecMiddleware
from connexion.spec import Specification
from starlette.concurrency import run_in_threadpool
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
    """ASGI middleware that authenticates requests below the base path, and selects the store they work on.

    Connexion's own security runs after routing, which would tell a client without a token whether endpoint and method
    exist. A layer in front of the application may choose another store and other known tokens: `store` and `tokens` in
    the scope.

    :param app: Connexion's next middleware.
    :param of: the store of the tokens and of all records.
    :param known: the tokens that are valid without being stored.
    """

    def __init__(self, app: ASGIApp, of: Store, known: tokens.Known) -> None:
        self.app = app
        self.store = of
        self.known = known
        self.base_path = ""

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Take the base path from the contract (overrides `SpecMiddleware`).

        :param specification: the contract, as Connexion knows it.
        :param options: Connexion's further options, which are not used.
        """
        self.base_path = specification.base_path + "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with `client_account` in its scope, or refuse it (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        :raises Refusal: 401; the token is missing, malformed, unknown, revoked or another client's (RFC 6750, section
            3).
        """
        of = scope.get("store", self.store)
        of.select()
        if scope["path"].startswith(self.base_path):
            clients_id = scope["path"].removeprefix(self.base_path).partition("/")[0]
            credentials = Headers(scope=scope).getlist("Authorization")
            token = read_token(credentials[0]) if len(credentials) == 1 else ""
            find = partial(tokens.find_client, token, scope.get("tokens", self.known))
            client = await run_in_threadpool(find) if of.is_remote else find()
            if client is None or str(client) != clients_id:
                raise Refusal(
                    HTTPStatus.UNAUTHORIZED,
                    "Bearer token or ClientsID is not valid",
                    {"WWW-Authenticate": _challenge(credentials)},
                )
            scope["client_account"] = clients_id
        await self.app(scope, receive, send)


def _challenge(credentials: list[str]) -> str:
    # It depends on the request only, and does not reveal whether such a token or client account exists.
    if not credentials:
        return "Bearer"
    return INVALID_TOKEN if len(credentials) == 1 and CREDENTIALS.fullmatch(credentials[0]) else INVALID_REQUEST
