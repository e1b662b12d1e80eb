"""Writers: one at a time in a process, and the functions that wait for their commits."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from data.store.errors import Unavailable

# How long a writer waits for its turn, in seconds.
BUSY_SECONDS = 5


class WriterThread(threading.local):
    """The state of one thread.

    `commits` are the functions that wait for the commit of its transaction, None if there is no transaction.
    """

    commits: list[Callable[[], None]] | None = None


class Writers:
    """The turns of the threads of a process that write to a database.

    :param thread: the state of each thread.
    """

    def __init__(self, thread: WriterThread) -> None:
        self.writer = threading.Lock()
        self.thread = thread

    def is_writing(self) -> bool:
        """Return whether this thread is in a transaction."""
        return self.thread.commits is not None

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Have a function called when the transaction of this thread is on disk.

        :param tell: the function.
        """
        assert self.thread.commits is not None, "there is no transaction"
        self.thread.commits.append(tell)


Turns = TypeVar("Turns", bound=Writers)


class Block(ABC, Generic[Turns]):
    """A block of statements that is undone if it fails.

    It is a context manager class because a generator takes five times as long.

    :param connections: the connections of the store.
    """

    def __init__(self, connections: Turns) -> None:
        self.connections = connections

    def __enter__(self) -> None:
        """Begin the block."""
        self._begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """End the block, or undo it if it failed."""
        self._finish(kind, error, trace)

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _finish(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None: ...


class WriterTurn(Block[Turns]):
    """A block that is a write transaction, for which other writers of the process wait."""

    def __enter__(self) -> None:
        """Wait for the other writers, and begin."""
        if not self.connections.writer.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("other writers keep the database locked")
        try:
            self._begin()
        except BaseException:
            self.connections.writer.release()
            raise
        self.connections.thread.commits = []

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Commit or roll back, and call the functions that wait for the commit."""
        try:
            self._finish(kind, error, trace)
        finally:
            listeners, self.connections.thread.commits = self.connections.thread.commits, None
            self.connections.writer.release()
        if error is None:
            for tell in listeners or ():
                tell()
