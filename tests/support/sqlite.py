"""The connection of a store to its SQLite file, for tests that look at the statements or the settings of SQLite."""

from typing import Any

from data import store
from data.store.sqlite import SQLiteStore


def connection(of: store.Store | None = None) -> Any:
    """Return the connection of this thread.

    :param of: the store; None for the current one.
    """
    chosen = of or store.current()
    assert isinstance(chosen, SQLiteStore)
    return chosen.connections.get().conn
