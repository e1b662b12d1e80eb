"""Backup, restore and check of a database, also while it is being served."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from data import store
from data.store import sqlite3

# What SQLite leaves beside a database.
COMPANIONS = ("", "-wal", "-shm")
UNREADABLE = "it cannot be read as a database: {}"
MALFORMED = "its pages do not fit together: {}"


def backup(source: Path, target: Path) -> None:
    """Copy a database to a file, as it is at one moment; a file that exists is replaced when the copy is whole.

    :param source: the database.
    :param target: the file.
    :raises store.Refused: the file is the database itself, one of them cannot be used, or the database is damaged.
    """
    if target.exists() and target.samefile(source):
        raise store.Refused(f"{target} is the database itself")
    _require_sound(source)
    part = target.with_name(f"{target.name}.part")
    with _refusing(target):
        try:
            part.unlink(missing_ok=True)
            part.touch(mode=0o600)
            with closing(_open(source)) as database, closing(sqlite3.connect(part)) as copy:
                database.backup(copy)
                # All in the one file, no log beside it.
                copy.execute("pragma journal_mode = delete")
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def restore(source: Path, target: Path) -> None:
    """Make a backup the content of a database, in one transaction; servers that run on it go on with it.

    A database that cannot be read any more is kept beside, with `.damaged` at the end of its name.

    :param source: the backup.
    :param target: the database; it is made if there is none.
    :raises store.Refused: the backup is damaged, or the database cannot be written.
    """
    _require_sound(source)
    with _refusing(target):
        if target.exists() and find_problems(target):
            for companion in COMPANIONS:
                file = target.with_name(target.name + companion)
                if file.exists():
                    file.replace(f"{file}.damaged")
        target.touch(mode=0o600)
        with closing(_open(source)) as backed_up, closing(_open(target, "rw")) as database:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = full")
            backed_up.backup(database)


def find_problems(path: Path) -> list[str]:
    """Return what is wrong with a database, in words; nothing if it is sound.

    :raises store.Refused: there is no such file.
    """
    if not path.is_file():
        raise store.Refused(f"there is no database {path}")
    try:
        with closing(_open(path)) as database:
            return list(_problems(database))
    except sqlite3.DatabaseError as error:
        text = MALFORMED if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT else UNREADABLE
        return [text.format(error)]


def _require_sound(path: Path) -> None:
    for problem in find_problems(path):
        raise store.Refused(f"{path} is damaged: {problem}")


def _problems(database: Any) -> Iterator[str]:
    version = database.execute("pragma user_version").fetchone()[0]
    if not 0 < version <= store.newest_version():
        yield f"its schema has version {version}, and this Freiton knows 1 to {store.newest_version()}"
    for (finding,) in database.execute("pragma integrity_check"):
        if finding != "ok":
            yield MALFORMED.format(finding)
    for table, row, parent, _ in database.execute("pragma foreign_key_check"):
        which = "a row" if row is None else f"row {row}"
        yield f"{which} of {table} belongs to a row of {parent} that is not there"


def _open(path: Path, mode: str = "ro") -> Any:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=store.BUSY_SECONDS, isolation_level=None
    )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise store.Refused(f"{path} cannot be written: {error.strerror}") from error
    except sqlite3.Error as error:
        raise store.Refused(f"{path} cannot be written: {error}") from error
