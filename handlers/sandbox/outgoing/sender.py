"""The thread of a process that sends the calls to connectors."""

import asyncio
import logging
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event, Thread

from data import store
from handlers.sandbox.outgoing.attempts import deliver
from handlers.sandbox.outgoing.connections import Connections
from handlers.sandbox.outgoing.telling import tell_left
from handlers.sandbox.registry import queue
from handlers.sandbox.registry.queue import LeasedCall

# How many calls a process sends at a time.
MOST_AT_ONCE = 64
# In seconds: how long to wait for calls that another process has queued, or sends no more.
POLL_SECONDS = 1.0
UNFORESEEN = "an unforeseen error; the log of the service has its place"

logger = logging.getLogger("freiton")


class Sender:
    """Sends the calls that are queued in a registry, until the registry is closed.

    It waits for `work` of the registry, which is set when this process has queued a call.

    :param registry: the registry.
    :param allowed: the hosts beside this machine that calls may go to.
    """

    def __init__(self, registry: store.Store, allowed: Collection[str]) -> None:
        self.registry = registry
        self.allowed = allowed
        self.is_ending = Event()
        self.renewed = 0.0
        self.told = 0.0
        self.sending: dict[asyncio.Task[None], LeasedCall] = {}
        self.connections = Connections()
        self.thread = Thread(target=self._work, name="outgoing calls", daemon=True)
        self.thread.start()
        registry.at_close(self.end)

    def end(self) -> None:
        """End the thread. Calls that are being sent are given back, so that they are sent again."""
        self.is_ending.set()
        self.registry.work.set()
        self.thread.join()

    def _work(self) -> None:
        with self.registry.use():
            asyncio.run(self._send_all())
            self.registry.close_connection()

    async def _send_all(self) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MOST_AT_ONCE + 1))
        while not self.is_ending.is_set():
            self.registry.work.clear()
            pause = POLL_SECONDS
            try:
                await self._tell_left()
                pause = self._begin()
            except (store.Unavailable, store.EngineError) as error:
                logger.error("Outgoing calls cannot be read now: %s", error)
            await asyncio.to_thread(self.registry.work.wait, pause)
        for task in self.sending:
            task.cancel()
        await asyncio.gather(*self.sending, return_exceptions=True)
        await self.connections.close()

    async def _tell_left(self) -> None:
        """Queue what is left of the calls of the dialler, from time to time."""
        now = time.monotonic()
        if now - self.told >= POLL_SECONDS:
            self.told = now
            await asyncio.to_thread(tell_left)

    def _begin(self) -> float:
        """Begin to send the calls that are due, and return after how many seconds the next one is."""
        now = time.monotonic()
        if self.sending and now - self.renewed >= POLL_SECONDS:
            self.renewed = now
            queue.renew(self.sending.values())
        for leased in queue.lease(MOST_AT_ONCE - len(self.sending)):
            task = asyncio.create_task(self._send(leased))
            self.sending[task] = leased
            task.add_done_callback(self._forget)
        return queue.find_pause(POLL_SECONDS)

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self.sending[task]
        self.registry.work.set()

    async def _send(self, leased: LeasedCall) -> None:
        try:
            await deliver(self.registry, leased, self.allowed, self.connections)
        except store.NotFound:
            # The world or the target was deleted.
            pass
        except (store.Unavailable, store.EngineError) as error:
            # The lease ends, and the call is sent again.
            logger.error("An outgoing call cannot be noted now: %s", error)
        except asyncio.CancelledError:
            with suppress(store.Unavailable, store.EngineError):
                queue.release(leased)
            raise
        except Exception:
            # Sent again, it would fail again.
            logger.exception("An outgoing call cannot be sent")
            queue.finish(leased, None, UNFORESEEN, is_failure=False)
