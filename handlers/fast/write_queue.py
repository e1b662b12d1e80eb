"""The queue of writes: writes that arrive while another transaction is committed share the next one (group commit)."""

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from data.store import Store, Unavailable
from data.store.group_commit import WriteResult, write_together

# The largest number of writes in a transaction. It takes about ten milliseconds, and other processes wait for it.
MOST_TOGETHER = 64

logger = logging.getLogger("freiton")

Waiting = tuple[Callable[[], Any], Callable[[WriteResult], None]]


class WriteQueue:
    """A queue of writes, with one thread that runs them.

    :param of: the store that is written to.
    :param begin: is called before each transaction, in the thread that runs it.
    """

    def __init__(self, of: Store, begin: Callable[[], None]) -> None:
        self.store = of
        self.begin = begin
        # A pool of one thread takes half as long again, 40 µs, to hand over a write and return its result.
        self.batches: SimpleQueue[Sequence[Waiting]] = SimpleQueue()
        self.thread: Thread | None = None
        self.waiting: list[Waiting] = []
        # The number of waiting writes that run in transactions of their own, after a shared one failed.
        self.alone = 0
        self.is_writing = False
        self.loop: asyncio.AbstractEventLoop | None = None
        of.at_close(self.close)

    def add(self, write: Callable[[], Any], tell: Callable[[WriteResult], None]) -> None:
        """Queue a write; its result is reported in the event loop when it is on disk.

        :param write: runs the write, in a transaction.
        :param tell: is called with the result, or the error.
        """
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            self.thread = Thread(target=self._write_until_closed, args=[self.loop], name="writes", daemon=True)
            self.thread.start()
        self.waiting.append((write, tell))
        if not self.is_writing:
            self._write()

    def close(self) -> None:
        """End the thread after the writes that are queued in it."""
        if self.thread is not None:
            self.batches.put([])
            self.thread.join()

    def _write(self) -> None:
        size = 1 if self.alone else MOST_TOGETHER
        self.alone = max(0, self.alone - 1)
        batch, self.waiting = self.waiting[:size], self.waiting[size:]
        self.is_writing = bool(batch)
        if batch:
            self.batches.put(batch)

    def _write_until_closed(self, loop: asyncio.AbstractEventLoop) -> None:
        # RuntimeError: the event loop is closed. A server that stops closes it when its grace period is over.
        with suppress(RuntimeError), self.store.use():
            while batch := self.batches.get():
                loop.call_soon_threadsafe(self._end, batch, self._write_together(batch))
        self.store.close_connection()

    def _end(self, batch: Sequence[Waiting], outcomes: Sequence[WriteResult]) -> None:
        if not outcomes:
            # It is unknown which write failed, so each is retried in a transaction of its own.
            self.waiting = [*batch, *self.waiting]
            self.alone, batch = len(batch), []
        self._write()
        for (_, tell), outcome in zip(batch, outcomes, strict=True):
            _tell(tell, outcome)

    def _write_together(self, batch: Sequence[Waiting]) -> list[WriteResult]:
        """Return the result of each write; nothing if one of several failed, and all were rolled back."""
        try:
            self.begin()
            return write_together(self.store, [write for write, _ in batch])
        except Exception as error:  # noqa: BLE001 - every error of a write is answered.
            is_shared = len(batch) == 1 or isinstance(error, Unavailable)
            return [WriteResult(None, error)] * len(batch) if is_shared else []


def _tell(tell: Callable[[WriteResult], None], outcome: WriteResult) -> None:
    try:
        tell(outcome)
    except Exception as error:  # noqa: BLE001 - the other results of the batch are still reported.
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("A write was not answered: %s in %s, line %s", type(error).__name__, place.name, place.lineno)
