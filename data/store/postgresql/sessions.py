"""Sessions: connections to a server whose statements end at a limit, with the values that the store expects."""

import time
from collections.abc import Generator
from typing import Any, Self

import psycopg
from psycopg import errors
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg.types.numeric import IntDumper, IntLoader
from psycopg.types.string import TextLoader

from data.store.limits import Limit

# Seconds between two checks of a limit.
CHECK_SECONDS = 0.05
# The server works in another process, whose CPU time is not known: a statement may take this much elapsed time for each
# second of CPU time. With 10, most of 16 pages at a time on two cores reached the limit, and were read twice.
ELAPSED_PER_CPU = 40
# In seconds. A commit may wait for a standby that has gone, up to the server's `wal_sender_timeout`: 10 seconds in our
# advice. A server that answers nothing for longer is given up.
SECONDS_TO_ANSWER = 15
SECONDS_TO_CANCEL = 2
# After how many executions a statement is prepared.
PREPARE_THRESHOLD = 1
# The name of a file of the log begins with the timeline, in 8 hexadecimal digits.
FIND_TIMELINE = """
    select case when pg_is_in_recovery() then 0
        else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer end as timeline
"""


class Deadline:
    """When the statements of a block have to end.

    :param limit: the limit of the block; its steps are not counted.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.end = time.monotonic() + limit.seconds * (ELAPSED_PER_CPU if limit.is_of_processor else 1)

    def is_reached(self) -> bool:
        """Return whether a statement has to end now."""
        return self.limit.is_given_up or time.monotonic() > self.end

    def count_seconds(self) -> float:
        """Return how many seconds are left; 0 if none are."""
        return max(0, self.end - time.monotonic())


class Session(psycopg.Connection[DictRow]):
    """A connection to a server."""

    # Ends the statements; None for no limit.
    limit: Deadline | None = None
    # How long a statement without a limit may take, in seconds; None for ever.
    patience: float | None = SECONDS_TO_ANSWER
    # Whether the server has sent a warning.
    is_warned = False
    # Whether the server may yet cancel a statement that has ended: it would cancel another one.
    is_doubtful = False
    # Of the server when the session began: each failover begins a new one.
    timeline = 0

    @classmethod
    def open(cls, conninfo: str, settings: str) -> Self:
        """Return a new connection.

        :param conninfo: the connection string, of one host.
        :param settings: the statements that it begins with.
        :raises psycopg.Error: there is no such server, or it does not take the connection.
        """
        session = cls.connect(conninfo, autocommit=True, row_factory=dict_row, context=ADAPTERS)
        session.prepare_threshold = PREPARE_THRESHOLD
        session.add_notice_handler(session.note)
        session.execute(settings, prepare=False)
        (row,) = session.execute(FIND_TIMELINE, prepare=False).fetchall()
        session.timeline = row["timeline"]
        return session

    def note(self, notice: errors.Diagnostic) -> None:
        """Note a warning of the server (psycopg's handler of notices).

        :param notice: the notice.
        """
        self.is_warned = self.is_warned or notice.severity_nonlocalized == "WARNING"

    @property
    def is_reusable(self) -> bool:
        """Return whether further statements can use the connection."""
        is_idle = not self.closed and self.info.transaction_status == TransactionStatus.IDLE
        return is_idle and not self.is_doubtful

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Run psycopg's exchange with the server, and have the statement cancelled at its limit (overrides psycopg's).

        :param gen: the exchange, as psycopg's generator.
        :param interval: seconds between two looks at signals.
        :param timeout: seconds after which psycopg gives up; None for the patience of the session.
        :raises psycopg.OperationalError: the server does not answer; the session has ended.
        """
        try:
            if self.limit is None:
                return super().wait(gen, interval, timeout or self.patience)
            patience = self.limit.count_seconds() + SECONDS_TO_ANSWER
            return super().wait(self._watch(gen, self.limit), CHECK_SECONDS, timeout or patience)
        except errors._WaitTimeout as error:
            self.close()
            raise psycopg.OperationalError("the server does not answer") from error

    def _watch(self, exchange: Generator[Any, Any, Any], limit: Deadline) -> Generator[Any, Any, Any]:
        """Pass an exchange on, and ask the server once to cancel the statement, when its limit is reached."""
        is_cancelled, ready = False, None
        try:
            while True:
                # The first value has to be None: it begins the exchange.
                ready = yield exchange.send(ready)
                if not ready and not is_cancelled and limit.is_reached():
                    is_cancelled = True
                    self._ask_to_cancel()
        except StopIteration as end:
            return end.value

    def _ask_to_cancel(self) -> None:
        try:
            self.cancel_safe(timeout=SECONDS_TO_CANCEL)
        except errors.CancellationTimeout:
            # A server that does not answer now may do what it was asked for when it goes on.
            self.is_doubtful = True


def _make_adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(bool, _BooleanDumper)
    adapters.register_loader("json", TextLoader)
    adapters.register_loader("varchar", _BytesLoader)
    # The sums of integers are numeric.
    adapters.register_loader("numeric", IntLoader)
    return adapters


class _BooleanDumper(IntDumper):
    """Binds a boolean as 0 or 1."""

    def dump(self, obj: Any) -> Any:
        """Return the value as the server reads it (overrides psycopg's).

        :param obj: the boolean.
        """
        return super().dump(int(obj))


class _BytesLoader(Loader):
    """Returns the bytes of a text, in UTF-8 as the session has them."""

    def load(self, data: Any) -> bytes:
        """Return the value (overrides psycopg's).

        :param data: the value as the server sends it.
        """
        return bytes(data)


ADAPTERS = _make_adapters()
