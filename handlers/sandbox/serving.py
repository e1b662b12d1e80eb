"""What `freiton serve --sandbox` begins with: the folder of the sandbox, and the layer of each process."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from data import store
from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.sandbox.documented import compile_routes
from handlers.sandbox.layers.failures import Failures
from handlers.sandbox.layers.journal import Journal
from handlers.sandbox.layers.sandbox import Sandbox
from handlers.sandbox.registry import files, fixtures, folders, limits, open_registry, runs, worlds

# The database of the server itself, which no request uses.
OWN = "server.db"


@dataclass(frozen=True)
class Layer:
    """Makes the layer of a process; see `Settings.layer`.

    :param folder: the folder of the sandbox.
    """

    folder: Path

    @property
    def hint(self) -> str:
        """Return the links from the page of the contract to the page and the control API of the sandbox, in HTML."""
        return '<br>The sandbox: <a href="sandbox/">worlds</a>, <a href="sandbox/docs">control API</a>'

    def __call__(self, app: ASGIApp, of: store.Store) -> ASGIApp:
        """Return the layer.

        :param app: the ordinary application.
        :param of: the store of the server, with which the registry is closed.
        """
        # Imported here: the command line does not need it.
        from handlers.app.assembly import add_endpoints, assemble
        from handlers.sandbox.pages import CONTRACT, ENDPOINTS

        registry = open_registry(self.folder)
        of.at_close(registry.close)
        contract = document.read(CONTRACT)
        control = assemble(contract, Routes(contract, ENDPOINTS))
        add_endpoints(control, ENDPOINTS)
        return Sandbox(Journal(Failures(app), compile_routes(), registry), control, registry)


def prepare(folder: Path, given: limits.Limits, named: Mapping[str, Path]) -> Path:
    """Make the registry of a sandbox with its fixtures and its default world, or open it again.

    :param folder: the folder, which no server uses now.
    :param given: what the sandbox may hold.
    :param named: folders by the names of the fixtures that are made of them.
    :returns: the path of the server's own database.
    :raises store.Refused: the folder cannot be used.
    :raises store.Unavailable: the disk is full.
    :raises ValueError: the folder of a fixture has an error.
    """
    with open_registry(folder, create=True):
        limits.save(given)
        files.clear()
        runs.end_all()
        fixtures.make_standard()
        for name, files_of in named.items():
            folders.load(name, files_of)
        if worlds.DEFAULT not in {world.id for world in worlds.list_all()}:
            worlds.make(fixtures.DEMO, worlds.DEFAULT)
        shutil.copyfile(fixtures.find_path(fixtures.DEMO), folder / OWN)
    return folder / OWN
