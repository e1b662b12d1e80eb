"""The database of a test: a SQLite file, or, under `pytest --postgresql`, a PostgreSQL database of its own.

Tests name a database by the path of a file in both cases. The helpers of this folder look up the database for it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from data import opening
from data.store import Location, Store, is_url
from data.store.postgresql.sessions import ADAPTERS
from data.store.postgresql.statements import translate
from data.store.postgresql.transactions import BEGIN
from data.store.sqlite import sqlite3
from tests.support.raw import SECONDS_TO_ANSWER

# The URL of the PostgreSQL server, without a database. Unset for SQLite.
SERVER = "FREITON_TEST_POSTGRESQL"
# The databases that others are copies of: with the reference data, and with the demo data.
NEW, DEMO = "freiton_new", "freiton_demo"
OPTION = "--database"
# The errors of a statement that waited for another writer in vain.
BUSY = (sqlite3.OperationalError, psycopg.errors.LockNotAvailable)

# The databases that this process has made or found, by the path that names them.
_located: dict[Path, str] = {}


def is_postgresql() -> bool:
    """Return whether the databases of tests are on a PostgreSQL server."""
    return SERVER in os.environ


def locate(path: Path, *, demo: bool = False) -> Location:
    """Return where the database of a path is: the path, or the URL of a PostgreSQL database, made on first use.

    :param path: the path that names it.
    :param demo: whether a database that is made now has the demo data.
    """
    if not is_postgresql():
        return path
    path = path.absolute()
    if path not in _located:
        _locate_new(path, DEMO if demo else NEW)
    return _located[path]


def locate_option(arguments: Sequence[str], folder: Path) -> list[str]:
    """Return the arguments of a command with the database that its option `--database` names by a path.

    :param arguments: the arguments.
    :param folder: the folder that the command runs in.
    """
    located = list(arguments)
    if not is_postgresql():
        return located
    if OPTION in located and not is_url(located[(place := located.index(OPTION) + 1)]):
        located[place] = str(locate(folder / located[place], demo="--demo" in located))
    return located


def copy(source: Path, target: Path) -> Path:
    """Copy a database that nobody uses, and return the path of the copy.

    :param source: the path that names it.
    :param target: the path of the copy.
    """
    if is_postgresql():
        _locate_new(target.absolute(), str(locate(source)).rpartition("/")[2])
    else:
        shutil.copy(source, target)
    return target


def remove(path: Path) -> None:
    """Remove the database of a path, also while it is being served.

    :param path: the path that names it.
    """
    if is_postgresql():
        drop_below(path)
    else:
        path.unlink()


def drop_below(folder: Path) -> None:
    """Remove the PostgreSQL databases whose paths are in a folder, and end their sessions.

    :param folder: the folder, or the path of one of them.
    """
    for path in [path for path in _located if path.is_relative_to(folder)]:
        name = _located.pop(path).rpartition("/")[2]
        with _administer() as connection:
            connection.execute(f"drop database if exists {name} with (force)")


def open_database(path: Path, *, create: bool = False, demo: bool = False, durable: bool = True) -> Store:
    """Open the database of a path in this process; see `data.opening.open_database`.

    :param path: the path that names it.
    :param create: create the file if there is none.
    :param demo: fill a new database with the demo data.
    :param durable: see `data.opening.open_database`.
    """
    return opening.open_database(locate(path, demo=demo), create=create, demo=demo, durable=durable)


class Connection:
    """A connection to a PostgreSQL database that takes our SQL; each statement is a transaction if none is begun.

    :param connection: psycopg's connection, in autocommit mode.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.connection = connection

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement and return its cursor, as `sqlite3.Connection.execute` does.

        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        return self.connection.execute(translate(sql), parameters or {})


@contextmanager
def connect(path: Path, *, read_only: bool = False, seconds: float = SECONDS_TO_ANSWER) -> Iterator[Any]:
    """Connect to the database of a path for a block, beside the server.

    :param path: the path that names it.
    :param read_only: open a SQLite file for reading only, so that closing it does not write the log back.
    :param seconds: how long its statements wait for other writers.
    :returns: a connection, whose `execute` takes SQL that the engine understands and named parameters.
    """
    location = locate(path)
    if isinstance(location, Path):
        file = f"{location.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        with closing(sqlite3.connect(file, uri=True, isolation_level=None, timeout=seconds)) as database:
            yield database
    else:
        with psycopg.connect(location, autocommit=True, context=ADAPTERS) as connection:
            # 0 would wait without end.
            connection.execute(f"set lock_timeout = {max(1, int(1000 * seconds))}")
            yield Connection(connection)


@contextmanager
def writing(path: Path, *, seconds: float = SECONDS_TO_ANSWER) -> Iterator[Any]:
    """Connect to the database of a path, and keep other writers out until the end of the block.

    :param path: the path that names it.
    :param seconds: how long to wait for other writers.
    :returns: the connection, as that of `connect`; what it writes is undone at the end unless it commits.
    :raises BUSY: another writer had kept the database that long.
    """
    with connect(path, seconds=seconds) as database:
        database.execute(BEGIN if is_postgresql() else "begin immediate")
        yield database
        database.execute("rollback")


def _locate_new(path: Path, template: str) -> None:
    name = f"test_{sha256(str(path).encode()).hexdigest()[:32]}"
    _located[path] = f"{os.environ[SERVER]}/{name}"
    # Another process may have made it.
    with _administer() as connection, suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        connection.execute(f"create database {name} template {template}")


def _administer() -> AbstractContextManager[psycopg.Connection[tuple[Any, ...]]]:
    return psycopg.connect(f"{os.environ[SERVER]}/postgres", autocommit=True)
