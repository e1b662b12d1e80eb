"""The queue of writes: whoever comes while the disk is being waited for is written with all the others who did."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from data import store
from data.groups import Outcome, write_together

# A transaction of so many takes some ten milliseconds, for which other processes wait.
MOST_TOGETHER = 64

Waiting = tuple[Callable[[], Any], Callable[[Outcome], None]]


class Writes:
    """A queue with one thread behind it."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "writes")
        self.waiting: list[Waiting] = []
        self.alone = 0
        self.is_writing = False

    def add(self, write: Callable[[], Any], tell: Callable[[Outcome], None]) -> None:
        """Have something written, and the event loop told what came of it when it is on disk.

        :param write: writes, in one transaction.
        :param tell: gets the result of that, or the error.
        """
        self.waiting.append((write, tell))
        if not self.is_writing:
            self._write()

    def _write(self) -> None:
        size = 1 if self.alone else MOST_TOGETHER
        self.alone = max(0, self.alone - 1)
        batch, self.waiting = self.waiting[:size], self.waiting[size:]
        self.is_writing = bool(batch)
        if batch:
            loop = asyncio.get_running_loop()
            work = self.thread.submit(write_together, [write for write, _ in batch])
            work.add_done_callback(lambda done: loop.call_soon_threadsafe(self._end, batch, done))

    def _end(self, batch: list[Waiting], done: Future[list[Outcome]]) -> None:
        error = done.exception()
        if error is None:
            outcomes = done.result()
        elif len(batch) == 1 or isinstance(error, store.Unavailable):
            outcomes = [Outcome(None, error)] * len(batch)
        else:
            # It is not known whose fault it is, so each is tried alone.
            self.waiting = batch + self.waiting
            self.alone, batch, outcomes = len(batch), [], []
        self._write()
        for (_, tell), outcome in zip(batch, outcomes, strict=True):
            tell(outcome)
