"""Connections: one for each thread to the SQLite file of a store, opened again when the file is replaced."""

import json
import os
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database, utils

from data.store.errors import EngineError, NotUnique, Refused, Unavailable, Unfinished
from data.store.limits import Limit
from data.store.sqlite import logs
from data.store.writers import BUSY_SECONDS, Writers, WriterThread

# pysqlite3 if it is installed, because it contains a current SQLite.
sqlite3: Any = utils.sqlite3  # type: ignore[attr-defined]

PRAGMAS = f"""
    pragma synchronous = {{}};
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

# Without an adapter of its own, binding a None takes eight times as long.
sqlite3.register_adapter(type(None), lambda value: value)
# The values of `Store.any_of`.
sqlite3.register_adapter(list, json.dumps)


class Connections(Writers):
    """The connections of all threads to one database file.

    :param path: the SQLite file.
    :param create: create the file if there is none; otherwise a missing file is an error.
    :param durable: whether a commit waits for the disk.
    :raises Refused: there is no such file, it cannot be created, or the log next to it belongs to another file.
    """

    thread: "_Thread"

    def __init__(self, path: Path, *, create: bool = False, durable: bool = True) -> None:
        if create:
            _create(path)
        elif not path.is_file():
            raise Refused(f"there is no database {path}: 'freiton serve' and 'freiton client add' make one")
        logs.require_own(path)
        super().__init__(_Thread())
        self.files = _Files(path.absolute(), durable=durable)
        # A reference back from it would leave the connections of other threads open until the garbage collector runs.
        self.translated = _Translated(self.thread)

    def get(self) -> Database:
        """Return this thread's connection, opened again if the file was replaced.

        :raises Unavailable: the file is gone or cannot be opened.
        """
        thread = self.thread
        thread.steps = 0
        # All statements of a transaction go to one file, which is checked before the commit.
        if thread.database is not None and (thread.is_file_checked or thread.commits is not None):
            return thread.database
        # A connection stays open when its file is replaced: later writes to it would be acknowledged and lost.
        file = self.files.find()
        if thread.database is None or thread.file != file:
            with self.translated:
                sqlite = self.files.open(file)
                # The block with this limit began with another connection.
                if thread.limit is not None:
                    sqlite.set_progress_handler(self.is_limit_reached, thread.limit.every)
                thread.database, thread.file = Database(sqlite), file
        return thread.database

    def close(self) -> None:
        """Close this thread's connection, if it has one, after a checkpoint of the log.

        When the last connection of all processes is closed, SQLite deletes the log.
        """
        if self.thread.database is None:
            return
        with suppress(Unavailable, sqlite3.Error):
            # SQLite itself does this only for the last connection, and another program may keep one.
            self.get().conn.execute("pragma wal_checkpoint(passive)")
        self.thread.database.conn.close()
        self.thread.database = self.thread.file = None
        self.thread.is_file_checked = False

    def is_limit_reached(self) -> bool:
        """Return whether the query of this thread has to end; SQLite calls this every `Limit.every` steps."""
        limit = self.thread.limit
        assert limit is not None
        self.thread.steps += limit.every
        return limit.is_reached(self.thread.steps)

    def read_version(self) -> tuple[Database, int]:
        """Return this connection and a token that changes when another connection commits (pragma data_version).

        The token is valid for reads of this thread, which must not write. The check whether the file was replaced is
        skipped in this thread until `recheck_file` is called.

        :raises Unavailable: the database cannot be used now.
        """
        database = self.get()
        with self.translated:
            ((version,),) = database.conn.execute("pragma data_version")
        self.thread.is_file_checked = True
        return database, version

    def recheck_file(self) -> None:
        """Check again in this thread whether the file was replaced."""
        self.thread.is_file_checked = False

    def mark_log(self) -> None:
        """Store in the database which log belongs to it, before a transaction; see `data.store.sqlite.logs`."""
        if self.files.knows_log:
            logs.mark(self.get().conn, self.files.log_path)

    def require_same_file(self) -> None:
        """Do nothing if this thread's connection is to the file that is at the path now.

        :raises Unavailable: the file is gone, or was replaced.
        """
        if self.files.find() != self.thread.file:
            raise Unavailable("the database file was replaced")


class Limited:
    """A block in which each query of this thread ends at a limit.

    It is a context manager class because a generator is slower.

    :param connections: the connections of the store.
    :param limit: the limit.
    """

    def __init__(self, connections: Connections, limit: Limit) -> None:
        self.connections = connections
        self.limit = limit

    def __enter__(self) -> None:
        """Begin to count steps and time."""
        self.connections.get().conn.set_progress_handler(self.connections.is_limit_reached, self.limit.every)
        self.connections.thread.limit = self.limit
        self.limit.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Stop counting."""
        database = self.connections.thread.database
        assert database is not None
        database.conn.set_progress_handler(None, 0)
        self.connections.thread.limit = None


