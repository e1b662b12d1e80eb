"""HTTP/1.1 on the wire: what uvicorn refuses in a shape of its own, half reads, or waits for without bound."""

import time
from asyncio import TimerHandle, Transport
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from data.groups import Outcome
from handlers.direct import Direct, Incomplete, LongAnswer, Write
from handlers.errors import DESCRIBED_BY, RETRY_AFTER, render_body
from handlers.kept import Answer
from handlers.requestlog import log_request, make_id, request_id
from handlers.wire import Wire

# Four times what the guard lets through: this bounds the memory that a stranger can take, not what is sensible.
LARGEST_HEAD = 64 * 1024
# The parser says nothing of a field before its end; what came with the last that it told of may count as well.
LARGEST_FIELD = 8 * LARGEST_HEAD
# A request that arrives more slowly is not worth its connection; one that is whole sooner is never looked at.
LEAST_BYTES_A_SECOND = 240
# What an import, and any request, has left when the server stops.
SECONDS_TO_IMPORT = 4
SECONDS_TO_END = 6
CLOSE = "connection: close\r\n"
# The kernel makes some 60 us of it.
SHORTEST_SECONDS = 1e-9


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol with our error shape, bounds on the size and the time of a request, and no upgrades.

    :param request_timeout: the seconds after which a request has to be whole, or on its way.
    """

    def __init__(self, *arguments: Any, request_timeout: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.config.workers > 1:
            # One worker would take all connections that come at once; meanwhile another one takes the next.
            time.sleep(SHORTEST_SECONDS)
        self.request_timeout = request_timeout
        self.timer: TimerHandle | None = None
        self.received = 0
        self.arriving = True
        self.head_size = 0
        self.untold = 0
        self.in_head = True
        # uvicorn hands every protocol what its factory made.
        self.direct: Direct | None = self.app.direct
        self.held = b""
        self.is_writing = False
        self.is_ending = False
        self.long_answer: LongAnswer | None = None
        self.in_use = False
        self.fields: object = None
        self.beginning = b""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(cast(Transport, Wire(transport)))
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        # Who did not send all of it is logged.
        self._parse_held()
        self.arriving = False
        self._watch()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        # Whether the parser has heard of no part of it yet.
        is_new = not self.arriving or not self.received or bool(self.held)
        self.received += len(data)
        data, self.held = self.held + data, b""
        if self.direct is None or not is_new or not self._is_free() or not self._answer(self.direct, data):
            self._parse(data)

    def _answer(self, direct: Direct, data: bytes) -> bool:
        """Answer what is plain, and return whether it is, or may be when all of it has come."""
        begin, identity = time.monotonic(), make_id()
        token = request_id.set(identity)
        try:
            answer = direct.recall(data) or direct.answer(data)
        except Incomplete:
            self.held = data
            self.arriving = self.in_head = True
            self._watch()
            return True
        finally:
            request_id.reset(token)
        if answer is None or isinstance(answer, LongAnswer):
            self.long_answer = answer
            return False
        self.arriving = False
        self._watch()
        if isinstance(answer, Write):
            self._write(direct, answer, identity, begin)
        else:
            self._send(answer, identity, begin)
        return True

    def _write(self, direct: Direct, write: Write, identity: str, begin: float) -> None:
        self.is_writing = True
        self.flow.pause_reading()
        direct.writes.add(write.run, partial(self._end_write, write, identity, begin))

    def _end_write(self, write: Write, identity: str, begin: float, outcome: Outcome) -> None:
        request_id.set(identity)
        self.is_writing = False
        try:
            self._send(write.make_answer(outcome), identity, begin)
        except Exception:
            self.transport.abort()
            raise
        if self.is_ending:
            self.transport.close()
        elif not self.transport.is_closing():
            self.flow.resume_reading()

    def _parse_held(self) -> None:
        data, self.held = self.held, b""
        if data:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        self.in_use = True
        self.arriving = True
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")
        else:
            self.untold += len(data)
            if self.untold > LARGEST_FIELD:
                self.head_size = self.untold
                self.send_400_response("")
        self._watch()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self.head_size = 0
        self.untold = 0
        self.in_head = True
        self.arriving = True
        super().on_message_begin()
        if self.long_answer is not None:
            scope = cast(dict[str, Any], self.scope)
            scope.update(answer=self.long_answer.stream, **self.long_answer.scope)
            self.long_answer = None

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, and drop a trailer field (RFC 9110, section 6.5.1)."""
        self._count(len(name) + len(value))
        if self.in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, which the application bounds."""
        self.untold = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """Begin to answer, unless the parser stops here for another protocol."""
        self.in_head = False
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request, unless the parser stopped for another protocol."""
        self.arriving = False
        self._watch()
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP/1.1 (RFC 9112), or too large (RFC 6585, section 5), and close the connection."""
        self.logger.warning("Invalid HTTP request received.")
        if self.head_size > LARGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The header has more than {LARGEST_HEAD} bytes")
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "The request is not valid HTTP/1.1")

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless it is, or has been, in use meanwhile."""
        if self.in_use or self.arriving or self._is_answering():
            self._keep_alive()
        else:
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """Close the connection when what has begun to arrive is answered."""
        self.is_ending = self.is_writing
        self._parse_held()
        if self._is_answering():
            self.loop.call_later(SECONDS_TO_IMPORT, self.app.stop.set)
            self.loop.call_later(SECONDS_TO_END, self._give_up)
        if not self.is_ending:
            super().shutdown()

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            return
        if self.cycle.response_started:
            # Without its end, and without what the client has not read.
            self.transport.abort()
        else:
            retry = (b"retry-after", RETRY_AFTER.encode())
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The service is stopping", retry)

    def _is_answering(self) -> bool:
        return self.is_writing or (self.cycle is not None and not self.cycle.response_complete)

    def _is_free(self) -> bool:
        return not self._is_answering() and not self.flow.write_paused and not self.transport.is_closing()

    def _send(self, answer: Answer, identity: str, begin: float) -> None:
        # A new list each second, with the date.
        if self.fields is not self.server_state.default_headers:
            self.fields = self.server_state.default_headers
            self.beginning = b"".join(b"%b: %b\r\n" % field for field in self.fields)
        end = f"x-request-id: {identity}\r\n{CLOSE if self.is_ending else ''}\r\n".encode()
        status = STATUS_LINE[answer.line.status]
        self.transport.write(b"".join((status, self.beginning, answer.fields, end, answer.body)))
        self.server_state.total_requests += 1
        self.in_use = True
        if self.timeout_keep_alive_task is None:
            self._keep_alive()
        log_request(identity, answer.line, time.monotonic() - begin)

    def _keep_alive(self) -> None:
        # To begin anew with each request would take longer than to look again when the time is over.
        self.in_use = False
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _refuse(self, status: HTTPStatus, error: str, *fields: tuple[bytes, bytes]) -> None:
        body = render_body(status, error).encode()
        head = [
            *self.server_state.default_headers,
            (b"cache-control", b"no-store"),
            (b"link", DESCRIBED_BY.encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *fields,
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.transport.close()

    def _watch(self) -> None:
        if self.timer is None and self.arriving:
            self.timer = self.loop.call_later(self.request_timeout, self._require_progress, self.received)
        elif self.timer is not None and not self.arriving:
            self.timer.cancel()
            self.timer = None

    def _require_progress(self, before: int) -> None:
        self.timer = None
        # Who waits for our answer to the request before is not slow, nor who sends more than we read.
        waiting = self.flow.read_paused or (self.in_head and self.cycle and not self.cycle.response_complete)
        if waiting or self.received - before >= LEAST_BYTES_A_SECOND * self.request_timeout:
            self._watch()
        elif self.received and (self.in_head or not self.cycle.response_started):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time")
        else:
            self.transport.close()

    def _decline_upgrade(self, rest: bytes) -> None:
        # The request goes on as if it did not ask (RFC 9110, section 7.8); this parser would not read its body.
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("")
            return
        self.parser = httptools.HttpRequestParser(self)
        fields = b"".join(b"%b: %b\r\n" % field for field in self.headers if field[0] != b"upgrade")
        self.data_received(b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, self.url, fields, rest))

    def _count(self, size: int) -> None:
        self.untold = 0
        self.head_size += size
        if self.head_size > LARGEST_HEAD:
            raise ValueError
