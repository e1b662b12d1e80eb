"""Connections: a bounded number of them to the server of a store, used by one thread at a time."""

import threading
from collections import deque
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_attempts, conninfo_to_dict, make_conninfo

from data.store.errors import Refused, Unavailable
from data.store.postgresql.sessions import Deadline, Session
from data.store.postgresql.troubles import Disconnected, find_trouble
from data.store.writers import BUSY_SECONDS, Writers, WriterThread

MOST_CONNECTIONS = 24
# Of the connection string (PostgreSQL, "Parameter Key Words"), where it does not give them itself. A server that is
# gone is noticed within some seconds. Of several hosts, the one that can be written to is chosen.
DEFAULTS = {
    "application_name": "freiton",
    "connect_timeout": "2",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "target_session_attrs": "read-write",
    "tcp_user_timeout": "3000",
}
# What a session begins with. Statements are planned once in each session: a plan of the view of contacts takes 5 ms.
# Such a plan has to suit tables that are small at first and grow: `seq_page_cost` makes an index cheaper than one page
# of a table, and `jit` would compile statements because of that cost. A process that hangs within a transaction, or
# whose host is gone, loses it, so that others can write.
SETTINGS = f"""
    set lock_timeout = '{BUSY_SECONDS}s';
    set idle_in_transaction_session_timeout = '{BUSY_SECONDS}s';
    set tcp_keepalives_idle = 2;
    set tcp_keepalives_interval = 1;
    set tcp_keepalives_count = 3;
    set tcp_user_timeout = {BUSY_SECONDS}000;
    set client_connection_check_interval = '1s';
    set default_transaction_isolation = 'read committed';
    set standard_conforming_strings = on;
    set client_encoding = 'UTF8';
    set plan_cache_mode = force_generic_plan;
    set seq_page_cost = 20;
    set jit = off;
"""


class Connections(Writers):
    """The connections to a database. A thread keeps one while it runs a block of statements, such as a transaction.

    :param url: the URL of the database.
    :raises Refused: it is no valid URL.
    """

    thread: "_Thread"

    def __init__(self, url: str) -> None:
        try:
            given = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            # The message may repeat a part of the URL, and with it a password.
            raise Refused("the URL of the database is not valid") from error
        super().__init__(_Thread())
        self.options: dict[str, Any] = {**DEFAULTS, **given}
        self.name = f"postgresql://{given.get('host', 'localhost')}/{given.get('dbname', '')}"
        self.places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self.idle: deque[Session] = deque()
        # The newest timeline that a server had. A primary that was replaced, and does not know it yet, has an older
        # one: it does not have what its successor has acknowledged.
        self.timeline = 0
        self.is_closed = False

    def __enter__(self) -> Session:
        """Give this thread a connection until the end of the block; in an inner block it is the same.

        :raises Unavailable: there is no connection to the server now.
        """
        thread = self.thread
        if thread.session is None:
            if not self.places.acquire(timeout=BUSY_SECONDS):
                raise Unavailable("all connections to the database are in use")
            try:
                thread.session = self._find()
            except BaseException:
                self.places.release()
                raise
            thread.session.limit = thread.limit
        thread.depth += 1
        return thread.session

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Take the connection back after the outermost block, and raise the error of the store for one of psycopg."""
        thread = self.thread
        thread.depth -= 1
        session = thread.session
        assert session is not None
        trouble = find_trouble(error) if isinstance(error, psycopg.Error) else None
        if not thread.depth:
            thread.session = None
            if isinstance(trouble, Disconnected):
                # The others were probably cut off as well.
                self.close()
                session.close()
            elif session.is_reusable and session.timeline == self.timeline and not self.is_closed:
                self.idle.append(session)
            else:
                session.close()
            self.places.release()
        if trouble is not None:
            raise trouble from error

    def close(self) -> None:
        """Close all connections that no thread uses."""
        while self.idle:
            self.idle.pop().close()

    def _find(self) -> Session:
        try:
            return self.idle.pop()
        except IndexError:
            pass
        trouble: Exception = Unavailable("the server that answers is no primary any more")
        for attempt in conninfo_attempts(self.options):
            try:
                session = Session.open(make_conninfo(**attempt), SETTINGS)  # type: ignore[arg-type]
            except psycopg.Error as error:
                trouble = find_trouble(error)
                continue
            if session.timeline >= self.timeline:
                self._note(session.timeline)
                return session
            session.close()
        raise trouble

    def _note(self, timeline: int) -> None:
        if timeline > self.timeline:
            self.timeline = timeline
            self.close()


class _Thread(WriterThread):
    """The state of one thread.

    `depth` is how many blocks of the thread use its connection. `limit` ends its statements, None if nothing does.
    Of its transaction, `is_relaxed` is whether it does not wait for the disk, `is_repeatable` whether the caller
    repeats it, `is_spoiled` whether it must not be committed, and `changes` how many statements may have changed rows.
    """

    session: Session | None = None
    depth = 0
    limit: Deadline | None = None
    is_relaxed = False
    is_repeatable = False
    is_spoiled = False
    changes = 0
