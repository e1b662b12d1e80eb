"""The store: statements on one database, transactions of one writer at a time, and what runs in the background.

Each engine is a subclass: `data.store.sqlite` and `data.store.postgresql`. Queries are written once, in the SQL that
both understand. Where they differ, a method of the store returns the words of its engine; see `data.store.dialect`.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from data.store import texts
from data.store.context import chosen
from data.store.dialect import Dialect
from data.store.limits import Limit
from data.store.rows import NO_PARAMETERS, Column, ContactTable, Records, Row

# Where a database is: the path of a SQLite file, or the URL of a PostgreSQL database.
Location = Path | str


class Store(Dialect):
    """A database. Two stores in one process share nothing.

    :param location: where it is.
    """

    # Whether a read waits for another machine: then it must not run on an event loop.
    is_remote = False

    def __init__(self, location: Location) -> None:
        self.location = location
        # What messages call it: a path, or the server's hosts and the database, without a password.
        self.name = str(location)
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
        token = chosen.set(self)
        try:
            yield
        finally:
            chosen.reset(token)

    def select(self) -> None:
        """Make this store the current one for the rest of this asyncio task."""
        chosen.set(self)

    def at_close(self, end: Callable[[], None]) -> None:
        """Register a function to be called when the store is closed; the last registered is called first.

        :param end: the function.
        """
        self.exits.callback(end)

    def close(self) -> None:
        """End the background work, and close the connection of this thread."""
        self.exits.close()
        self.close_connection()

    @abstractmethod
    def close_connection(self) -> None:
        """Close the connection of this thread, if it has one."""

    @abstractmethod
    def query(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Run a statement that returns rows.

        :param sql: one SQL statement, keywords in lower case and names as in the API, with named parameters.
        :param parameters: parameter name to value.
        :returns: the rows, column name to value.
        :raises Unavailable: the database cannot be used now.
        :raises Unfinished: the statement reached a limit.
        :raises NotUnique: a unique constraint is violated.
        :raises EngineError: the statement fails for another reason.
        """

    @abstractmethod
    def query_records(self, size: int, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> Records:
        """Run a statement that returns records, and return the first ones together; errors as for `query`.

        :param size: the size in bytes with which they end: the record that reaches it is the last one.
        :param sql: as for `query`, with three columns: `Record` as `encoded` has it, `Value`, which is what they are
            sorted by, and `ID`.
        :param parameters: parameter name to value.
        """

    @abstractmethod
    def values(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> tuple[Any, ...]:
        """Return the values of a statement that has one row; errors as for `query`.

        :param sql: as for `query`.
        :param parameters: parameter name to value.
        """

    def one(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> Row | None:
        """Return the row of a statement that has at most one, or None; errors as for `query`.

        :param sql: as for `query`.
        :param parameters: parameter name to value.
        """
        return next(iter(self.query(sql, parameters)), None)

    @abstractmethod
    def execute(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """Run a statement without rows, and return how many rows it changed; errors as for `query`.

        :param sql: as for `query`.
        :param parameters: parameter name to value.
        """

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows in the transaction that is open.

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """

    @abstractmethod
    def insert_all(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows in the transaction that is open, and return the ID of the first; the IDs are consecutive.

        :param table: the table, which has the column `ID`.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """

    @abstractmethod
    def atomic(self, *, repeatable: bool = False) -> AbstractContextManager[None]:
        """Return a context manager that runs a block as one write transaction: all or nothing is on disk afterwards.

        One transaction runs at a time in all processes, so that what a block reads stays true until its end. A block
        inside another is a part of its transaction, and is undone alone if it fails.

        :param repeatable: whether the caller runs the block again, without this, if it raises `Undone`. Blocks inside
            it then need no savepoints, each of which takes an exchange with a server.
        :raises Unavailable: the database cannot be written to now.
        :raises Undone: a block inside a repeatable one changed something and failed, so that all was undone.
        """

    def relax_commit(self) -> None:
        """Let a crash undo the transaction that is open, unless a later one is on disk."""

    @abstractmethod
    def after_commit(self, tell: Callable[[], None]) -> None:
        """Have a function called when the transaction that is open is on disk.

        :param tell: the function, which must not write.
        """

    @abstractmethod
    def limited(self, limit: Limit) -> AbstractContextManager[None]:
        """Return a context manager: each query of its block in this thread raises `Unfinished` when it reaches a limit.

        :param limit: the limit.
        :raises Unavailable: the database cannot be used now.
        """

    @abstractmethod
    def read_version(self) -> Any:
        """Return a token that changes when another connection commits; it is valid for reads of this thread.

        Further reads of this thread may skip the check whether the database is still the same, until `end_turn`.

        :raises Unavailable: the database cannot be used now.
        """

    @abstractmethod
    def end_turn(self) -> None:
        """Check again in this thread whether the database is still the same; see `read_version`."""

    @abstractmethod
    def check(self) -> None:
        """Do nothing if the database can be read and written.

        :raises Unavailable: it cannot be used now, for any reason.
        """

    def now(self) -> str:
        """Return the time in UTC in the form of records, without a time zone, as the clock of this store has it."""
        return texts.render_moment(self.clock())

    @abstractmethod
    def defer_write_back(self, *, deferred: bool) -> None:
        """Have commits of this thread leave work to `write_back` for which other writers would have to wait.

        :param deferred: whether they do.
        """

    @abstractmethod
    def write_back(self) -> None:
        """Do the work that commits have left, between two transactions; see `defer_write_back`."""

    @abstractmethod
    def list_columns(self, table: str) -> Mapping[str, Column]:
        """Return the columns of a table or view that are not generated, by name and in their order.

        :param table: the table.
        :raises EngineError: there is no such table now.
        """

    @abstractmethod
    def find_last_id(self, table: str) -> int:
        """Return the highest ID that a table has given; 0 for none.

        :param table: the table.
        """

    @abstractmethod
    def keep_last_id(self, table: str, last: int) -> None:
        """Let a table give only higher IDs, in the transaction that is open.

        :param table: the table.
        :param last: the highest ID that was given; 0 for none.
        """

    @abstractmethod
    def is_moving(self) -> bool:
        """Return whether a move to this database has begun and not ended; see `data.moves`."""

    @abstractmethod
    def mark_moving(self, *, moving: bool) -> None:
        """Store whether a move to this database has begun and not ended, in the transaction that is open.

        :param moving: whether it has.
        """

    @abstractmethod
    def staged(self, upload: int) -> ContactTable:
        """Return where an import keeps the contacts that it overwrites.

        :param upload: ID of the import.
        """

    @abstractmethod
    def begin_staging(self, upload: int) -> None:
        """Make the place where an import keeps the contacts that it overwrites, in the transaction that is open.

        :param upload: ID of the import.
        """

    @abstractmethod
    def end_staging(self, upload: int) -> None:
        """Remove the place where an import kept the contacts that it overwrote, in the transaction that is open.

        :param upload: ID of the import.
        """

    @abstractmethod
    def show_staged(self) -> None:
        """Update what readers see of imports, after one has begun, was published or has ended, in its transaction."""
