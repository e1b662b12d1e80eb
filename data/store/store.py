"""A store: statements on one database, transactions of one writer at a time, and what runs in the background."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from pathlib import Path
from threading import Event
from typing import Any, ParamSpec, TypeVar

from sqlite_utils import Database

from data.store import schema
from data.store.connections import Connections, Limited, sqlite3
from data.store.errors import Unavailable
from data.store.limits import Limit
from data.store.transactions import Part, Transaction

Row = dict[str, Any]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

NOTHING: Mapping[str, Any] = {}
_current: ContextVar["Store"] = ContextVar("store")


class Store:
    """A database. Two of them in one process share nothing.

    :param path: the SQLite file.
    :param create: make the file if there is none; otherwise a missing file is an error.
    :raises Refused: there is no such file, it is no database, a newer version wrote it, or another's log is beside it.
    :raises Unavailable: the database cannot be written to now, and its schema is old.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.connections = Connections(path, create=create)
        schema.prepare(self.connections)
        self.exits = ExitStack()
        # Set when there is something for the threads in the background to do.
        self.work = Event()
        # What is remembered of the schema; see `cached`.
        self.caches: dict[Callable[..., Any], Callable[..., Any]] = {}

    def __enter__(self) -> "Store":
        """Use the store in this context until it is closed."""
        self.exits.enter_context(self.use())
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the store."""
        self.close()

    @contextmanager
    def use(self) -> Iterator[None]:
        """Let the functions of `data.store` work on this store, in this thread or asyncio task, in a block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def select(self) -> None:
        """Let the functions of `data.store` work on this store, for the rest of this asyncio task."""
        _current.set(self)

    def at_close(self, end: Callable[[], None]) -> None:
        """Have something ended when the store is closed, what was added last first.

        :param end: ends it.
        """
        self.exits.callback(end)

    def close(self) -> None:
        """End the background work, and close the connection of this thread.

        All that was committed is in the database file then, unless another program has it open.
        """
        self.exits.close()
        self.connections.close()

    def query(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> list[Row]:
        """Run a statement that gives rows.

        :param sql: one SQL statement, keywords in lower case, with named parameters.
        :param parameters: a value for each named parameter.
        :returns: the rows, column name to value.
        :raises Unavailable: the database cannot be used now.
        :raises NotUnique: a unique constraint does not hold.
        """
        with self.connections.translated:
            # Not by sqlite-utils, which looks for transactions that nobody has ended, and takes three times as long.
            cursor = self.connection().conn.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=False)) for row in cursor]

    def query_up_to(self, column: str, size: int, sql: str, parameters: Mapping[str, Any] = NOTHING) -> list[Row]:
        """Run a statement that gives rows, and read them up to the one that makes them large; see `query`.

        :param column: the column whose texts are measured.
        :param size: the number of characters with which they are large.
        """
        with self.connections.translated:
            cursor = self.connection().conn.execute(sql, parameters)
            names = [each[0] for each in cursor.description]
            rows: list[Row] = []
            for row in cursor:
                rows.append(dict(zip(names, row, strict=False)))
                size -= len(rows[-1][column])
                if size <= 0:
                    break
            # An open cursor would keep its snapshot of the database.
            cursor.close()
            return rows

    def values(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> tuple[Any, ...]:
        """Run a statement that gives one row, and return its values; see `query`."""
        with self.connections.translated:
            row: tuple[Any, ...]
            (row,) = self.connection().conn.execute(sql, parameters)
            return row

    def one(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> Row | None:
        """Run a statement that gives at most one row, and return that row or None; see `query`."""
        return next(iter(self.query(sql, parameters)), None)

    def execute(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> int:
        """Run a statement that gives no rows and return how many it changed; see `query`."""
        with self.connections.translated:
            changed: int = self.connection().conn.execute(sql, parameters).rowcount
            return changed

    def insert_all(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows in the transaction that is open, and return the ID of the first; the others' follow one another.

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """
        places = ", ".join("?" for _ in columns)
        sqlite = self.connection().conn
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
        """Run a block as one write transaction: all of it is on disk afterwards, or nothing.

        A block inside another is a part of that one, and undone alone if it fails.

        :raises Unavailable: the database cannot be written to now.
        """
        return Part(self.connections) if self.connections.is_writing() else Transaction(self.connections)

    def limited(self, limit: Limit) -> AbstractContextManager[None]:
        """Let each query of a block in this thread end with `Unfinished` when it takes too long.

        :param limit: how much it may take.
        :raises Unavailable: the database cannot be used now.
        """
        return Limited(self.connections, limit)

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Have a function called when the transaction that is open is on disk.

        :param tell: the function, which must not write.
        """
        self.connections.after_commit(tell)

    def check(self) -> None:
        """Do nothing if the database can be read and written.

        :raises Unavailable: it cannot be used now, for whatever reason.
        """
        try:
            with self.atomic() as database:
                # Writes without changing anything: a full disk or a read-only file shows at nothing less.
                ((version,),) = database.execute("pragma user_version")
                database.execute(f"pragma user_version = {version}")
        except sqlite3.DatabaseError as error:
            raise Unavailable(str(error)) from error


def current() -> Store:
    """Return the store that the running code is in; see `Store.use`.

    :raises LookupError: it is in none.
    """
    return _current.get()


def cached(most: int | None = None) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Decorate a function that reads the schema, so that each store remembers what it returned.

    :param most: how many results a store remembers; None for all.
    """

    def decorate(read: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(read)
        def recall(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
            caches = current().caches
            if read not in caches:
                caches[read] = lru_cache(most)(read)
            result: Result = caches[read](*arguments, **options)
            return result

        return recall

    return decorate
