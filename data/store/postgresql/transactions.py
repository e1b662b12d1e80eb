"""Transactions of one writer at a time in all processes, and savepoints in them."""

from contextlib import suppress

import psycopg
from psycopg.pq import TransactionStatus

from data.store.errors import EngineError, OutcomeUnknown, Undone
from data.store.postgresql.connections import Connections
from data.store.postgresql.sessions import Session
from data.store.postgresql.troubles import Disconnected, is_cut
from data.store.writers import Block, WriterTurn

# Writers of all processes take turns by an advisory lock, which ends with the transaction. So a transaction sees all
# that others have committed, what it has read stays true, and none is run again. The first number spells "frtn".
BEGIN = "begin; select pg_advisory_xact_lock(x'6672746e'::integer, 1)"
COMMITTED = "COMMIT"
RELAX = "set local synchronous_commit = off; "


class Savepoint(Block[Connections]):
    """A block in a transaction that is undone alone if it fails.

    :param connections: the connections of the store.
    """

    begin, end, undo = "savepoint part", "release part", "rollback to part; release part"

    def _begin(self) -> None:
        self.session = self.connections.__enter__()
        try:
            self.session.execute(self.begin, prepare=False)
        except BaseException as error:
            self._give_up(self.session)
            self.connections.__exit__(type(error), error, error.__traceback__)
            raise

    def _finish(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        failure = error
        try:
            if failure is None:
                self._end(self.session)
            else:
                self._undo(self.session)
        except BaseException as problem:
            failure = problem
            raise
        finally:
            self.connections.__exit__(None if failure is None else type(failure), failure, trace)

    def _end(self, session: Session) -> None:
        session.execute(self.end, prepare=False)

    def _give_up(self, session: Session) -> None:
        """Do nothing: the transaction around the block is undone."""

    def _undo(self, session: Session) -> None:
        # Without a session, the server has undone everything.
        if not session.closed and session.info.transaction_status != TransactionStatus.IDLE:
            session.execute(self.undo, prepare=False)


class Part(Block[Connections]):
    """A block in a repeatable transaction: if it fails after a change, the transaction cannot be committed.

    :param connections: the connections of the store.
    """

    def _begin(self) -> None:
        self.changes = self.connections.thread.changes

    def _finish(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        thread = self.connections.thread
        if error is not None and thread.changes > self.changes:
            thread.is_spoiled = True


class Transaction(WriterTurn[Connections], Savepoint):
    """A write transaction: a context manager that commits, or rolls back if the block fails.

    :param connections: the connections of the store.
    :param repeatable: whether the caller repeats it if it raises `Undone`.
    """

    begin, end, undo = BEGIN, "commit", "rollback"

    def __init__(self, connections: Connections, *, repeatable: bool = False) -> None:
        super().__init__(connections)
        self.repeatable = repeatable

    def _begin(self) -> None:
        thread = self.connections.thread
        thread.is_relaxed, thread.is_repeatable, thread.is_spoiled, thread.changes = False, self.repeatable, False, 0
        try:
            super()._begin()
        except Disconnected:
            # The session was cut while it was idle, and nothing is written yet.
            super()._begin()

    def _give_up(self, session: Session) -> None:
        """Roll back a transaction that did not get its turn."""
        with suppress(psycopg.Error):
            self._undo(session)

    def _end(self, session: Session) -> None:
        if self.connections.thread.is_spoiled:
            self._undo(session)
            raise Undone("a part of the transaction failed")
        session.is_warned = False
        relax = RELAX if self.connections.thread.is_relaxed else ""
        try:
            cursor = session.execute(relax + self.end, prepare=False)
        except psycopg.Error as error:
            if is_cut(error):
                raise OutcomeUnknown("the database went away while it committed") from error
            raise
        if session.is_warned:
            # The wait for a standby was cancelled: the commit is on one machine only.
            raise OutcomeUnknown("a commit did not reach its standby")
        while cursor.nextset():
            # The outcome is that of the last statement.
            pass
        if cursor.statusmessage != COMMITTED:
            # An error in the block was caught outside of a part, so that the server has undone everything.
            raise EngineError("the transaction had failed before its end")
