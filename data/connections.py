"""The connections to the database: one SQLite file a process, one connection a thread, of the file that is there."""

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database, utils

from data import logs
from data.errors import NotUnique, Refused, Unavailable, Unfinished

# pysqlite3 where it is installed, which brings a current SQLite.
sqlite3: Any = utils.sqlite3  # type: ignore[attr-defined]

BUSY_SECONDS = 5
# Of SQLite's virtual machine, from one look at how many a query has taken to the next.
STEPS = 1000
PRAGMAS = f"""
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma busy_timeout = {BUSY_SECONDS}000;
    pragma cache_size = -16384;
    pragma journal_size_limit = 67108864;
"""
TRANSIENT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}

Identity = tuple[Path, int, int]

_path = Path()
_file: Identity | None = None
_log: Identity | None = None
# Whether its schema is new enough for it to know its log.
_marks = False
_local = threading.local()
_opening = threading.Lock()

# Binding a null through the adapter protocol costs eight times as much as through a registered one.
sqlite3.register_adapter(type(None), lambda value: value)


def connect(path: Path, prepare: Callable[[Path], None], *, create: bool = False) -> None:
    """Make a database file the store of this process.

    :param path: the SQLite file.
    :param prepare: checks it, and brings its schema up to date; see `data.schema`.
    :param create: make the file if there is none; otherwise a missing file is an error.
    :raises Refused: there is no such file, it is no database, a newer version wrote it, or another's log is beside it.
    """
    global _path, _file, _log, _marks
    if create:
        _create(path)
    elif not path.is_file():
        raise Refused(f"there is no database {path}: 'freiton serve' and 'freiton client add' make one")
    logs.require_own(path)
    _path, _log, _marks = path.absolute(), None, False
    try:
        # What brings the schema up to date is written to the log too.
        _marks = connection()["WriteAheadLog"].exists()
        prepare(_path)
        _file, _log = _identify(_path), _identify(logs.name_log(_path))
        _marks = connection()["WriteAheadLog"].exists()
    except sqlite3.DatabaseError as error:
        raise Refused(f"{path} cannot be used as a database: {error}") from error


def connection() -> Database:
    """Return this thread's connection to the store, opened again if the file was replaced.

    :raises Unavailable: the file is gone or cannot be opened.
    """
    _local.steps = 0
    if getattr(_local, "trusted", False):
        trusted: Database = _local.database
        return trusted
    # A connection outlives its file: what it writes after that would be acknowledged and lost.
    file = _identify(_path, least_size=1)
    if file is None:
        raise Unavailable("the database file is gone or empty")
    if getattr(_local, "file", None) != file:
        with _opening, translated:
            _local.database = _open(file)
            _local.file = file
    database: Database = _local.database
    return database


def close() -> None:
    """Close this thread's connection, if it has one, with all in the file that was in the log.

    The last connection to close removes the log, whichever process it belongs to.
    """
    if getattr(_local, "database", None) is None:
        return
    with suppress(Unavailable, sqlite3.Error):
        # Other connections may stay, such as another program's: then SQLite itself does nothing.
        connection().conn.execute("pragma wal_checkpoint(passive)")
    _local.database.conn.close()
    _local.database = _local.file = None
    _local.trusted = False


class Limit:
    """Lets each query in a block end with `Unfinished` when it takes too long; one block at a time.

    :param steps: how many steps of SQLite's virtual machine each query may take.
    :param seconds: how long the block may take.
    :param is_of_processor: whether the time is meant that the thread takes of a processor; others may be busy.
    :param every: how many steps a query takes from one look at the limit to the next.
    :raises Unavailable: the database cannot be used now.
    """

    def __init__(
        self,
        steps: float = math.inf,
        seconds: float = math.inf,
        is_of_processor: bool = False,
        every: int = STEPS,
    ) -> None:
        self.steps = steps
        self.seconds = seconds
        self.is_of_processor = is_of_processor
        self.every = every
        self.end = self.end_of_processor = math.inf
        self.is_given_up = False

    def __enter__(self) -> None:
        connection().conn.set_progress_handler(_is_over, self.every)
        _local.limit = self
        self.end = time.monotonic() + self.seconds
        if self.is_of_processor:
            self.end_of_processor = time.thread_time() + self.seconds

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        _local.limit = None
        _local.database.conn.set_progress_handler(None, 0)

    def is_reached(self, steps: int) -> bool:
        """Return whether a query has to end that has taken so many steps."""
        if steps > self.steps or self.is_given_up:
            return True
        # The time of the processor takes ten times as long to ask for.
        is_late = time.monotonic() > self.end
        return is_late and (not self.is_of_processor or time.thread_time() > self.end_of_processor)

    def give_up(self) -> None:
        """End the block at its next look at the limit, whichever thread it runs in."""
        self.is_given_up = True


