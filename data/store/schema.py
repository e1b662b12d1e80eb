"""The schema: checks that a database is ours, and migrates it (numbered files, forward only)."""

from collections.abc import Iterator
from importlib.resources import files

from sqlite_utils import Database

from data.store.connections import Connections, sqlite3
from data.store.errors import Refused
from data.store.texts import fold
from data.store.transactions import Transaction

MIGRATIONS = files("data.store") / "migrations"
# "frtn" in the header of the file (SQLite, pragma application_id).
APPLICATION_ID = 0x6672746E


def prepare(connections: Connections) -> None:
    """Bring the schema of a database up to date.

    :param connections: the connections to the database.
    :raises Refused: it is no database, it is another program's, or a newer version wrote it.
    :raises Unavailable: it cannot be written to now.
    """
    files = connections.files
    try:
        # The migrations are transactions too, and need a marked log.
        files.knows_log = _knows_log(connections.get())
        _check_owner(connections)
        connections.get().execute("pragma journal_mode = wal")
        _migrate(connections)
        files.remember(files.find())
        files.knows_log = _knows_log(connections.get())
    except sqlite3.DatabaseError as error:
        raise Refused(f"{files.path} cannot be used as a database: {error}") from error


def newest_version() -> int:
    """Return the number of the newest schema that this version knows."""
    return len(_scripts())


def _knows_log(database: Database) -> bool:
    exists: bool = database["WriteAheadLog"].exists()
    return exists


def _scripts() -> list[str]:
    return sorted(file.name for file in MIGRATIONS.iterdir() if file.name.endswith(".sql"))


def _check_owner(connections: Connections) -> None:
    database = connections.get()
    ((owner,),) = database.execute("pragma application_id")
    if owner != APPLICATION_ID and database.execute("select name from sqlite_master limit 1").fetchone():
        raise Refused(f"{connections.files.path} is another program's database")
    written = _version(database)
    if written > newest_version():
        raise Refused(
            f"{connections.files.path} was written by a newer Freiton"
            f" (schema {written}, this one knows {newest_version()})"
        )


def _migrate(connections: Connections) -> None:
    # No transaction if there is nothing to do: the first one of a new log writes to the file.
    if _version(connections.get()) == newest_version():
        return
    for number, name in enumerate(_scripts(), start=1):
        with Transaction(connections) as database:
            if _version(database) < number:
                database.register_function(fold, deterministic=True)
                for statement in _statements((MIGRATIONS / name).read_text(encoding="utf-8")):
                    database.execute(statement)
                database.execute(f"pragma application_id = {APPLICATION_ID}")
                database.execute(f"pragma user_version = {number}")


def _version(database: Database) -> int:
    version: int = database.execute("pragma user_version").fetchone()[0]
    return version


def _statements(script: str) -> Iterator[str]:
    # `executescript` would commit the open transaction.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
