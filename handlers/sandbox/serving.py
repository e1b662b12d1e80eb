"""What `freiton serve --sandbox` begins with: the folder of the sandbox, and the layer of each process."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from data import store
from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.sandbox.layers.journal import Journal
from handlers.sandbox.layers.sandbox import Sandbox
from handlers.sandbox.registry import files, fixtures, limits, open_registry, worlds

CONTRACT = Path(__file__).with_name("control.yaml")
# The database of the server itself, which no request uses.
OWN = "server.db"


@dataclass(frozen=True)
class Layer:
    """Makes the layer of a process; see `Settings.layer`.

    :param folder: the folder of the sandbox.
    """

    folder: Path

    def __call__(self, app: ASGIApp, assemble: Any, of: store.Store) -> ASGIApp:
        """Return the layer.

        :param app: the ordinary application.
        :param assemble: `assemble` of `handlers.app.assembly`.
        :param of: the store of the server, with which the registry is closed.
        """
        registry = open_registry(self.folder)
        of.at_close(registry.close)
        contract = document.read(CONTRACT)
        journal = Journal(app, Routes(document.read()), registry)
        return Sandbox(journal, assemble(contract, Routes(contract)), registry)


def prepare(folder: Path, given: limits.Limits) -> Path:
    """Make the registry of a sandbox with its fixtures and its default world, or open it again.

    :param folder: the folder, which no server uses now.
    :param given: what the sandbox may hold.
    :returns: the path of the server's own database.
    :raises store.Refused: the folder cannot be used.
    :raises store.Unavailable: the disk is full.
    """
    with open_registry(folder, create=True):
        limits.save(given)
        files.clear()
        fixtures.make_standard()
        if worlds.DEFAULT not in {world.id for world in worlds.list_all()}:
            worlds.make(fixtures.DEMO, worlds.DEFAULT)
        shutil.copyfile(fixtures.find_path(fixtures.DEMO), folder / OWN)
    return folder / OWN
