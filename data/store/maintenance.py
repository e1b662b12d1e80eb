"""Maintenance: backup, restore and check of a database, also while it is being served."""

from pathlib import Path

from data.store.errors import Refused
from data.store.sqlite import maintenance as files
from data.store.sqlite.maintenance import COMPANIONS as COMPANIONS
from data.store.sqlite.maintenance import copy_database as copy_database
from data.store.store import Location

ON_SERVER = "the database is on a PostgreSQL server: {}, or move it to a file with 'freiton move'"


def backup(source: Location, target: Path) -> None:
    """Copy a SQLite file to another file; see `data.store.sqlite.maintenance.backup`.

    :param source: the database.
    :param target: the file of the copy.
    :raises Refused: one of them cannot be used, or the database is on a PostgreSQL server.
    """
    if not isinstance(source, Path):
        raise Refused(ON_SERVER.format("back it up with pg_dump"))
    files.backup(source, target)


def restore(source: Path, target: Location) -> None:
    """Replace the content of a SQLite file with a backup; see `data.store.sqlite.maintenance.restore`.

    :param source: the backup.
    :param target: the database.
    :raises Refused: one of them cannot be used, or the database is on a PostgreSQL server.
    """
    if not isinstance(target, Path):
        raise Refused(ON_SERVER.format("restore it with pg_restore"))
    files.restore(source, target)


def find_problems(location: Location) -> list[str]:
    """Return the first problems of a database, in words; none if it is sound.

    :param location: the database.
    :raises Refused: it cannot be used at all.
    :raises Unavailable: its server cannot be used now.
    """
    if isinstance(location, Path):
        return files.find_problems(location)
    # Imported here: it needs psycopg.
    from data.store.postgresql import maintenance as servers

    return servers.find_problems(location)
