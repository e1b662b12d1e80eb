"""The store: one database, its connections, transactions, migrations, backups and limits.

The only folder that names an engine: `sqlite/` for a file, the default, and `postgresql/` for a server. It imports no
other folder of ours. The functions of this module work on the current store, which is chosen once for each request;
see `Store.use`. Code that opens, locks, copies or migrates a database goes here; a query about records goes to the
modules of `data`; a change of the tables goes to a new numbered file in `migrations/`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from data.store import texts
from data.store.context import cached as cached
from data.store.context import current as current
from data.store.engines import is_url as is_url
from data.store.engines import open_store as open_store
from data.store.errors import Conflict as Conflict
from data.store.errors import EngineError as EngineError
from data.store.errors import NotFound as NotFound
from data.store.errors import NotUnique as NotUnique
from data.store.errors import OutcomeUnknown as OutcomeUnknown
from data.store.errors import Refused as Refused
from data.store.errors import Unavailable as Unavailable
from data.store.errors import Unfinished as Unfinished
from data.store.limits import Limit as Limit
from data.store.rows import Column as Column
from data.store.rows import ContactTable as ContactTable
from data.store.rows import Records as Records
from data.store.rows import Row as Row
from data.store.sqlite.schema import Schema as Schema
from data.store.store import Location as Location
from data.store.store import Store as Store


def query(sql: str, /, **parameters: Any) -> list[Row]:
    """Return the rows of a statement; see `Store.query`.

    :param sql: as for `Store.query`.
    :param parameters: parameter name to value.
    """
    return current().query(sql, parameters)


def query_records(size: int, sql: str, /, **parameters: Any) -> Records:
    """Return the first records of a statement, up to a size; see `Store.query_records`.

    :param size: the size in bytes.
    :param sql: as for `Store.query_records`.
    :param parameters: parameter name to value.
    """
    return current().query_records(size, sql, parameters)


def values(sql: str, /, **parameters: Any) -> tuple[Any, ...]:
    """Return the values of the one row of a statement; see `Store.values`.

    :param sql: as for `Store.query`.
    :param parameters: parameter name to value.
    """
    return current().values(sql, parameters)


def one(sql: str, /, **parameters: Any) -> Row | None:
    """Return the row of a statement, or None if it has none; see `Store.one`.

    :param sql: as for `Store.query`.
    :param parameters: parameter name to value.
    """
    return current().one(sql, parameters)


def execute(sql: str, /, **parameters: Any) -> int:
    """Run a statement without rows, and return how many rows it changed; see `Store.execute`.

    :param sql: as for `Store.query`.
    :param parameters: parameter name to value.
    """
    return current().execute(sql, parameters)


def insert_all(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Insert rows, and return the ID of the first; see `Store.insert_all`.

    :param table: the table.
    :param columns: the columns that the rows have values for.
    :param rows: the values of each row, in the order of the columns.
    """
    return current().insert_all(table, columns, rows)


def now() -> str:
    """Return the time in UTC in the form of records, without a time zone; see `Store.now`."""
    return current().now()


def instant() -> str:
    """Return the time in UTC with microseconds and `Z`; see `Store.now`."""
    return texts.render_instant(current().clock())


def atomic() -> AbstractContextManager[None]:
    """Return a context manager that runs a block as one write transaction; see `Store.atomic`."""
    return current().atomic()
