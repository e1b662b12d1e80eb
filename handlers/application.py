"""What a worker serves: plain requests at once, and Connexion as soon as something asks for it."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from threading import Event

from starlette.types import ASGIApp, Receive, Scope, Send

from data import store, tokens
from data.database import open_database
from data.purges import Purge
from handlers import Settings, contract
from handlers.cors import VARY, Cors
from handlers.direct import Direct
from handlers.errors import RETRY_AFTER, UNAVAILABLE, ApiError, refuse
from handlers.quotas import Quotas
from handlers.requestlog import RequestLog
from handlers.scans import Scans

logger = logging.getLogger("freiton")


class Application:
    """The ASGI application, and the plain requests that it need not be asked for.

    Connexion takes longer to import and assemble, and more memory, than all the rest; a server that is asked for
    nothing else never needs it.

    :param settings: what the server is started with.
    :raises store.Refused: the database is not to be used; see `open_database`.
    """

    def __init__(self, settings: Settings) -> None:
        # The server has made it if there was none: one that has gone since is not to be replaced by an empty one.
        open_database(settings.database, demo=settings.demo)
        self.purge = Purge()
        self.scans = Scans(settings.query_timeout)
        self.settings = settings
        self.direct: Direct | None = None
        if settings.fast:
            find_client = partial(tokens.find_client, demo=settings.demo)
            fields = VARY if settings.cors_origins else b""
            self.direct = Direct(contract.read(), find_client, self.scans.busy, fields)
        origins, app = settings.cors_origins, self._answer
        self.answer = RequestLog(Cors(app, origins, contract.read()) if origins else app)
        self.app: asyncio.Future[ASGIApp] | None = None
        # Set when the server stops and has no time for what takes long.
        self.stop = Event()
        self.quotas = Quotas(settings.largest_import, settings.imports_per_client, settings.import_space)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or close when the server has answered its last."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        scope.update(stop=self.stop, quotas=self.quotas, scans=self.scans)
        await self.answer(scope, receive, send)

    def close(self) -> None:
        """End the background work, and close the connections of its threads and of this one."""
        self.purge.close()
        if self.direct is not None:
            self.direct.writes.close()
        self.scans.close()
        store.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A read that was plain, and has too much to say to be sent at once, needs no Connexion.
        app = scope.get("answer") or await self._find_app()
        await app(scope, receive, send)

    async def _find_app(self) -> ASGIApp:
        if self.app is None:
            self.app = asyncio.ensure_future(asyncio.to_thread(_assemble, self.settings))
        try:
            # The others wait for the first one, even if its client does not.
            return await asyncio.shield(self.app)
        except (ImportError, OSError) as error:
            self.app = None
            logger.error("Connexion cannot be imported now: %s", type(error).__name__)
            return _refuse


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = ApiError(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, {"Retry-After": RETRY_AFTER})
    await refuse(error)(scope, receive, send)


def _assemble(settings: Settings) -> ASGIApp:
    from handlers.app import create_app

    assembled: Callable[..., ASGIApp] = create_app
    return assembled(settings)
