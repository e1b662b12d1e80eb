"""Transactions of one writer at a time in all processes, and savepoints in them."""

from contextlib import suppress

import psycopg
from psycopg.pq import TransactionStatus

from data.store.errors import EngineError, OutcomeUnknown
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
        self.session.defer(self.begin)

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
        session.defer(self.end)

    def _undo(self, session: Session) -> None:
        # Without a session, the server has undone everything.
        if not session.closed and session.info.transaction_status != TransactionStatus.IDLE:
            session.run(self.undo)


class Transaction(WriterTurn[Connections], Savepoint):
    """A write transaction: a context manager that commits, or rolls back if the block fails."""

    begin, end, undo = BEGIN, "commit", "rollback"

    def _begin(self) -> None:
        self.connections.thread.is_relaxed = False
        try:
            self._begin_now()
        except Disconnected:
            # The session was cut while it was idle, and nothing is written yet.
            self._begin_now()

    def _begin_now(self) -> None:
        super()._begin()
        try:
            self.session.run("")
        except BaseException as error:
            # It did not get its turn.
            with suppress(psycopg.Error):
                self._undo(self.session)
            self.connections.__exit__(type(error), error, error.__traceback__)
            raise

    def _undo(self, session: Session) -> None:
        # An error before them would keep the transaction open.
        session.deferred = ""
        super()._undo(session)

    def _end(self, session: Session) -> None:
        session.is_warned = False
        relax = RELAX if self.connections.thread.is_relaxed else ""
        try:
            cursor = session.run(relax + self.end)
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
