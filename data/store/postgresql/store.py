"""Statements on a PostgreSQL database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from typing import Any

import psycopg

from data.store.errors import EngineError, Unavailable
from data.store.limits import Limit
from data.store.postgresql import schema
from data.store.postgresql.connections import Connections
from data.store.postgresql.dialect import PostgreSQLDialect
from data.store.postgresql.sessions import Deadline, Session
from data.store.postgresql.statements import translate
from data.store.postgresql.transactions import Part, Savepoint, Transaction
from data.store.postgresql.troubles import Disconnected
from data.store.rows import NO_PARAMETERS, Column, ContactTable, Records, Row
from data.store.store import Store

TYPES = {"bigint": "integer", "smallint": "integer", "double precision": "real", "text": "text", "json": "text"}
# All records in one row: the server sends them at once, and psycopg makes one value of them.
RECORDS = """
    select {text} as text, array_agg(Size) as sizes, array_agg(Value) as values, array_agg(ID) as ids
    from (
        select Rows.*, sum(Size) over (rows unbounded preceding) - Size as Before
        from (select *, octet_length(Record) as Size from ({sql}) as Given) as Rows
    ) as Measured
    where Before < :size
"""
# Fewer rows are inserted by statements: COPY takes two exchanges with the server more.
LEAST_COPIED = 20


class PostgreSQLStore(PostgreSQLDialect, Store):
    """A PostgreSQL database. Several processes on several hosts may use it.

    :param url: its URL (PostgreSQL, "Connection URIs"), with one host or several.
    :param moving: accept a database to which a move has not ended.
    :raises Refused: the URL is not valid, the server is too old, or a newer version wrote the database.
    :raises Unavailable: it cannot be used now.
    """

    is_remote = True

    def __init__(self, url: str, *, moving: bool = False) -> None:
        super().__init__(url)
        self.connections = Connections(url)
        self.name = self.connections.name
        schema.prepare(self.connections, moving=moving)

    def close(self) -> None:
        """End the background work, and close all connections."""
        super().close()
        self.connections.is_closed = True
        self.connections.close()

    def close_connection(self) -> None:
        """Do nothing: a thread has no connection of its own (overrides `Store`)."""

    def query(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Run a statement that returns rows (overrides `Store`).

        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        try:
            with self.connections as session:
                return self._run(session, sql, parameters).fetchall()
        except Disconnected:
            if self.connections.is_writing():
                raise
        # The session was cut while it was idle, and a read outside of a transaction can be repeated.
        with self.connections as session:
            return self._run(session, sql, parameters).fetchall()

    def query_records(self, size: int, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> Records:
        """Run a statement that returns records, and return the first ones together (overrides `Store`).

        :param size: the size in bytes with which they end.
        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        statement = RECORDS.format(text=self.join("Record"), sql=sql)
        text, sizes, values, ids = self.values(statement, {**parameters, "size": size})
        return Records(text, sizes, [*zip(values, ids, strict=True)]) if sizes else Records()

    def values(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> tuple[Any, ...]:
        """Return the values of a statement that has one row (overrides `Store`).

        :param sql: the statement, whose columns have different names.
        :param parameters: parameter name to value.
        """
        (row,) = self.query(sql, parameters)
        return tuple(row.values())

    def execute(self, sql: str, parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """Run a statement without rows, and return how many rows it changed (overrides `Store`).

        :param sql: the statement.
        :param parameters: parameter name to value.
        """
        with self.connections as session:
            return self._run(session, sql, parameters).rowcount

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows (overrides `Store`).

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """
        target = f"{table} ({', '.join(columns)})"
        self.connections.thread.changes += 1
        with self.connections as session, session.cursor() as cursor:
            if len(rows) < LEAST_COPIED:
                places = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows))
                cursor.execute(f"{translate(f'insert into {target}')} values {places}", [*chain(*rows)])
            else:
                with cursor.copy(translate(f"copy {target} from stdin")) as copy:
                    for row in rows:
                        copy.write_row(row)

    def _run(self, session: Session, sql: str, parameters: Mapping[str, Any]) -> psycopg.Cursor[Row]:
        cursor = session.execute(translate(sql), parameters)
        if cursor.rowcount and not (cursor.statusmessage or "").startswith("SELECT"):
            self.connections.thread.changes += 1
        return cursor

    def insert_all(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows, and return the ID of the first (overrides `Store`).

        :param table: the table.
        :param columns: the columns that the rows have values for.
        :param rows: the values of each row, in the order of the columns.
        """
        # The writer holds the lock, so it can give the IDs itself: a function of the server takes 10 µs for each.
        first = self.find_last_id(table) + 1
        self.insert(table, ["ID", *columns], [(record_id, *row) for record_id, row in enumerate(rows, first)])
        return first

    def atomic(self, *, repeatable: bool = False) -> AbstractContextManager[None]:
        """Return a context manager that runs a block as one write transaction (overrides `Store`).

        :param repeatable: whether the caller runs the block again if it raises `Undone`.
        """
        if not self.connections.is_writing():
            return Transaction(self.connections, repeatable=repeatable)
        return Part(self.connections) if self.connections.thread.is_repeatable else Savepoint(self.connections)

    def relax_commit(self) -> None:
        """Let a crash undo the transaction that is open, unless a later one is on disk (overrides `Store`)."""
        self.connections.thread.is_relaxed = True

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Have a function called when the transaction that is open is committed (overrides `Store`).

        :param tell: the function.
        """
        self.connections.after_commit(tell)

    @contextmanager
    def limited(self, limit: Limit) -> Iterator[None]:
        """Return a context manager with a limit on each query of its block (overrides `Store`).

        :param limit: the limit.
        """
        limit.begin()
        self.connections.thread.limit = Deadline(limit)
        try:
            yield
        finally:
            self.connections.thread.limit = None

    def read_version(self) -> Any:
        """Return a token that changes when another connection commits (overrides `Store`)."""
        (version,) = self.values("select pg_current_snapshot()::text")
        return version

    def end_turn(self) -> None:
        """Do nothing: a server is not replaced behind its connections (overrides `Store`)."""

    def check(self) -> None:
        """Do nothing if the database can be read and written (overrides `Store`)."""
        try:
            with self.atomic():
                # A write that changes nothing: a full disk is noticed by a write only.
                self.execute("update Schema set Version = Version")
        except EngineError as error:
            raise Unavailable(str(error)) from error

    def defer_write_back(self, *, deferred: bool) -> None:
        """Do nothing: the server writes back in the background (overrides `Store`).

        :param deferred: whether commits leave it to `write_back`.
        """

    def write_back(self) -> None:
        """Do nothing: the server writes back in the background (overrides `Store`)."""

    def list_columns(self, table: str) -> Mapping[str, Column]:
        """Return the columns of a table or view that are not generated (overrides `Store`).

        :param table: the table.
        """
        rows = self.query(
            "select attname as name, format_type(atttypid, null) as type, attnotnull as filled from pg_attribute"
            " where attrelid = to_regclass(:table) and attnum > 0 and not attisdropped and attgenerated = ''"
            " order by attnum",
            {"table": f'"{table}"'},
        )
        if not rows:
            raise EngineError(f"no such table: {table}")
        return {row["name"]: Column(TYPES[row["type"]], not row["filled"]) for row in rows}

    def find_last_id(self, table: str) -> int:
        """Return the highest ID that a table has given (overrides `Store`).

        :param table: the table.
        """
        (last,) = self.values("select Last from Sequences where Name = :table", {"table": table})
        return int(last)

    def keep_last_id(self, table: str, last: int) -> None:
        """Let a table give only higher IDs (overrides `Store`).

        :param table: the table.
        :param last: the highest ID that was given; 0 for none.
        """
        self.execute("update Sequences set Last = :last where Name = :table", {"table": table, "last": last})

    def is_moving(self) -> bool:
        """Return whether a move to this database has begun and not ended (overrides `Store`)."""
        return self.values("select bMoving from Schema") == (1,)

    def mark_moving(self, *, moving: bool) -> None:
        """Store whether a move to this database has begun and not ended (overrides `Store`).

        :param moving: whether it has.
        """
        self.execute("update Schema set bMoving = :moving", {"moving": moving})

    def staged(self, upload: int) -> ContactTable:
        """Return where an import keeps the contacts that it overwrites: its rows of one table (overrides `Store`).

        :param upload: ID of the import.
        """
        owner = {"DiallerContactsUploadsID": str(upload)}
        return ContactTable("DiallerContactsStaged", f"DiallerContactsUploadsID = {upload}", owner)

    def begin_staging(self, upload: int) -> None:
        """Do nothing: the table is there (overrides `Store`).

        :param upload: ID of the import.
        """

    def end_staging(self, upload: int) -> None:
        """Do nothing: the table stays (overrides `Store`).

        :param upload: ID of the import.
        """

    def show_staged(self) -> None:
        """Do nothing: the view finds out by itself (overrides `Store`)."""
