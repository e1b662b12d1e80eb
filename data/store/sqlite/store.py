"""Statements on a SQLite file."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from data.store.errors import EngineError, Unavailable
from data.store.limits import Limit
from data.store.rows import NO_PARAMETERS, Column, ContactTable, Records, Row
from data.store.sqlite import schema, staging
from data.store.sqlite.connections import Connections, Limited
from data.store.sqlite.dialect import SQLiteDialect
from data.store.sqlite.transactions import Savepoint, Transaction
from data.store.store import Store

# The frames of the log after which a commit writes them back to the file (SQLite, pragma wal_autocheckpoint).
USUAL_LOG = 1000


class SQLiteStore(SQLiteDialect, Store):
    """A SQLite file.

    :param path: the file.
    :param create: create the file if there is none; otherwise a missing file is an error.
    :param durable: whether a write that was acknowledged survives a power failure; otherwise it survives the end of the
        process only, and does not wait for the disk.
    :param of: the schema of its tables; None for that of records.
    :param moving: accept a file to which a move has not ended.
    :raises Refused: there is no such file, it is no database, a newer version wrote it, or the log next to it belongs
        to another file.
    :raises Unavailable: its schema is old and it cannot be written to now.
    """

    def __init__(
        self,
        path: Path,
        *,
        create: bool = False,
        durable: bool = True,
        of: schema.Schema | None = None,
        moving: bool = False,
    ) -> None:
        super().__init__(path)
        self.connections = Connections(path, create=create, durable=durable)
        schema.prepare(self.connections, of or schema.RECORDS, moving=moving)

    def close_connection(self) -> None:
        """Close the connection of this thread, if it has one (overrides `Store`).

        After the last one, the file contains all that was committed, unless another program has it open.
        """
        self.connections.close()

    def query(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Run a statement that returns rows (overrides `Store`).

        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            # Not with sqlite-utils, which checks for open transactions and takes three times as long.
            cursor = self.connections.get().conn.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=False)) for row in cursor]

    def query_records(self, size: int, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> Records:
        """Run a statement that returns records, and return the first ones together (overrides `Store`).

        :param size: the size in bytes with which they end.
        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            cursor = self.connections.get().conn.execute(sql, parameters)
            texts: list[bytes] = []
            keys: list[tuple[Any, int]] = []
            for text, value, record_id in cursor:
                texts.append(text)
                keys.append((value, record_id))
                size -= len(text)
                if size <= 0:
                    break
            # An open cursor would keep its read transaction open.
            cursor.close()
            return Records(b",".join(texts), [*map(len, texts)], keys)

    def values(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> tuple[Any, ...]:
        """Return the values of a statement that has one row (overrides `Store`).

        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            row: tuple[Any, ...]
            (row,) = self.connections.get().conn.execute(sql, parameters)
            return row

    def execute(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """Run a statement without rows, and return how many rows it changed (overrides `Store`).

        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        with self.connections.translated:
            changed: int = self.connections.get().conn.execute(sql, parameters).rowcount
            return changed

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows (overrides `Store`).

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """
        places = ", ".join("?" for _ in columns)
        with self.connections.translated:
            sqlite = self.connections.get().conn
            sqlite.executemany(f"insert into {table} ({', '.join(columns)}) values ({places})", rows)

    def insert_all(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows, and return the ID of the first (overrides `Store`).

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """
        self.insert(table, columns, rows)
        (last,) = self.values("select last_insert_rowid()")
        return int(last) - len(rows) + 1

    def atomic(self, *, repeatable: bool = False) -> AbstractContextManager[None]:
        """Return a context manager that runs a block as one write transaction (overrides `Store`).

        :param repeatable: not used: a savepoint takes some microseconds.
        """
        return Savepoint(self.connections) if self.connections.is_writing() else Transaction(self.connections)

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Have a function called when the transaction that is open is on disk (overrides `Store`).

        :param tell: the function.
        """
        self.connections.after_commit(tell)

    def limited(self, limit: Limit) -> AbstractContextManager[None]:
        """Return a context manager with a limit on each query of its block (overrides `Store`).

        :param limit: the limit.
        """
        return Limited(self.connections, limit)

    def read_version(self) -> Any:
        """Return a token that changes when another connection commits (overrides `Store`)."""
        return self.connections.read_version()

    def end_turn(self) -> None:
        """Check again in this thread whether the file was replaced (overrides `Store`)."""
        self.connections.recheck_file()

    def check(self) -> None:
        """Do nothing if the database can be read and written (overrides `Store`)."""
        try:
            with self.atomic():
                # A write that changes nothing: a full disk or a read-only file is noticed by a write only.
                (version,) = self.values("pragma user_version")
                self.execute(f"pragma user_version = {version}")
        except EngineError as error:
            raise Unavailable(str(error)) from error

    def defer_write_back(self, *, deferred: bool) -> None:
        """Have commits of this thread leave the log as it is (overrides `Store`).

        A checkpoint with a commit would make other writers wait longer than the transaction itself.

        :param deferred: whether they do.
        """
        self.execute(f"pragma wal_autocheckpoint = {0 if deferred else USUAL_LOG}")

    def write_back(self) -> None:
        """Write the log back to the file, as far as readers let it (overrides `Store`)."""
        self.execute("pragma wal_checkpoint(passive)")

    def list_columns(self, table: str) -> Mapping[str, Column]:
        """Return the columns of a table or view that are not generated (overrides `Store`).

        Not with sqlite-utils, which would hide that the read is interrupted by a limit.

        :param table: the table.
        """
        rows = self.query(
            'select name, lower(type) as type, "notnull" or pk as filled from pragma_table_info(:table) order by cid',
            {"table": table},
        )
        if not rows:
            raise EngineError(f"no such table: {table}")
        return {row["name"]: Column(row["type"], not row["filled"]) for row in rows}

    def find_last_id(self, table: str) -> int:
        """Return the highest ID that a table has given (overrides `Store`).

        :param table: the table, with `autoincrement`.
        """
        row = self.one("select seq from sqlite_sequence where name = :table", {"table": table})
        return int(row["seq"]) if row else 0

    def keep_last_id(self, table: str, last: int) -> None:
        """Let a table give only higher IDs (overrides `Store`).

        :param table: the table, with `autoincrement`.
        :param last: the highest ID that was given; 0 for none.
        """
        parameters = {"table": table, "last": last}
        if last and not self.execute("update sqlite_sequence set seq = :last where name = :table", parameters):
            self.execute("insert into sqlite_sequence (name, seq) values (:table, :last)", parameters)

    def is_moving(self) -> bool:
        """Return whether a move to this file has begun and not ended (overrides `Store`)."""
        return self.values("pragma application_id") == (schema.MOVING,)

    def mark_moving(self, *, moving: bool) -> None:
        """Store whether a move to this file has begun and not ended, in its header (overrides `Store`).

        :param moving: whether it has.
        """
        self.execute(f"pragma application_id = {schema.MOVING if moving else schema.RECORDS.application_id}")

    def staged(self, upload: int) -> ContactTable:
        """Return where an import keeps the contacts that it overwrites: a table of its own (overrides `Store`).

        :param upload: ID of the import.
        """
        return ContactTable(staging.name_table(upload))

    def begin_staging(self, upload: int) -> None:
        """Make the table of an import (overrides `Store`).

        :param upload: ID of the import.
        """
        staging.make_table(self, staging.name_table(upload))

    def end_staging(self, upload: int) -> None:
        """Drop the table of an import (overrides `Store`).

        :param upload: ID of the import.
        """
        self.execute(f"drop table {staging.name_table(upload)}")

    def show_staged(self) -> None:
        """Create the view of the contacts again, if its definition has changed (overrides `Store`)."""
        staging.update_view(self)
