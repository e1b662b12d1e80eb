"""The outermost layer: which world a request is for."""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from data import tokens
from data.store import NotFound, Store, Unavailable
from handlers.contract.headers import read_token
from handlers.contract.problems import Problem, Refusal
from handlers.responses.errors import refuse
from handlers.sandbox.documented import find_base
from handlers.sandbox.layers.stores import Stores
from handlers.sandbox.registry import limits, worlds

PREFIX = "/sandbox/"
WORLD = "X-Freiton-World"
# What the request log says instead of a client account.
CONTROL = "sandbox"
# What a browser says of requests that pages of other origins make (Fetch Metadata, section 2.4). The control API needs
# no token, so that any page could reset worlds.
SITE = "Sec-Fetch-Site"
SAFE = ("GET", "HEAD", "OPTIONS")
OWN_SITE = ("same-origin", "none")
FOREIGN = Problem(("header", SITE), "must not be that of a page of another origin")


class Sandbox:
    """ASGI middleware that hands requests to the control API, or to the API with a world in the scope.

    :param app: the ordinary application.
    :param control: the application of the control API.
    :param registry: the registry of the sandbox.
    """

    def __init__(self, app: ASGIApp, control: ASGIApp, registry: Store) -> None:
        self.app = app
        self.control = control
        self.registry = registry
        self.base_path = find_base() + "/"
        with registry.use():
            self.idle_seconds = limits.read().idle_seconds
        self.stores = Stores(Path(registry.location).parent)
        registry.at_close(self.stores.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        app = self.app
        self.registry.select()
        if f"{scope['path']}/".startswith(PREFIX):
            scope.update(client_account=CONTROL, stores=self.stores)
            is_foreign = Headers(scope=scope).get(SITE, "none") not in OWN_SITE and scope["method"] not in SAFE
            app = refuse(FOREIGN) if is_foreign else self.control
        elif scope["path"].startswith(self.base_path):
            try:
                self._choose(scope)
            except (Refusal, Unavailable) as error:
                app = refuse(error)
        await app(scope, receive, send)

    def _choose(self, scope: Scope) -> None:
        """Put the world of a request into its scope, with its store, its tokens and its quotas.

        :raises Problem: 400; the world that the header field names does not exist.
        :raises Unavailable: the registry or the database of the world cannot be used now.
        """
        headers = Headers(scope=scope)
        named = headers.get(WORLD)
        token = read_token(headers.get("Authorization", ""))
        try:
            world = worlds.find(named or worlds.read_token(token) or worlds.DEFAULT)
        except NotFound as error:
            if named is not None:
                raise Problem(("header", WORLD), "is not the ID of a world") from error
            # The token is not valid there, either.
            world = worlds.find(worlds.DEFAULT)
        worlds.note_use(world, self.idle_seconds)
        opened = self.stores.get(world.file, scope["quotas"])
        opened.store.clock = world.clock.read
        known = {token: account for token, account in tokens.DEMO.items() if account in world.accounts}
        scope.update(world=world, store=opened.store, quotas=opened.quotas, tokens={**known, **world.tokens})
