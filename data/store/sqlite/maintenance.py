"""Maintenance: backup, restore and check of a database, also while it is being served."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

from data.store.errors import Refused, Unavailable
from data.store.sqlite import logs
from data.store.sqlite.connections import sqlite3
from data.store.sqlite.schema import newest_version
from data.store.sqlite.store import SQLiteStore
from data.store.writers import BUSY_SECONDS

# The suffixes of a database and the files that SQLite keeps next to it.
COMPANIONS = ("", "-wal", "-shm")
UNREADABLE = "it cannot be read as a database: {}"
MALFORMED = "its pages do not fit together: {}"
DAMAGE = {sqlite3.SQLITE_CORRUPT: MALFORMED, sqlite3.SQLITE_NOTADB: UNREADABLE}
MOST_PROBLEMS = 10


def backup(source: Path, target: Path) -> None:
    """Copy a database to a file, as it is at one moment; an existing file is replaced when the copy is complete.

    :param source: the database file.
    :param target: the file of the copy.
    :raises Refused: the file is the database itself, one of them cannot be used, or the database is damaged.
    """
    _require_other(source, target)
    _require_sound(source)
    with _refusing(target), _copied(source, target) as part:
        _set_salt(part, logs.NO_LOG)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)


def restore(source: Path, target: Path) -> None:
    """Replace the content of a database with a backup, in one transaction; running servers continue with it.

    A copy of the backup is migrated first, so that no server meets an older schema. A damaged database is kept under
    its
    name with `.damaged` and a number at the end.

    :param source: the backup.
    :param target: the database file; it is created if there is none.
    :raises Refused: the backup is the database itself or damaged, or the database cannot be written.
    """
    _require_other(source, target)
    _require_sound(source)
    with _refusing(target):
        if target.exists() and _is_damaged(target):
            _set_aside(target)
        with _copied(source, target) as part:
            SQLiteStore(part).close()
            _set_salt(part, logs.read_salt(logs.name_log(target)))
            target.touch(mode=0o600)
            with closing(_open(part)) as backed_up, closing(_open(target, "rw")) as database:
                database.execute("pragma journal_mode = wal")
                database.execute("pragma synchronous = full")
                backed_up.backup(database, progress=_patience())


def copy_database(source: Path, target: Path) -> None:
    """Copy a database, as it is at one moment, to a new file; the copy is not checked and not on disk yet.

    :param source: the database file, which may be in use.
    :param target: the file of the copy.
    :raises Unavailable: the disk is full, or another process keeps the database locked too long.
    """
    try:
        with closing(sqlite3.connect(target)) as copy:
            copy.execute("pragma synchronous = off")
            _copy_into(copy, source)
    except sqlite3.Error as error:
        raise Unavailable(str(error)) from error


def find_problems(path: Path) -> list[str]:
    """Return the first ten problems of a database, in words; none if it is sound.

    :param path: the database file.
    :raises Refused: there is no such file, or the log next to it belongs to another file.
    """
    if not path.is_file():
        raise Refused(f"there is no database {path}")
    logs.require_own(path)
    try:
        with closing(_open(path)) as database:
            return list(islice(_problems(database), MOST_PROBLEMS))
    except sqlite3.DatabaseError as error:
        return [DAMAGE.get(error.sqlite_errorcode, UNREADABLE).format(error)]


@contextmanager
def _copied(source: Path, target: Path) -> Iterator[Path]:
    """Yield a copy of a database next to the target, without a log; it is deleted at the end."""
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with closing(sqlite3.connect(part)) as copy:
            _copy_into(copy, source)
        yield part
    finally:
        for companion in COMPANIONS:
            part.with_name(part.name + companion).unlink(missing_ok=True)


def _copy_into(copy: Any, source: Path) -> None:
    with closing(_open(source)) as database:
        database.backup(copy, progress=_patience())
    # Everything in one file, without a log.
    copy.execute("pragma journal_mode = delete")


def _set_salt(path: Path, salt: int | None) -> None:
    """Store in a copy which log belongs to it, if its schema is new enough; see `data.store.sqlite.logs`."""
    with closing(_open(path)) as database:
        if database.execute("select 1 from sqlite_schema where name = 'WriteAheadLog'").fetchone():
            database.execute("update WriteAheadLog set Salt = ?", [salt])


def _require_other(source: Path, target: Path) -> None:
    if source.exists() and target.exists() and target.samefile(source):
        raise Refused(f"{target} is the database itself")


def _require_sound(path: Path) -> None:
    for problem in find_problems(path):
        raise Refused(f"{path} is damaged: {problem}")


def _is_damaged(path: Path) -> bool:
    try:
        logs.require_own(path)
        with closing(_open(path)) as database:
            return any(_problems(database))
    except Refused:
        return True
    except sqlite3.DatabaseError as error:
        # A database that is locked or unreadable now may be sound: it is not set aside.
        if error.sqlite_errorcode not in DAMAGE:
            raise
        return True


def _set_aside(path: Path) -> None:
    kept = next(name for number in count(1) if not (name := path.with_name(f"{path.name}.damaged{number}")).exists())
    for companion in COMPANIONS:
        file = path.with_name(path.name + companion)
        if file.exists():
            file.replace(f"{kept}{companion}")


def _patience() -> Callable[[int, int, int], None]:
    """Return a progress callback for a copy, which ends it when another process keeps a database locked too long."""
    deadline = time.monotonic() + BUSY_SECONDS

    def watch(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise sqlite3.OperationalError("database is locked")

    return watch


def _problems(database: Any) -> Iterator[str]:
    version = database.execute("pragma user_version").fetchone()[0]
    if not 0 < version <= newest_version():
        yield f"its schema has version {version}, and this Freiton knows 1 to {newest_version()}"
    for (finding,) in database.execute("pragma integrity_check"):
        if finding != "ok":
            yield MALFORMED.format(finding)
    for table, row, parent, _ in database.execute("pragma foreign_key_check"):
        which = "a row" if row is None else f"row {row}"
        yield f"{which} of {table} belongs to a row of {parent} that is not there"


def _open(path: Path, mode: str = "") -> Any:
    # A read-only connection would create a log where there is none, and could not delete it.
    mode = mode or ("ro" if logs.name_log(path).exists() else "rw")
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from error
    except (Unavailable, sqlite3.Error) as error:
        raise Refused(f"{path} cannot be written: {error}") from error
