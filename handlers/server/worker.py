"""A worker: what one process serves, the fast path and Connexion behind it."""

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
from handlers.fast.remote import RemotePath
from handlers.limits.quotas import Quotas
from handlers.limits.scans import Scans
from handlers.responses.errors import UNAVAILABLE, refuse
from handlers.responses.log import RequestLines
from handlers.responses.request_log import RequestLog

# In seconds. Importing and assembling Connexion takes longer than all the rest of the start, so that it begins after
# the first answers.
SECONDS_TO_LOAD = 1
# Python's switch interval while Connexion is loaded, in seconds: how long the event loop waits for the interpreter
# lock.
SWITCH_SECONDS = 0.0005

logger = logging.getLogger("freiton")


class Worker:
    """The ASGI application of a process, with its store and its fast path.

    :param settings: the options that the server is started with.
    :raises store.Refused: the database cannot be used; see `open_database`.
    """

    def __init__(self, settings: Settings) -> None:
        # `run` has created the file if there was none. A file that was deleted since must not be replaced by an empty
        # one.
        self.store = open_database(settings.database, demo=settings.demo)
        Purge(self.store)
        routes = Routes(document.read(), public.ENDPOINTS)
        scans = Scans(settings.query_timeout)
        self.store.at_close(scans.close)
        self.lines = RequestLines(settings.log_format)
        self.fast: FastPath | None = None
        if settings.fast:
            vary = VARY if settings.cors_origins else b""
            kind = RemotePath if self.store.is_remote else FastPath
            self.fast = kind(routes, self.store, settings.demo, scans.busy, vary)
        self.connexion = Connexion(settings, self.store, routes)
        app: ASGIApp = self.connexion
        self.app = RequestLog(Cors(app, settings.cors_origins, routes) if settings.cors_origins else app, self.lines)
        # Set when the server stops, and imports have to end.
        self.stop = Event()
        # Set as soon as the server stops, for answers that have no end of their own.
        self.ending = Event()
        quotas = Quotas(settings.largest_import, settings.imports_per_client, settings.import_space)
        self.shared = {"stop": self.stop, "ending": self.ending, "quotas": quotas, "scans": scans}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or handle the lifespan: load Connexion after the start, close the store at the end (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
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
    """The ASGI application that Connexion assembles from the contract, loaded in the background.

    :param settings: the options that the server is started with.
    :param of: the store of the tokens and of all records.
    :param routes: all paths that are served.
    """

    def __init__(self, settings: Settings, of: Store, routes: Routes) -> None:
        self.settings = settings
        self.store = of
        self.routes = routes
        self.app: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or send the long answer of the fast path (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        app = scope.get("answer")
        if app is None:
            app = await self._find_app()
        else:
            scope["store"].select()
        await app(scope, receive, send)

    async def load_later(self) -> None:
        """Load Connexion after the first answers have been sent, so that later requests do not wait for it."""
        await asyncio.sleep(SECONDS_TO_LOAD)
        await self._find_app()

    async def _find_app(self) -> ASGIApp:
        if self.app is None:
            self.app = asyncio.ensure_future(asyncio.to_thread(self._assemble))
        try:
            # All requests wait for one import, which continues if the client of the first request disconnects.
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
            # The objects that exist now live as long as the process, so the garbage collector need not traverse them.
            gc.freeze()
