"""Reads that take longer than the event loop can wait: in threads, few at a time, in turn between client accounts."""

import asyncio
import os
import threading
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

# SQLite's steps and seconds of a processor after which a read goes on with a lower priority, about a millisecond, and
# after which it is a scan, some ten of them. The seconds are for large texts.
SHORT = (20_000, 0.01)
MIDDLE = (200_000, 0.05)
# Of a scan, from one look at its limit to the next.
STEPS = 20_000
THREADS = 16
MOST_WAITING = 16
MOST_WAITING_OF_ALL = 64
# Threads of lower priority leave the processor to the event loop, to writes and to short reads.
NICE = 10
# As nginx says it.
CLIENT_CLOSED_REQUEST = 499
TOO_MANY_SEARCHES = "Too many searches wait already"
SEARCH_TOO_LONG = "takes longer than {:g} seconds; a filter with a range of ID or Name takes less"

Result = TypeVar("Result")


class Scans:
    """The threads of reads: those of short reads, those of longer ones, and few for scans.

    :param timeout: the seconds that a scan may take.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        # The accounts whose reads run in threads, or wait for one, and how many these are.
        self.busy: dict[str, int] = {}
        cores = len(os.sched_getaffinity(0))
        others = max(1, cores - 1)
        self.short = _Stage(THREADS, Places(THREADS, cores), 0)
        self.middle = _Stage(THREADS, Places(THREADS, others), NICE)
        self.long = _Stage(others, Places(others, others, MOST_WAITING, MOST_WAITING_OF_ALL), NICE)

    async def run(self, account: str, read: Callable[[], Result], *, is_bounded: bool = True) -> Result:
        """Return what a read gives.

        :param account: the ID of the client account that asks.
        :param read: changes nothing, and can run again when it was interrupted.
        :param is_bounded: whether to refuse a scan if too many wait already.
        :raises Refusal: 503; it is a scan, and too many wait already.
        :raises Problem: 400; it takes too long.
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
        """Return the response that a read gives; the read ends when its client is gone.

        :param receive: tells that the client is gone.
        :raises Refusal: see `run`.
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
        """End the threads; the server has cancelled what they did."""
        for stage in (self.short, self.middle, self.long):
            stage.threads.shutdown()


class _Unfinished:
    """What a read gives that has reached its limit."""


class _Stage:
    """Threads, as many as there are places in turn, all with one priority."""

    def __init__(self, threads: int, places: Places, nice: int) -> None:
        self.threads = ThreadPoolExecutor(threads, initializer=_lower_priority, initargs=(nice,))
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
        # Nobody waits for it any more if the client is gone.
        reading.exception()


def _read_within(limit: Limit, read: Callable[[], Result]) -> Result | _Unfinished:
    try:
        with store.current().limited(limit):
            return read()
    except store.Unfinished:
        # As an error, it would hold what was read until the garbage collector comes.
        return _Unfinished()


def _lower_priority(nice: int) -> None:
    # Of this thread alone, in Linux.
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + nice)
