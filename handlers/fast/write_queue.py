"""The queue of writes: whoever comes while the disk is being waited for is written with all the others who did."""

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

# A transaction of so many takes some ten milliseconds, for which other processes wait.
MOST_TOGETHER = 64

logger = logging.getLogger("freiton")

Waiting = tuple[Callable[[], Any], Callable[[WriteResult], None]]


class WriteQueue:
    """A queue with one thread behind it.

    :param of: the store that is written to.
    """

    def __init__(self, of: Store) -> None:
        self.store = of
        # A pool of one thread takes half as long again, 40 us, to hand something over and tell what came of it.
        self.batches: SimpleQueue[Sequence[Waiting]] = SimpleQueue()
        self.thread: Thread | None = None
        self.waiting: list[Waiting] = []
        self.alone = 0
        self.is_writing = False
        self.loop: asyncio.AbstractEventLoop | None = None
        of.at_close(self.close)

    def add(self, write: Callable[[], Any], tell: Callable[[WriteResult], None]) -> None:
        """Have something written, and the event loop told what came of it when it is on disk.

        :param write: writes, in one transaction.
        :param tell: gets the result of that, or the error.
        """
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            self.thread = Thread(target=self._write_until_closed, args=[self.loop], name="writes", daemon=True)
            self.thread.start()
        self.waiting.append((write, tell))
        if not self.is_writing:
            self._write()

    def close(self) -> None:
        """End the thread behind what it has been given to write."""
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
        # A server that has waited long enough for its last requests closes the loop.
        with suppress(RuntimeError), self.store.use():
            while batch := self.batches.get():
                loop.call_soon_threadsafe(self._end, batch, self._write_together(batch))
        self.store.connections.close()

    def _end(self, batch: Sequence[Waiting], outcomes: Sequence[WriteResult]) -> None:
        if not outcomes:
            # It is not known whose fault it is, so each is tried alone.
            self.waiting = [*batch, *self.waiting]
            self.alone, batch = len(batch), []
        self._write()
        for (_, tell), outcome in zip(batch, outcomes, strict=True):
            _tell(tell, outcome)

    def _write_together(self, batch: Sequence[Waiting]) -> list[WriteResult]:
        """Return what became of each, or nothing if one of several failed, and none is written."""
        try:
            return write_together(self.store, [write for write, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered.
            is_shared = len(batch) == 1 or isinstance(error, Unavailable)
            return [WriteResult(None, error)] * len(batch) if is_shared else []


def _tell(tell: Callable[[WriteResult], None], outcome: WriteResult) -> None:
    try:
        tell(outcome)
    except Exception as error:  # noqa: BLE001 - the others of its batch are told all the same.
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("A write was not answered: %s in %s, line %s", type(error).__name__, place.name, place.lineno)
