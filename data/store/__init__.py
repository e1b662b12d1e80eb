"""The store: one database, its connections, transactions and background work.

The only place that names SQLite. The functions of this module work on the store that the running code is in, which is
decided once for a request; see `Store.use`. A statement on the database goes here, a query about records goes to the
modules of `data`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlite_utils import Database

from data.store.connections import BUSY_SECONDS as BUSY_SECONDS
from data.store.connections import sqlite3 as sqlite3
from data.store.errors import Conflict as Conflict
from data.store.errors import NotFound as NotFound
from data.store.errors import NotUnique as NotUnique
from data.store.errors import Refused as Refused
from data.store.errors import Unavailable as Unavailable
from data.store.errors import Unfinished as Unfinished
from data.store.limits import Limit as Limit
from data.store.store import Row as Row
from data.store.store import Store as Store
from data.store.store import cached as cached
from data.store.store import current as current


def query(sql: str, /, **parameters: Any) -> list[Row]:
    """Run a statement that gives rows, as `Store.query`."""
    return current().query(sql, parameters)


def query_up_to(column: str, size: int, sql: str, /, **parameters: Any) -> list[Row]:
    """Run a statement that gives rows and stop at a size, as `Store.query_up_to`."""
    return current().query_up_to(column, size, sql, parameters)


def values(sql: str, /, **parameters: Any) -> tuple[Any, ...]:
    """Run a statement that gives one row, as `Store.values`."""
    return current().values(sql, parameters)


def one(sql: str, /, **parameters: Any) -> Row | None:
    """Run a statement that gives at most one row, as `Store.one`."""
    return current().one(sql, parameters)


def execute(sql: str, /, **parameters: Any) -> int:
    """Run a statement that gives no rows, as `Store.execute`."""
    return current().execute(sql, parameters)


def insert_all(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Insert rows, as `Store.insert_all`."""
    return current().insert_all(table, columns, rows)


def atomic() -> AbstractContextManager[Database]:
    """Run a block as one write transaction, as `Store.atomic`."""
    return current().atomic()


def connection() -> Database:
    """Return this thread's connection, as `Store.connection`."""
    return current().connection()
