"""What a worker serves: plain requests at once, all others by Connexion."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from threading import Event

from starlette.types import ASGIApp, Receive, Scope, Send

from data.opening import open_database
from data.purges import Purge
from data.store import Store
from handlers import Settings
from handlers.app import public
from handlers.app.cors import VARY, Cors
from handlers.contract import document
from handlers.contract.problems import Busy
from handlers.contract.routes import Routes
from handlers.fast.path import FastPath
from handlers.limits.quotas import Quotas
from handlers.limits.scans import Scans
from handlers.responses.errors import UNAVAILABLE, refuse
from handlers.responses.log import RequestLines
from handlers.responses.request_log import RequestLog

# Connexion takes longer to import and assemble than all the rest, so that the first answers go before it.
SECONDS_TO_LOAD = 0.25
# Meanwhile, the event loop waits for Python's global lock no longer than this.
SWITCH_SECONDS = 0.0005

logger = logging.getLogger("freiton")


class Worker:
    """The ASGI application of a process, and the fast path around it.

    :param settings: what the server is started with.
    :raises store.Refused: the database is not to be used; see `open_database`.
    """

    def __init__(self, settings: Settings) -> None:
        # The server has made it if there was none: one that has gone since is not to be replaced by an empty one.
        self.store = open_database(settings.database, demo=settings.demo)
        Purge(self.store)
        routes = Routes(document.read(), public.ENDPOINTS)
        scans = Scans(settings.query_timeout)
        self.store.at_close(scans.close)
        self.lines = RequestLines(settings.log_format)
        self.fast: FastPath | None = None
        if settings.fast:
            vary = VARY if settings.cors_origins else b""
            self.fast = FastPath(routes, self.store, settings.demo, scans.busy, vary)
        self.connexion = Connexion(settings, self.store, routes)
        app: ASGIApp = self.connexion
        self.app = RequestLog(Cors(app, settings.cors_origins, routes) if settings.cors_origins else app, self.lines)
        # Set when the server stops and has no time for what takes long.
        self.stop = Event()
        quotas = Quotas(settings.largest_import, settings.imports_per_client, settings.import_space)
        self.shared = {"stop": self.stop, "quotas": quotas, "scans": scans}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or close when the server has answered its last."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        scope.update(self.shared)
        await self.app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        loading = asyncio.create_task(self.connexion.load_later())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        loading.cancel()
        self.store.close()
        await send({"type": "lifespan.shutdown.complete"})


class Connexion:
    """The ASGI application that Connexion makes of the contract, as soon as it is loaded.

    :param settings: what the server is started with.
    :param of: the store.
    :param routes: all paths that are served.
    """

    def __init__(self, settings: Settings, of: Store, routes: Routes) -> None:
        self.settings = settings
        self.store = of
        self.routes = routes
        self.app: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or send the answer that the fast path has found and is too long for it."""
        app = scope.get("answer")
        if app is None:
            app = await self._find_app()
        else:
            scope["store"].select()
        await app(scope, receive, send)

    async def load_later(self) -> None:
        """Load Connexion when the first answers have been sent, so that no request has to wait for it."""
        await asyncio.sleep(SECONDS_TO_LOAD)
        await self._find_app()

    async def _find_app(self) -> ASGIApp:
        if self.app is None:
            self.app = asyncio.ensure_future(asyncio.to_thread(self._assemble))
        try:
            # The others wait for the first one, even if its client does not.
            return await asyncio.shield(self.app)
        except (ImportError, OSError) as error:
            self.app = None
            logger.error("Connexion cannot be imported now: %s", type(error).__name__)
            return refuse(Busy(UNAVAILABLE))

    def _assemble(self) -> ASGIApp:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            from handlers.app.assembly import create_app

            assembled: Callable[..., ASGIApp] = create_app
            return assembled(self.settings, self.store, self.routes)
        finally:
            sys.setswitchinterval(usual)
            # What is there now stays: not to be looked at in each search for cycles.
            gc.freeze()