def read_version() -> tuple[Database, int]:
    """Return what stays equal as long as this thread, which must not write, would read the same as before.

    Until `end_trust`, this thread does not look again whether the file is still there.

    :raises Unavailable: the database cannot be used now.
    """
    database = connection()
    with translated:
        # Changes with every commit of every other connection, in this process or another.
        ((version,),) = database.conn.execute("pragma data_version")
    begin_trust()
    return database, version


def begin_trust() -> None:
    """Let this thread not look again whether the file is still there, until `end_trust`."""
    _local.trusted = True


def end_trust() -> None:
    """Let this thread look again whether the file is still there."""
    _local.trusted = False


def mark_log() -> None:
    """Let the database know its log, before a transaction; see `data.logs`."""
    if _marks:
        logs.mark(connection().conn, _path)


def require_same_file() -> None:
    """Do nothing if this thread's connection is still to the file that is there.

    :raises Unavailable: the file is gone, or another one.
    """
    if _identify(_path, least_size=1) != _local.file:
        raise Unavailable("the database file was replaced")


def _create(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise Refused(f"{path} is not a file")
    try:
        path.touch(mode=0o600)
        if not path.stat().st_size:
            # Writes the header: a file that is found empty later has been truncated.
            with closing(sqlite3.connect(path)) as database:
                database.execute("pragma journal_mode = wal")
    except (OSError, sqlite3.Error) as error:
        raise Refused(f"the database {path} cannot be made: {error.args[-1]}") from error


def _identify(path: Path, least_size: int = 0) -> Identity | None:
    try:
        # The method of the path takes twice as long.
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return (path, status.st_dev, status.st_ino) if status.st_size >= least_size else None


def _open(file: Identity) -> Database:
    global _file, _log
    log = _identify(logs.name_log(_path))
    # SQLite would read the log of the old file as a part of the new one.
    if file != _file and log is not None and log == _log:
        raise Unavailable("the database file was replaced, and the log of the old one is still beside it")
    sqlite = sqlite3.connect(f"{_path.as_uri()}?mode=rw", uri=True, isolation_level=None)
    sqlite.executescript(PRAGMAS)
    # Reads, so that SQLite makes the log.
    sqlite.execute("select count(*) from sqlite_schema").fetchone()
    _file, _log = file, _identify(logs.name_log(_path))
    # In a block with a limit, this is another connection than it began with.
    if getattr(_local, "limit", None):
        sqlite.set_progress_handler(_is_over, _local.limit.every)
    return Database(sqlite)


def _is_over() -> bool:
    limit: Limit = _local.limit
    _local.steps += limit.every
    return limit.is_reached(_local.steps)


class _Translated:
    """Gives the errors of SQLite in a block their names here.

    Blocks are classes here, since a generator takes five times as long.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, sqlite3.DatabaseError):
            return
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, sqlite3.IntegrityError):
            if str(error).startswith("UNIQUE"):
                raise NotUnique(str(error)) from error
            return
        if code == sqlite3.SQLITE_INTERRUPT:
            raise Unfinished(str(error)) from error
        # What the connection remembers, a page or that it may not write, may not be so any more when it is used next.
        _local.file, _local.trusted = None, False
        if code in TRANSIENT:
            raise Unavailable(str(error)) from error


translated = _Translated()
