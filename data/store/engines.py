"""The choice of the engine, by where a database is."""

from pathlib import Path

from data.store.errors import Refused
from data.store.sqlite.schema import Schema
from data.store.sqlite.store import SQLiteStore
from data.store.store import Location, Store

SCHEMES = ("postgresql://", "postgres://")


def open_store(
    location: Location,
    *,
    create: bool = False,
    durable: bool = True,
    of: Schema | None = None,
    moving: bool = False,
) -> Store:
    """Return the store of a database, whose schema is brought up to date.

    :param location: the path of a SQLite file, or the URL of a PostgreSQL database.
    :param create: create the file if there is none; a PostgreSQL database has to exist.
    :param durable: whether a write that was acknowledged survives a power failure, of a SQLite file; on PostgreSQL the
        settings of the server decide.
    :param of: the schema of its tables, for a SQLite file; None for that of records.
    :param moving: accept a database to which a move has not ended.
    :raises Refused: it cannot be used; see `SQLiteStore` and `PostgreSQLStore`.
    :raises Unavailable: it cannot be used now.
    """
    if isinstance(location, Path):
        return SQLiteStore(location, create=create, durable=durable, of=of, moving=moving)
    try:
        from data.store.postgresql import PostgreSQLStore
    except ImportError as error:
        raise Refused("a PostgreSQL database needs a further package: pip install 'freiton[postgresql]'") from error
    return PostgreSQLStore(location, moving=moving)


def is_url(text: str) -> bool:
    """Return whether a text is the URL of a PostgreSQL database.

    :param text: the text.
    """
    return text.startswith(SCHEMES)
