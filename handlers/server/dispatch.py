"""The dispatch to the fast path: the plain requests of one connection, and their answers."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from data.store.group_commit import WriteResult
from handlers.fast.kept_answers import PlainAnswer
from handlers.fast.path import FastPath, Incomplete, PlainCall, PlainWrite
from handlers.fast.reads import LongAnswer
from handlers.fast.remote import CallAnswer, RemotePath
from handlers.responses.log import RequestLines, request_id
from handlers.responses.request_log import make_id
from handlers.server.turns import Turns

CLOSE = "connection: close\r\n"
# The result of a write whose token is not valid.
NOT_RUN = WriteResult(None)


class Dispatch:
    """Offers the bytes of a connection to the fast path, and sends its answers.

    :param turns: the protocol of the connection.
    :param fast: the fast path.
    :param lines: the log lines of this process.
    """

    def __init__(self, turns: Turns, fast: FastPath, lines: RequestLines) -> None:
        self.turns = turns
        self.fast = fast
        self.lines = lines
        # The bytes of a plain request whose body is incomplete.
        self.held = b""
        # The beginning of a request whose token was found to be valid while its body was incomplete.
        self.checked = b""
        # The answer of the fast path to the request that the parser gets next.
        self.long_answer: LongAnswer | None = None

    def offer(self, data: bytes) -> bool:
        """Answer a plain request, or hold its bytes if its body is incomplete.

        :param data: the bytes that arrived, none of which was parsed.
        :returns: whether the request is plain: the parser must not get its bytes.
        """
        begin, identity = time.monotonic(), make_id()
        token = request_id.set(identity)
        try:
            answer = self.fast.memory.recall(data) or self.fast.answer(data)
        except Incomplete:
            self.held = data
            return True
        finally:
            request_id.reset(token)
        if isinstance(answer, PlainAnswer):
            self._send(answer, identity, begin)
        elif isinstance(answer, PlainWrite):
            self.checked = b""
            self._wait()
            self.fast.writes.add(answer.run, partial(self._end_write, answer, data, identity, begin))
        elif isinstance(answer, PlainCall) and self.checked and data.startswith(self.checked):
            self.held = data
        elif isinstance(answer, PlainCall):
            self._wait()
            cast(RemotePath, self.fast).ask(answer, identity, partial(self._end_call, data, identity, begin))
        else:
            self.long_answer = answer
            return False
        return True

    def take_held(self) -> bytes:
        """Return the held bytes of an incomplete request, and release them."""
        data, self.held = self.held, b""
        return data

    def take_long_answer(self) -> LongAnswer | None:
        """Return the fast path's answer to the request that the parser begins with, if there is one, and release it."""
        answer, self.long_answer = self.long_answer, None
        return answer

    def _wait(self) -> None:
        self.turns.is_waiting = True
        self.turns.wire.hold()

    def _end_call(self, data: bytes, identity: str, begin: float, answer: CallAnswer) -> None:
        if isinstance(answer, PlainAnswer):
            self._end(lambda: answer, identity, begin)
        elif isinstance(answer, PlainCall):
            self._hold(data)
        else:
            self.long_answer = answer
            self._pass_on(data)

    def _end_write(self, write: PlainWrite, data: bytes, identity: str, begin: float, result: WriteResult) -> None:
        if result == NOT_RUN:
            self._pass_on(data)
        else:
            self._end(lambda: write.make_answer(result), identity, begin)

    def _end(self, make: Callable[[], PlainAnswer], identity: str, begin: float) -> None:
        request_id.set(identity)
        self.turns.is_waiting = False
        try:
            self._send(make(), identity, begin)
        except Exception:
            self.turns.wire.abort()
            raise
        if self.turns.is_ending:
            self.turns.wire.close()
        else:
            self.turns.wire.release()

    def _hold(self, data: bytes) -> None:
        """Hold an incomplete request that has waited for the fast path, until the rest of it arrives."""
        if self.turns.is_last or self.turns.wire.is_closing():
            # The server stops, or the connection is lost.
            self._pass_on(data)
            return
        self.turns.is_waiting = False
        self.turns.wire.release()
        self.held = self.checked = data
        self.turns.expect_rest()

    def _pass_on(self, data: bytes) -> None:
        """Have the parser read a request that has waited for the fast path."""
        self.turns.is_waiting = False
        self.turns.wire.release()
        self.turns.parse_late(data)

    def _send(self, answer: PlainAnswer, identity: str, begin: float) -> None:
        fields: Sequence[tuple[bytes, bytes]] = self.turns.server_state.default_headers
        close = CLOSE if self.turns.is_ending else ""
        end = f"x-request-id: {identity}\r\n{close}\r\n".encode()
        beginning = self.fast.beginning.render(fields)
        self.turns.wire.write(b"".join((STATUS_LINE[answer.line.status], beginning, answer.fields, end, answer.body)))
        self.turns.note_answer()
        self.lines.add(identity, answer.line, time.monotonic() - begin)