class _Thread(WriterThread):
    """The state of one thread.

    `file` is the file of its connection, None if it is to be opened again. `is_file_checked` is whether the file was
    checked in this turn of the event loop. `steps` are those of the running query.
    """

    database: Database | None = None
    file: Identity | None = None
    is_file_checked = False
    limit: Limit | None = None
    steps = 0


class _Files:
    """The database file and its log, which may be replaced while they are served.

    :param path: the database file.
    :param durable: whether a commit waits for the disk.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self.path = path
        self.log_path = logs.name_log(path)
        self.pragmas = PRAGMAS.format("full" if durable else "off")
        self.lock = threading.Lock()
        self.file: Identity | None = None
        self.log: Identity | None = None
        # Whether the schema has the table WriteAheadLog (migration 0007).
        self.knows_log = False

    def find(self) -> Identity:
        """Return the identity of the file.

        :raises Unavailable: it is gone or empty.
        """
        file = _identify(self.path)
        if file is None:
            raise Unavailable("the database file is gone or empty")
        return file

    def open(self, file: Identity) -> Any:
        """Return a new connection.

        :param file: the file that is there.
        :raises Unavailable: the log of another file is beside it.
        """
        with self.lock:
            log = _identify(self.log_path, least_size=0)
            # SQLite would replay the log of the old file into the new one.
            if file != self.file and log is not None and log == self.log:
                raise Unavailable("the database file was replaced, and the log of the old one is still beside it")
            sqlite = sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, isolation_level=None)
            sqlite.executescript(self.pragmas)
            # A read makes SQLite create the log.
            sqlite.execute("select count(*) from sqlite_schema").fetchone()
            self.remember(file)
            return sqlite

    def remember(self, file: Identity) -> None:
        """Record which file and log belong together."""
        self.file, self.log = file, _identify(self.log_path, least_size=0)


class _Translated:
    """A block that turns errors of SQLite into those of `data.store.errors`.

    It is a context manager class because a generator is slower.

    :param thread: the state of each thread.
    """

    def __init__(self, thread: _Thread) -> None:
        self.thread = thread

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, sqlite3.DatabaseError):
            return
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, sqlite3.IntegrityError):
            raise (NotUnique if str(error).startswith("UNIQUE") else EngineError)(str(error)) from error
        if code == sqlite3.SQLITE_INTERRUPT:
            raise Unfinished(str(error)) from error
        # Reopen: cached pages or read-only state may be stale.
        self.thread.file, self.thread.is_file_checked = None, False
        raise (Unavailable if code in TRANSIENT else EngineError)(str(error)) from error


def _create(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise Refused(f"{path} is not a file")
    try:
        path.touch(mode=0o600)
        if not path.stat().st_size:
            # Writes the header, so that an empty file later means that it was truncated.
            with closing(sqlite3.connect(path)) as database:
                database.execute("pragma journal_mode = wal")
    except (OSError, sqlite3.Error) as error:
        raise Refused(f"the database {path} cannot be made: {error.args[-1]}") from error


def _identify(path: Path, least_size: int = 1) -> Identity | None:
    try:
        # `Path.stat` takes twice as long.
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return (path, status.st_dev, status.st_ino) if status.st_size >= least_size else None
