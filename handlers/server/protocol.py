"""The HTTP/1.1 protocol of a connection: parses requests, and refuses those that are invalid, too large or late."""

import time
from asyncio import Transport
from enum import Enum
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

import httptools

from handlers.contract.problems import Busy, Refusal
from handlers.server.dispatch import Dispatch
from handlers.server.turns import Turns
from handlers.server.watch import INVALID, HeadSize, Watch, check_head
from handlers.server.worker import Worker

# When the server stops, in seconds: until imports end, until all other requests are refused, and until clients have to
# close after their response.
SECONDS_TO_IMPORT = 4
SECONDS_TO_END = 6
SECONDS_TO_LINGER = 1
# In seconds. The kernel rounds this sleep up to about 60 µs.
SHORTEST_SECONDS = 1e-9


class Part(Enum):
    """The part of a request that is arriving."""

    NONE = 0
    HEAD = 1
    BODY = 2


class Protocol(Turns):
    """uvicorn's protocol with our errors, limits on size and time of a request, and without upgrades.

    :param arguments: uvicorn's arguments.
    :param request_timeout: the time limit of a request, in seconds: it has to be complete, or to arrive fast enough.
    :param options: uvicorn's keyword arguments.
    """

    def __init__(self, *arguments: Any, request_timeout: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.config.workers > 1:
            # Otherwise one worker accepts all connections of a burst. During this sleep, another one accepts the next.
            time.sleep(SHORTEST_SECONDS)
        self.watch = Watch(self.loop, request_timeout, self._is_excused, self._refuse_late)
        self.head = HeadSize()
        self.part = Part.NONE
        # The application of uvicorn's factory, see `run.configure`.
        worker: Worker = self.app
        self.dispatch = None if worker.fast is None else Dispatch(self, worker.fast, worker.lines)

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start the timer of the first request (asyncio.Protocol).

        :param transport: the transport of the connection.
        """
        self.take_transport(transport, self.watch.seconds)
        self.watch.start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer and withdraw all requests (asyncio.Protocol).

        :param exc: the error that ended the connection; None if it was closed.
        """
        # The held part of an incomplete request is parsed, so that the request is logged.
        self._parse_held()
        self.watch.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Offer bytes to the fast path or parse them (asyncio.Protocol).

        :param data: the bytes.
        """
        if self.is_last or self.wire.is_closing():
            self.wire.drop(len(data))
            return
        # Empty lines before a request are ignored (RFC 9112, section 2.2).
        if self.part is Part.NONE and not (data := data.lstrip(b"\r\n")):
            return
        self.watch.received += len(data)
        # Whether the parser has got nothing of the request.
        is_new = self.part is Part.NONE or self._is_held()
        data = self._take_held() + data
        if not (is_new and self._offer(data)):
            self._parse(data)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer the requests that are complete, then close: the client has half-closed (asyncio.Protocol).

        :returns: whether there are such requests, and the transport has to stay open.
        """
        self._parse_held()
        if self.part is Part.BODY:
            self.withdraw(self.cycle)
        if self.wire.is_closing() or not self.is_answering():
            return False
        self.wire.end()
        self.end_behind()
        return True

    def parse_late(self, data: bytes) -> None:
        """Parse a request that has waited for the fast path (overrides `Turns`).

        :param data: its bytes.
        """
        if self.wire.is_closing():
            return
        # The client may have half-closed, and the server may stop, since the request arrived.
        was_last, self.is_last = self.is_last, False
        self._parse(data)
        if was_last and self.part is Part.BODY:
            self.make_last(self.cycle)
        elif was_last:
            self.end_behind()

    def expect_rest(self) -> None:
        """Start the timer of a request, the beginning of which is held (overrides `Turns`)."""
        self.part = Part.HEAD
        self.watch.start()

    def _offer(self, data: bytes) -> bool:
        """Offer bytes to the fast path, and return whether it has taken them."""
        if self.dispatch is None or self.is_answering() or self.wire.write_paused or not self.dispatch.offer(data):
            return False
        if self.dispatch.held:
            self.expect_rest()
        else:
            self.part = Part.NONE
            self.watch.stop()
        return True

    def _is_held(self) -> bool:
        return self.dispatch is not None and bool(self.dispatch.held)

    def _take_held(self) -> bytes:
        return b"" if self.dispatch is None else self.dispatch.take_held()

    def _parse_held(self) -> None:
        if data := self._take_held():
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        self.in_use = True
        try:
            rest = memoryview(data)
            while rest:
                rest = self._feed(rest)
            self.head.add_untold(len(data))
        except (httptools.HttpParserError, Refusal) as error:
            # Bytes after the last request are ignored.
            if not self.is_last:
                cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
                self._refuse(cause if isinstance(cause, Refusal) else Refusal(HTTPStatus.BAD_REQUEST, INVALID))
        if self.part is Part.NONE or self.is_last:
            self.watch.stop()
        else:
            self.watch.start()

    def _feed(self, data: memoryview) -> memoryview:
        """Give bytes to the parser, and return those that it has not read."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade()
            return data[upgrade.args[0] :]
        return data[len(data) :]

    def _decline_upgrade(self) -> None:
        # The upgrade is ignored (RFC 9110, section 7.8). This parser would not read the body, so a new one gets the
        # head without that field.
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            raise Refusal(HTTPStatus.BAD_REQUEST, INVALID)
        fields = b"".join(b"%b: %b\r\n" % field for field in self.headers if field[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, fields))

    def on_message_begin(self) -> None:
        """Begin a request (httptools callback).

        :raises ValueError: the previous request was the last of the connection.
        """
        if self.is_last:
            raise ValueError
        self.part = Part.HEAD
        self.head.begin()
        self.wire.dropped = 0
        super().on_message_begin()
        if self.dispatch is not None and (answer := self.dispatch.take_long_answer()):
            cast(dict[str, Any], self.scope).update(answer=answer.app, **answer.scope)

    def on_url(self, url: bytes) -> None:
        """Take a part of the request target (httptools callback).

        :param url: the part, percent-encoded.
        """
        self.head.add(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, and drop a trailer field (httptools callback; RFC 9110, section 6.5.1).

        :param name: the name of the field.
        :param value: its value.
        """
        self.head.add(len(name) + len(value))
        if self.part is Part.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Queue the request for its response, unless the parser stops here for an upgrade (httptools callback).

        :raises Refusal: 400; see `check_head`.
        """
        if self.parser.should_upgrade():
            return
        version = self.parser.get_http_version()
        scope = cast(dict[str, Any], self.scope)
        scope.update(method=self.parser.get_method().decode("ascii"), http_version=version)
        check_head(version, self.url, self.headers)
        url = httptools.parse_url(self.url)
        scope.update(path=unquote(url.path.decode("ascii")), raw_path=url.path, query_string=url.query or b"")
        self.cycle = self.make_exchange(scope)
        scope.update(probe=self.cycle.probe, abort=self.wire.abort, hang_up=self.wire.hang_up)
        self.cycle.keep_alive = version != "1.0" and self.parser.should_keep_alive() and not self.is_ending
        self.cycle.waiting_for_100_continue = version != "1.0" and self.expect_100_continue
        self.part = Part.BODY
        self.queue(self.cycle, self.app)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; the application limits its size until it has answered (httptools callback).

        :param body: the part.
        """
        self.head.untold = 0
        super().on_body(body)
        if self.cycle.response_complete:
            self.wire.drop(len(body))

    def on_message_complete(self) -> None:
        """End the request, unless the parser stopped for an upgrade (httptools callback)."""
        if self.parser.should_upgrade():
            return
        self.part = Part.NONE
        super().on_message_complete()
        # A trailer field may be `Connection: close`.
        if not self.cycle.keep_alive or not self.parser.should_keep_alive():
            self.end_behind()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it is idle (overrides uvicorn's)."""
        self.in_use = self.in_use or self.part is not Part.NONE
        super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """Close the connection when the requests that have begun to arrive are answered (overrides uvicorn's)."""
        self.is_ending = True
        self.app.ending.set()
        self.wire.hurry(SECONDS_TO_LINGER)
        if self.part is Part.NONE and not self.is_answering():
            self.wire.hang_up()
            return
        if self.part is Part.BODY:
            self.make_last(self.cycle)
        elif self.part is Part.NONE:
            self.end_behind()
        self.loop.call_later(SECONDS_TO_IMPORT, self.app.stop.set)
        self.loop.call_later(SECONDS_TO_END, self._give_up)

    def _give_up(self) -> None:
        turn = self.turn if self.is_answering() else None
        if self.is_waiting or self.wire.is_closing():
            return
        if turn is not None and turn.response_started:
            # The response is cut off, and bytes that the client has not read are discarded.
            self.wire.abort()
            return
        self.pipeline.clear()
        self.refuse(Busy("The service is stopping"), turn, turn.scope if turn else {})

    def _is_excused(self) -> bool:
        # The client is not late if we do not read, or if we have not answered its previous request.
        return self.wire.read_paused or (self.part is Part.HEAD and self.is_answering())

    def _refuse_late(self) -> None:
        if self.part is Part.NONE:
            self.wire.close()
        else:
            self._refuse(Refusal(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time"))

    def _refuse(self, error: Refusal) -> None:
        # Otherwise the scope is that of the previous request.
        scope = {} if self.part is Part.NONE or self._is_held() else cast(dict[str, Any], self.scope)
        self.refuse(error, self.cycle if self.part is Part.BODY else None, scope)
        self.part = Part.NONE
