"""The registry of the sandbox: a database that says which worlds, snapshots and fixtures there are.

All processes of a server share it. Each function here works on the current store, which is the registry; its folder
holds the databases that it names. No world is half made or half reset: its database is complete before the registry
names it. Only these modules hold SQL of the sandbox; a change of its tables goes to a new file in `migrations/`.
"""

import importlib.resources
from pathlib import Path

from data.store import Schema, Store, open_store

# The number spells "frsb".
SCHEMA = Schema(importlib.resources.files("handlers.sandbox.registry") / "migrations", 0x66727362)
NAME = "registry.db"


def open_registry(folder: Path, *, create: bool = False) -> Store:
    """Return the store of a registry.

    :param folder: the folder of the sandbox.
    :param create: create the registry if there is none.
    :raises store.Refused: it cannot be used, or a newer version wrote it.
    """
    return open_store(folder / NAME, create=create, durable=False, of=SCHEMA)
