"""The schema: checks that a database is ours, and migrates it (numbered files, forward only)."""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import NamedTuple

from sqlite_utils import Database

from data.store.errors import EngineError, Refused
from data.store.scripts import MIGRATIONS, list_scripts, read_script
from data.store.sqlite.connections import Connections, sqlite3
from data.store.sqlite.transactions import Transaction
from data.store.texts import fold


class Schema(NamedTuple):
    """What the tables of a database are, and how older ones become these.

    :param migrations: the folder of the numbered scripts.
    :param application_id: the number in the header of the file (SQLite, pragma application_id).
    """

    migrations: Traversable
    application_id: int

    @property
    def scripts(self) -> list[Traversable]:
        """Return the scripts in their order."""
        return list_scripts(self.migrations)


ENGINE = "sqlite"
# The number spells "frtn".
RECORDS = Schema(MIGRATIONS, 0x6672746E)
# The number of a file to which a move has not ended, spells "frtm".
MOVING = 0x6672746D


def prepare(connections: Connections, schema: Schema, *, moving: bool = False) -> None:
    """Bring the schema of a database up to date.

    :param connections: the connections to the database.
    :param schema: the schema that it gets.
    :param moving: accept a database to which a move has not ended.
    :raises Refused: it is no database, it is another program's, or a newer version wrote it.
    :raises Unavailable: it cannot be written to now.
    """
    files = connections.files
    try:
        # The migrations are transactions too, and need a marked log.
        files.knows_log = _knows_log(connections.get())
        _check_owner(connections, schema, moving)
        connections.get().execute("pragma journal_mode = wal")
        _migrate(connections, schema)
        files.remember(files.find())
        files.knows_log = _knows_log(connections.get())
    except (EngineError, sqlite3.DatabaseError) as error:
        raise Refused(f"{files.path} cannot be used as a database: {error}") from error


def newest_version() -> int:
    """Return the number of the newest schema of records that this version knows."""
    return len(RECORDS.scripts)


def _knows_log(database: Database) -> bool:
    exists: bool = database["WriteAheadLog"].exists()
    return exists


def _check_owner(connections: Connections, schema: Schema, moving: bool) -> None:
    database = connections.get()
    ((owner,),) = database.execute("pragma application_id")
    if owner == MOVING:
        if moving:
            return
        raise Refused(f"{connections.files.path} is not complete: 'freiton move' has not ended")
    if owner != schema.application_id and database.execute("select name from sqlite_master limit 1").fetchone():
        raise Refused(f"{connections.files.path} is another program's database")
    written = _version(database)
    newest = len(schema.scripts)
    if written > newest:
        raise Refused(
            f"{connections.files.path} was written by a newer Freiton (schema {written}, this one knows {newest})"
        )


def _migrate(connections: Connections, schema: Schema) -> None:
    # No transaction if there is nothing to do: the first one of a new log writes to the file.
    if _version(connections.get()) == len(schema.scripts):
        return
    for number, script in enumerate(schema.scripts, start=1):
        with Transaction(connections):
            database = connections.get()
            if _version(database) < number:
                database.register_function(fold, deterministic=True)
                for statement in _statements(read_script(script, ENGINE)):
                    database.execute(statement)
                database.execute(f"pragma application_id = {schema.application_id}")
                database.execute(f"pragma user_version = {number}")
    # A new connection: these statements fill the cache of statements, where pysqlite3 replaces the last one only. Any
    # two others would be compiled again each time.
    connections.close()


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
