"""The schema: checks that a database is ours, and migrates it (numbered files, forward only)."""

from importlib.resources import files

import psycopg

from data.store.errors import EngineError, Refused
from data.store.postgresql.connections import Connections
from data.store.postgresql.sessions import SECONDS_TO_ANSWER, Session
from data.store.postgresql.statements import translate
from data.store.postgresql.transactions import Transaction
from data.store.scripts import MIGRATIONS, list_scripts, read_script

ENGINE = "postgresql"
# Makes the tables of the migration 0010 in a new database. Earlier migrations are SQLite's alone.
BASELINE = files("data.store.postgresql") / "baseline"
BASELINE_VERSION = 10
OLDEST_SERVER = 150_000
# The tables of the database, in the schema where new ones are made.
FIND_TABLES = "select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'"


def prepare(connections: Connections, *, moving: bool = False) -> None:
    """Bring the schema of a database up to date.

    :param connections: the connections to the database.
    :param moving: accept a database to which a move has not ended.
    :raises Refused: the server is too old, the database is another program's or not UTF-8, a newer version wrote it, or
        the role may not change its tables.
    :raises Unavailable: it cannot be used now.
    """
    try:
        with connections as session:
            _check_server(session, connections.name)
            # No transaction if there is nothing to do, which needs no rights to change tables.
            if _read_version(session, connections.name, moving) == newest_version():
                return
        with Transaction(connections), connections as session:
            # A migration of a large table takes long.
            session.patience = None
            _migrate(session, connections.name, moving)
            session.patience = SECONDS_TO_ANSWER
    except EngineError as error:
        raise Refused(f"{connections.name} cannot be used as a database: {error}") from error


def newest_version() -> int:
    """Return the number of the newest schema of records that this version knows."""
    return len(list_scripts(MIGRATIONS))


def _check_server(session: Session, name: str) -> None:
    if session.info.server_version < OLDEST_SERVER:
        raise Refused(f"{name} is on PostgreSQL {session.info.server_version // 10_000}, and Freiton needs 15 or later")
    (encoding,) = session.execute("select current_setting('server_encoding') as name").fetchall()
    if encoding["name"] != "UTF8":
        raise Refused(f"{name} has the encoding {encoding['name']}, and Freiton needs UTF8")


def _read_version(session: Session, name: str, moving: bool) -> int:
    """Return the version of the schema; 0 for a database without tables."""
    tables = {row["relname"] for row in session.execute(FIND_TABLES).fetchall()}
    if not tables:
        return 0
    if "Schema" not in tables:
        raise Refused(f"{name} is another program's database")
    (row,) = session.execute(translate("select Version, bMoving from Schema")).fetchall()
    if row["bMoving"] and not moving:
        raise Refused(f"{name} is not complete: 'freiton move' has not ended")
    version: int = row["Version"]
    if version > newest_version():
        raise Refused(f"{name} was written by a newer Freiton (schema {version}, this one knows {newest_version()})")
    return version


def _migrate(session: Session, name: str, moving: bool) -> None:
    version = _read_version(session, name, moving)
    if not version:
        for script in list_scripts(BASELINE):
            _run(session, script.read_text(encoding="utf-8"))
        version = BASELINE_VERSION
    for script in list_scripts(MIGRATIONS)[version:]:
        _run(session, read_script(script, ENGINE))
    session.execute(translate("update Schema set Version = :version"), {"version": newest_version()})


def _run(session: Session, script: str) -> None:
    try:
        # With no parameters, psycopg would leave the doubled percent signs as they are.
        session.execute(translate(script), {}, prepare=False)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused("the role may not change the tables: open the database once as their owner") from error
