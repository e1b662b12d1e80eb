"""Transactions of one writer at a time, and savepoints in them."""

from collections.abc import Sequence

from data.store.errors import Unavailable
from data.store.sqlite.connections import BUSY_SECONDS, Connections


class Savepoint:
    """A block in a transaction that is undone alone if it fails.

    It is a context manager class because a generator takes five times as long.

    :param connections: the connections of the store.
    """

    # A rollback to a savepoint keeps it, so it is released too: an outer savepoint of the same name may fail as well.
    begin, end = "savepoint part", "release part"
    undo: Sequence[str] = ("rollback to part", "release part")

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    def __enter__(self) -> None:
        """Begin the block."""
        with self.connections.translated:
            self.database = self.connections.get()
            self.database.conn.execute(self.begin)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Release the savepoint, or roll back to it if the block failed."""
        ended = False
        try:
            if error is None:
                with self.connections.translated:
                    self._end()
                ended = True
        finally:
            # SQLite may have rolled back the transaction because of the error.
            if not ended and self.database.conn.in_transaction:
                for statement in self.undo:
                    self.database.conn.execute(statement)
        self.connections.translated.__exit__(kind, error, trace)

    def _end(self) -> None:
        self.database.conn.execute(self.end)


class Transaction(Savepoint):
    """A write transaction: a context manager that commits, or rolls back if the block fails."""

    begin, end, undo = "begin immediate", "commit", ("rollback",)

    def __enter__(self) -> None:
        """Wait for the other writers of this process, and begin."""
        if not self.connections.writer.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("other writers keep the database locked")
        try:
            with self.connections.translated:
                self.connections.mark_log()
            super().__enter__()
        except BaseException:
            self.connections.writer.release()
            raise
        self.connections.begin_writing()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Commit or roll back, and call the functions that wait for the commit."""
        try:
            super().__exit__(kind, error, trace)
        finally:
            listeners = self.connections.end_writing()
            self.connections.writer.release()
        if error is None:
            for tell in listeners:
                tell()

    def _end(self) -> None:
        self.connections.require_same_file()
        super()._end()
