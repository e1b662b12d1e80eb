"""The fast path to a database on a server: threads wait for it, so that the event loop does not."""

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

from starlette.responses import Response

from handlers.fast.kept_answers import PlainAnswer
from handlers.fast.path import NOT_PLAIN, FastPath, PlainCall, PlainWrite
from handlers.fast.reads import LongAnswer
from handlers.responses.log import request_id

# The threads that wait for reads. Each uses a connection while it does.
THREADS = 8

# The call itself stands for a write whose token is valid, but whose body is incomplete.
CallAnswer = PlainAnswer | LongAnswer | PlainCall | None
Tell = Callable[[CallAnswer], None]


class RemotePath(FastPath):
    """The fast path, whose handlers and checks of tokens run in threads.

    Each read asks the server for the version of the database first. If it is that of a cached answer, the answer is
    valid: no other process has committed since.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.find_writer = self.memory.find_client
        self.queue: SimpleQueue[tuple[PlainCall, str, Tell] | None] = SimpleQueue()
        self.threads: list[Thread] = []
        self.memory.store.at_close(self.close)

    def answer(self, data: bytes) -> PlainAnswer | PlainCall | PlainWrite | None:  # type: ignore[override]
        """Return the answer to a request, or the call or write that it asks for; see `FastPath.answer`.

        :param data: the bytes that arrived together.
        """
        try:
            call = self.read(data)
            if isinstance(call, PlainAnswer) or call.operation.is_read or not call.request.is_whole:
                return call
            write = self.prepare(call)
        except NOT_PLAIN:
            return None
        return write._replace(run=partial(self._run_if_allowed, call, write.run))

    def ask(self, call: PlainCall, identity: str, tell: Tell) -> None:
        """Have a thread answer a read, or check the token of a write whose body is incomplete.

        A write without a valid token is refused before the rest of its body has arrived.

        :param call: the read or the write.
        :param identity: the ID of the request, for lines of the log.
        :param tell: is called in the event loop with the answer; with the call if its token is valid and the rest of
            its body has to arrive; with None if the request has to go to Connexion.
        """
        if not self.threads:
            loop = asyncio.get_running_loop()
            self.threads = [Thread(target=self._read_until_closed, args=[loop], daemon=True) for _ in range(THREADS)]
            for thread in self.threads:
                thread.start()
        self.queue.put((call, identity, tell))

    def close(self) -> None:
        """End the threads after the reads that are queued."""
        for _ in self.threads:
            self.queue.put(None)
        for thread in self.threads:
            thread.join()

    def begin_writes(self) -> None:
        """Forget the tokens of the last writes: those of writes that share a transaction are looked up once."""
        self.find_writer = lru_cache(self.memory.find_client)

    def _read_until_closed(self, loop: asyncio.AbstractEventLoop) -> None:
        with self.memory.store.use():
            while asked := self.queue.get():
                call, identity, tell = asked
                request_id.set(identity)
                answer = self._answer_now(call)
                try:
                    loop.call_soon_threadsafe(tell, answer)
                except RuntimeError:
                    # The event loop is closed: the grace period of a server that stops is over.
                    return

    def _answer_now(self, call: PlainCall) -> CallAnswer:
        try:
            caches = self.memory.renew()
            if not call.is_allowed(caches.find_client):
                return None
            if not call.operation.is_read:
                return call
            return caches.answers.get(call.data) or self.run(call, caches)
        except Exception:  # noqa: BLE001 - Connexion answers the request, and logs what is wrong.
            return None

    def _run_if_allowed(self, call: PlainCall, run: Callable[[], Response | None]) -> Response | None:
        return run() if call.is_allowed(self.find_writer) else None
