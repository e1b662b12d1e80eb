"""Reads that take too long for the event loop: in threads, few at a time, with turns between client accounts."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive

from data import store
from data.store.limits import Limit
from handlers.contract.bodies import await_disconnect
from handlers.contract.problems import Busy, Problem
from handlers.limits.places import Crowded, Places
from handlers.platform import count_processors, lower_priority

# Limits of a read in SQLite's steps and seconds of CPU time. After the first, about a millisecond, it continues with a
# lower priority. After the second, about ten milliseconds, it is a scan. The seconds are for large texts.
SHORT = (20_000, 0.01)
MIDDLE = (200_000, 0.05)
# The number of SQLite's steps between two checks of a scan's limit.
STEPS = 20_000
THREADS = 16
MOST_WAITING = 16
MOST_WAITING_OF_ALL = 64
# The niceness of threads of lower priority, which leave the CPU to the event loop, to writes and to short reads.
NICE = 10
# The status of nginx for a client that disconnected before the response.
CLIENT_CLOSED_REQUEST = 499
TOO_MANY_SEARCHES = "Too many searches wait already"
SEARCH_TOO_LONG = "takes longer than {:g} seconds; a filter with a range of ID or Name takes less"

Result = TypeVar("Result")


class Scans:
    """The threads of reads: for short reads, for longer ones, and a few for scans.

    :param timeout: the time limit of a scan, in seconds.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        # The number of reads that run in threads or wait for one, by client account.
        self.busy: dict[str, int] = {}
        cores = count_processors()
        others = max(1, cores - 1)
        self.short = _Stage(THREADS, Places(THREADS, cores), 0)
        self.middle = _Stage(THREADS, Places(THREADS, others), NICE)
        self.long = _Stage(others, Places(others, others, MOST_WAITING, MOST_WAITING_OF_ALL), NICE)

    async def run(self, account: str, read: Callable[[], Result], *, is_bounded: bool = True) -> Result:
        """Return the result of a read that runs in a thread.

        :param account: the ID of the client account.
        :param read: runs the read; it changes nothing, and can run again after an interruption.
        :param is_bounded: whether to refuse a scan if too many scans wait already.
        :raises Busy: 503; the read is a scan, and too many scans wait already.
        :raises Problem: 400; the scan reached its time limit.
        """
        self.busy[account] = self.busy.get(account, 0) + 1
        try:
            return await self._run(account, read, is_bounded)
        finally:
            self.busy[account] -= 1
            if not self.busy[account]:
                del self.busy[account]

    async def _run(self, account: str, read: Callable[[], Result], is_bounded: bool) -> Result:
        for stage, (steps, seconds) in ((self.short, SHORT), (self.middle, MIDDLE)):
            limit = Limit(steps, seconds, is_of_processor=True, every=steps // 10)
            result = await stage.run(account, read, limit, is_bounded)
            if not isinstance(result, _Unfinished):
                return result
        try:
            result = await self.long.run(account, read, Limit(seconds=self.timeout, every=STEPS), is_bounded)
        except Crowded as error:
            raise Busy(TOO_MANY_SEARCHES) from error
        if isinstance(result, _Unfinished):
            raise Problem(("query",), SEARCH_TOO_LONG.format(self.timeout))
        return result

    async def answer(self, account: str, receive: Receive, read: Callable[[], Response]) -> Response:
        """Return the response of a read; the read is interrupted if its client disconnects.

        :param account: the ID of the client account.
        :param receive: the ASGI callable that gives the next message of the client.
        :param read: runs the handler, and returns its response; it can run again after an interruption.
        :raises Refusal: as `run`.
        """
        reading, leaving = (
            asyncio.ensure_future(self.run(account, read)),
            asyncio.ensure_future(await_disconnect(receive)),
        )
        try:
            await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else Response(status_code=CLIENT_CLOSED_REQUEST)
        finally:
            reading.cancel()
            leaving.cancel()

    def close(self) -> None:
        """End the threads; the server has cancelled their reads."""
        for stage in (self.short, self.middle, self.long):
            stage.threads.shutdown()


class _Unfinished:
    """The result of a read that reached its limit."""


class _Stage:
    """A thread pool with one priority, and the places in it that client accounts take in turn."""

    def __init__(self, threads: int, places: Places, nice: int) -> None:
        self.threads = ThreadPoolExecutor(threads, initializer=lower_priority, initargs=(nice,))
        self.places = places

    async def run(
        self, account: str, read: Callable[[], Result], limit: Limit, is_bounded: bool
    ) -> Result | _Unfinished:
        await self.places.take(account, is_bounded=is_bounded)
        context = copy_context()
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(self.threads, context.run, _read_within, limit, read)
        reading.add_done_callback(partial(self._end, account))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            limit.give_up()
            raise

    def _end(self, account: str, reading: asyncio.Future[Any]) -> None:
        self.places.leave(account)
        # Retrieves the exception: asyncio would log it otherwise if the client is gone and no task awaits the read.
        reading.exception()


def _read_within(limit: Limit, read: Callable[[], Result]) -> Result | _Unfinished:
    try:
        with store.current().limited(limit):
            return read()
    except store.Unfinished:
        # An exception would keep the rows that were read alive, by its traceback, until the garbage collector runs.
        return _Unfinished()
