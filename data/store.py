"""The store: statements on the database, and transactions of one writer at a time."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlite_utils import Database

from data.connections import BUSY_SECONDS as BUSY_SECONDS
from data.connections import Limit as Limit
from data.connections import begin_trust, mark_log, require_same_file, translated
from data.connections import close as close
from data.connections import connect as connect
from data.connections import connection as connection
from data.connections import end_trust as end_trust
from data.connections import read_version as read_version
from data.connections import sqlite3 as sqlite3
from data.errors import Conflict as Conflict
from data.errors import NotFound as NotFound
from data.errors import NotUnique as NotUnique
from data.errors import Refused as Refused
from data.errors import Unavailable as Unavailable
from data.errors import Unfinished as Unfinished

Row = dict[str, Any]

_writer = threading.Lock()
# What is to be told when the transaction of this thread is on disk.
_local = threading.local()


def query(sql: str, /, **parameters: Any) -> list[Row]:
    """Run a statement that gives rows.

    :param sql: one SQL statement, keywords in lower case, with named parameters.
    :param parameters: a value for each named parameter.
    :returns: the rows, column name to value.
    :raises Unavailable: the database cannot be used now.
    :raises NotUnique: a unique constraint does not hold.
    """
    with translated:
        # Not by sqlite-utils, which looks for transactions that nobody has ended, and takes three times as long.
        cursor = connection().conn.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=False)) for row in cursor]


def query_up_to(column: str, size: int, sql: str, /, **parameters: Any) -> list[Row]:
    """Run a statement that gives rows, and read them up to the one that makes them large; otherwise like `query`.

    :param column: the column whose texts are measured.
    :param size: the number of characters with which they are large.
    """
    with translated:
        cursor = connection().conn.execute(sql, parameters)
        names = [each[0] for each in cursor.description]
        rows: list[Row] = []
        for row in cursor:
            rows.append(dict(zip(names, row, strict=False)))
            size -= len(rows[-1][column])
            if size <= 0:
                break
        # What is not read must not keep the state of the database that it belongs to.
        cursor.close()
        return rows


def values(sql: str, /, **parameters: Any) -> tuple[Any, ...]:
    """Run a statement that gives one row, and return its values; otherwise like `query`."""
    with translated:
        row: tuple[Any, ...]
        (row,) = connection().conn.execute(sql, parameters)
        return row


def one(sql: str, /, **parameters: Any) -> Row | None:
    """Run a statement that gives at most one row, and return that row or None; otherwise like `query`."""
    return next(iter(query(sql, **parameters)), None)


def execute(sql: str, /, **parameters: Any) -> int:
    """Run a statement that gives no rows and return how many it changed; otherwise like `query`."""
    with translated:
        changed: int = connection().conn.execute(sql, parameters).rowcount
        return changed


def insert_all(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Insert rows in the transaction that is open, and return the ID of the first; the others' follow one another.

    :param columns: the columns that the rows have values for.
    """
    places = ", ".join("?" for _ in columns)
    sqlite = connection().conn
    sqlite.executemany(f"insert into {table} ({', '.join(columns)}) values ({places})", rows)
    ((last,),) = sqlite.execute("select last_insert_rowid()").fetchall()
    first: int = last - len(rows) + 1
    return first


def atomic() -> AbstractContextManager[Database]:
    """Run a block as one write transaction: all of it is on disk afterwards, or nothing.

    A block inside another is a part of that one, and undone alone if it fails.

    :raises Unavailable: the database cannot be written to now.
    """
    return _Transaction() if getattr(_local, "commits", None) is None else _Part()


def after_commit(tell: Callable[[], None]) -> None:
    """Have a function called when the transaction that is open is on disk."""
    _local.commits.append(tell)


def check() -> None:
    """Do nothing if the database can be read and written.

    :raises Unavailable: it cannot be used now, for whatever reason.
    """
    try:
        with atomic() as database:
            # Writes without changing anything: a full disk or a read-only file shows at nothing less.
            ((version,),) = database.execute("pragma user_version")
            database.execute(f"pragma user_version = {version}")
    except sqlite3.DatabaseError as error:
        raise Unavailable(str(error)) from error


class _Part:
    """A block in a transaction."""

    # A savepoint stays when it is rolled back to, in the way of a part around it that fails too.
    begin, end = "savepoint part", "release part"
    undo: Sequence[str] = ("rollback to part", "release part")

    def __enter__(self) -> Database:
        with translated:
            self.database = connection()
            self.database.conn.execute(self.begin)
        return self.database

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        ended = False
        try:
            if error is None:
                with translated:
                    self._end()
                ended = True
        finally:
            # An error may have ended the transaction already.
            if not ended and self.database.conn.in_transaction:
                for statement in self.undo:
                    self.database.conn.execute(statement)
        translated.__exit__(kind, error, trace)

    def _end(self) -> None:
        self.database.conn.execute(self.end)


class _Transaction(_Part):
    """A transaction, of the one writer of this process."""

    begin, end, undo = "begin immediate", "commit", ("rollback",)

    def __enter__(self) -> Database:
        if not _writer.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("other writers keep the database locked")
        try:
            with translated:
                mark_log()
            database = super().__enter__()
        except BaseException:
            _writer.release()
            raise
        self.commits = _local.commits = []
        # All of it goes to the same file.
        begin_trust()
        return database

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            _local.commits = None
            end_trust()
            _writer.release()
        if error is None:
            for tell in self.commits:
                tell()

    def _end(self) -> None:
        require_same_file()
        super()._end()
