"""The store: statements on one database, transactions of one writer at a time, and what runs in the background."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache, partial, wraps
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from sqlite_utils import Database

from data.store import schema, texts
from data.store.connections import Connections, Limited, sqlite3
from data.store.errors import Unavailable
from data.store.limits import Limit
from data.store.transactions import Savepoint, Transaction

Row = dict[str, Any]
Returned = TypeVar("Returned")

NO_PARAMETERS: Mapping[str, Any] = {}
_current: ContextVar["Store"] = ContextVar("store")


class Store:
    """A database. Two stores in one process share nothing.

    :param path: the SQLite file.
    :param create: create the file if there is none; otherwise a missing file is an error.
    :param durable: whether a write that was acknowledged survives a power failure; otherwise it survives the end of the
        process only, and does not wait for the disk.
    :param of: the schema of its tables; None for that of records.
    :raises Refused: there is no such file, it is no database, a newer version wrote it, or the log next to it belongs
        to another file.
    :raises Unavailable: its schema is old and it cannot be written to now.
    """

    def __init__(
        self, path: Path, *, create: bool = False, durable: bool = True, of: schema.Schema | None = None
    ) -> None:
        self.connections = Connections(path, create=create, durable=durable)
        schema.prepare(self.connections, of or schema.RECORDS)
        self.exits = ExitStack()
        # Set when there is something for the threads in the background to do.
        self.work = Event()
        # Returns the time in UTC. It may be replaced after the store is opened.
        self.clock: Callable[[], datetime] = partial(datetime.now, UTC)
        # Cached reads of the schema; see `cached`.
        self.caches: dict[Callable[..., Any], Callable[..., Any]] = {}

    def __enter__(self) -> "Store":
        """Make the store the current one in this context until it is closed."""
        self.exits.enter_context(self.use())
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the store."""
        self.close()

    @contextmanager
    def use(self) -> Iterator[None]:
        """Make this store the current one for a block, in this thread or asyncio task.

        :returns: a context manager.
        """
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def select(self) -> None:
        """Make this store the current one for the rest of this asyncio task."""
        _current.set(self)

    def at_close(self, end: Callable[[], None]) -> None:
        """Register a function to be called when the store is closed; the last registered is called first.

        :param end: the function.
        """
        self.exits.callback(end)

    def close(self) -> None:
        """End the background work, and close the connection of this thread.

        Then the database file contains all that was committed, unless another program has it open.
        """
        self.exits.close()
        self.connections.close()

    def query(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Run a statement that returns rows.

        :param sql: one SQL statement, keywords in lower case, with named parameters.
        :param parameters: parameter name to value.
        :returns: the rows, column name to value.
        :raises Unavailable: the database cannot be used now.
        :raises Unfinished: the statement reached a limit.
        :raises NotUnique: a unique constraint is violated.
        """
        with self.connections.translated:
            # Not with sqlite-utils, which checks for open transactions and takes three times as long.
            cursor = self.connections.get().conn.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=False)) for row in cursor]

    def query_up_to(self, column: str, size: int, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Run a statement, and return its first rows up to the one that reaches a size; errors as for `query`.

        :param column: the column whose texts are measured.
        :param size: the size in characters.
        :param sql: one SQL statement, keywords in lower case, with named parameters.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            cursor = self.connections.get().conn.execute(sql, parameters)
            names = [each[0] for each in cursor.description]
            rows: list[Row] = []
            for row in cursor:
                rows.append(dict(zip(names, row, strict=False)))
                size -= len(rows[-1][column])
                if size <= 0:
                    break
            # An open cursor would keep its read transaction open.
            cursor.close()
            return rows

    def values(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> tuple[Any, ...]:
        """Return the values of a statement that has one row; errors as for `query`.

        :param sql: one SQL statement, keywords in lower case, with named parameters.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            row: tuple[Any, ...]
            (row,) = self.connections.get().conn.execute(sql, parameters)
            return row

    def one(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> Row | None:
        """Return the row of a statement that has at most one, or None; errors as for `query`.

        :param sql: one SQL statement, keywords in lower case, with named parameters.
        :param parameters: parameter name to value.
        """
        return next(iter(self.query(sql, parameters)), None)

    def execute(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """Run a statement without rows, and return how many rows it changed; errors as for `query`.

        :param sql: one SQL statement, keywords in lower case, with named parameters.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            changed: int = self.connections.get().conn.execute(sql, parameters).rowcount
            return changed

    def insert_all(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows in the transaction that is open, and return the ID of the first; the IDs are consecutive.

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """
        places = ", ".join("?" for _ in columns)
        sqlite = self.connections.get().conn
        sqlite.executemany(f"insert into {table} ({', '.join(columns)}) values ({places})", rows)
        ((last,),) = sqlite.execute("select last_insert_rowid()").fetchall()
        first: int = last - len(rows) + 1
        return first

    def connection(self) -> Database:
        """Return this thread's connection, opened again if the file was replaced.

        :raises Unavailable: the file is gone or cannot be opened.
        """
        return self.connections.get()

    def atomic(self) -> AbstractContextManager[Database]:
        """Return a context manager that runs a block as one write transaction: all or nothing is on disk afterwards.

        A block inside another is a part of its transaction, and is undone alone if it fails.

        :raises Unavailable: the database cannot be written to now.
        """
        return Savepoint(self.connections) if self.connections.is_writing() else Transaction(self.connections)

    def limited(self, limit: Limit) -> AbstractContextManager[None]:
        """Return a context manager: each query of its block in this thread raises `Unfinished` when it reaches a limit.

        :param limit: the limit.
        :raises Unavailable: the database cannot be used now.
        """
        return Limited(self.connections, limit)

    def now(self) -> str:
        """Return the time in UTC in the form of records, without a time zone, as the clock of this store has it."""
        return texts.render_moment(self.clock())

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Have a function called when the transaction that is open is on disk.

        :param tell: the function, which must not write.
        """
        self.connections.after_commit(tell)

    def check(self) -> None:
        """Do nothing if the database can be read and written.

        :raises Unavailable: it cannot be used now, for any reason.
        """
        try:
            with self.atomic() as database:
                # A write that changes nothing: a full disk or a read-only file is noticed by a write only.
                ((version,),) = database.execute("pragma user_version")
                database.execute(f"pragma user_version = {version}")
        except sqlite3.DatabaseError as error:
            raise Unavailable(str(error)) from error


# Returns the store of the running code, see `Store.use`; raises LookupError if there is none.
current: Callable[[], Store] = _current.get


def cached(most: int | None = None) -> Callable[[Callable[..., Returned]], Callable[..., Returned]]:
    """Return a decorator for functions that read the schema; each store keeps their results.

    :param most: how many results each store keeps of a function; None for all.
    """

    def decorate(read: Callable[..., Returned]) -> Callable[..., Returned]:
        @wraps(read)
        def recall(*arguments: Any) -> Returned:
            caches = current().caches
            try:
                cache = caches[read]
            except KeyError:
                cache = caches[read] = lru_cache(most)(read)
            result: Returned = cache(*arguments)
            return result

        return recall

    return decorate
