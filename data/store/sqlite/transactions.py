"""Transactions of one writer at a time, and savepoints in them."""

from collections.abc import Sequence

from data.store.sqlite.connections import Connections
from data.store.writers import Block, WriterTurn


class Savepoint(Block[Connections]):
    """A block in a transaction that is undone alone if it fails.

    :param connections: the connections of the store.
    """

    # A rollback to a savepoint keeps it, so it is released too: an outer savepoint of the same name may fail as well.
    begin, end = "savepoint part", "release part"
    undo: Sequence[str] = ("rollback to part", "release part")

    def _begin(self) -> None:
        with self.connections.translated:
            self.database = self.connections.get()
            self.database.conn.execute(self.begin)

    def _finish(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
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


class Transaction(WriterTurn[Connections], Savepoint):
    """A write transaction: a context manager that commits, or rolls back if the block fails."""

    begin, end, undo = "begin immediate", "commit", ("rollback",)

    def _begin(self) -> None:
        with self.connections.translated:
            self.connections.mark_log()
        super()._begin()

    def _end(self) -> None:
        self.connections.require_same_file()
        super()._end()
