"""The layer of the journal in this process, in front of any application, where its registry can be reached."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.sandbox.layers.journal import Journal
from handlers.sandbox.registry import journal, limits, open_registry, worlds
from handlers.sandbox.registry.journal import EntryFilter
from handlers.sandbox.serving import prepare
from tests.support.conformance import BASE_PATH

ROUTES = Routes(document.read())


class Layered:
    """A registry with the world `default`, and the layer that writes its journal.

    :param folder: a folder for it.
    :param given: what the sandbox may hold.
    """

    def __init__(self, folder: Path, given: limits.Limits) -> None:
        prepare(folder, given, {})
        self.registry = open_registry(folder)
        # How many entries there were when the client was disconnected.
        self.aborted: list[int] = []

    def ask(self, app: ASGIApp, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer of an application behind the layer.

        :param app: the application.
        :param method: the HTTP method.
        :param path: the path below that of client account 1.
        :param options: what else `httpx.AsyncClient.request` takes.
        """
        layer = Journal(app, ROUTES, self.registry)

        async def choose_world(scope: Scope, receive: Receive, send: Send) -> None:
            with self.registry.use():
                scope["world"] = worlds.find(worlds.DEFAULT)
            scope["abort"] = lambda: self.aborted.append(len(self.entries))
            await layer(scope, receive, send)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(choose_world)
            async with httpx.AsyncClient(transport=transport, base_url="http://freiton") as client:
                return await client.request(method, f"{BASE_PATH}/1{path}", **options)

        return asyncio.run(ask())

    def read(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of the registry returns.

        :param call: the function.
        :param arguments: its arguments behind the world's ID.
        """
        with self.registry.use():
            return call(worlds.DEFAULT, *arguments)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Return all entries of the journal."""
        entries: list[dict[str, Any]] = self.read(journal.list_some, EntryFilter(), 1000)
        return entries
