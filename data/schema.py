"""The schema: whose database it is, and the migrations that bring it up to date, forward only."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from sqlite_utils import Database

from data import store
from data.texts import fold

MIGRATIONS = files("data") / "migrations"
# "frtn", in the header of the file.
APPLICATION_ID = 0x6672746E


def prepare(path: Path) -> None:
    """Bring the schema of the store up to date.

    :param path: its file.
    :raises store.Refused: it is another program's database, or a newer version wrote it.
    """
    _check_owner(path)
    store.connection().execute("pragma journal_mode = wal")
    _migrate()


def newest_version() -> int:
    """Return the number of the newest schema that this version knows."""
    return len(_scripts())


def _scripts() -> list[str]:
    return sorted(file.name for file in MIGRATIONS.iterdir() if file.name.endswith(".sql"))


def _check_owner(path: Path) -> None:
    ((owner,),) = store.connection().execute("pragma application_id")
    if owner != APPLICATION_ID and store.one("select name from sqlite_master limit 1"):
        raise store.Refused(f"{path} is another program's database")
    written = _version(store.connection())
    if written > newest_version():
        raise store.Refused(
            f"{path} was written by a newer Freiton (schema {written}, this one knows {newest_version()})"
        )


def _migrate() -> None:
    # In transactions only if need be: the first one of a new log writes to the file.
    if _version(store.connection()) == newest_version():
        return
    for number, name in enumerate(_scripts(), start=1):
        with store.atomic() as database:
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
    # `executescript` would commit the transaction that it is called in.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if store.sqlite3.complete_statement(statement):
            yield statement
            statement = ""
