"""Pipelining: the responses of a connection, in the order of its requests (RFC 9112, section 9.3.2)."""

from abc import abstractmethod
from asyncio import Event, Transport
from collections import deque
from collections.abc import Mapping
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from handlers.contract.problems import Refusal
from handlers.responses.errors import refuse
from handlers.responses.request_log import RequestLog
from handlers.server.exchange import Exchange
from handlers.server.wire import Wire


class Turns(HttpToolsProtocol):
    """uvicorn's protocol without its parsing: queues responses, keep-alive, and the end of the connection.

    A response comes from the fast path, or from an exchange with the application. A refusal is an exchange too, and the
    last one of the connection.

    :param arguments: uvicorn's arguments.
    :param options: uvicorn's keyword arguments.
    """

    cycle: Exchange
    wire: Wire

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # The exchange that is being answered. Later ones wait in the pipeline.
        self.turn: Exchange | None = None
        # Whether the connection waits for a thread of the fast path.
        self.is_waiting = False
        # Whether the last request has arrived: later bytes are dropped.
        self.is_last = False
        self.is_ending = False
        # Whether a request arrived since the keep-alive timer was started.
        self.in_use = False

    def take_transport(self, transport: Transport, seconds: float) -> None:
        """Set the transport of the connection.

        :param transport: asyncio's transport.
        :param seconds: how long a client may read nothing of a response before it is disconnected.
        """
        self.wire = Wire(transport, self.loop, seconds)
        super().connection_made(cast(Transport, self.wire))
        self.flow = self.wire

    def connection_lost(self, exc: Exception | None) -> None:
        """Withdraw all requests (asyncio.Protocol).

        :param exc: the error that ended the connection; None if it was closed.
        """
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        if self.turn is not None:
            self.turn.withdraw()
        super().connection_lost(exc)
        self.wire.forget()

    def is_answering(self) -> bool:
        """Return whether a request has arrived that is not answered yet."""
        turn = self.turn
        return self.is_waiting or (turn is not None and not turn.response_complete and not turn.disconnected)

    def note_answer(self) -> None:
        """Count an answer that was sent while no other request was waiting, and start the keep-alive timer."""
        self.server_state.total_requests += 1
        self.in_use = True
        if self.timeout_keep_alive_task is None:
            self.keep_alive()

    @abstractmethod
    def parse_late(self, data: bytes) -> None:
        """Parse a request that has waited for the fast path.

        :param data: its bytes.
        """

    @abstractmethod
    def expect_rest(self) -> None:
        """Start the timer of a request, the beginning of which is held."""

    def queue(self, exchange: Exchange, app: ASGI3Application) -> None:
        """Have an application respond, after the responses to all earlier requests.

        :param exchange: the exchange with the application.
        :param app: the ASGI application.
        """
        if self.is_answering():
            self.pipeline.appendleft((exchange, app))
            self.wire.hold()
        else:
            self._start_asgi_task(exchange, app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.turn = cast(Exchange, cycle)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with the next request (uvicorn's callback)."""
        super().on_response_complete()
        if not self.pipeline:
            self.wire.release()

    def refuse(self, error: Refusal, instead_of: Exchange | None, scope: Mapping[str, Any]) -> None:
        """Respond with an error, in its turn, and close the connection after it.

        :param error: the error.
        :param instead_of: the exchange that is withdrawn for the error, unless its response has begun.
        :param scope: the keys of the ASGI scope that are known of the request.
        """
        self.is_last = True
        if instead_of is not None and instead_of.response_started:
            self.make_last(instead_of)
            return
        if instead_of is not None:
            self.withdraw(instead_of)
        known = {"type": "http", "http_version": "1.1", "method": "", "headers": []}
        exchange = self.make_exchange({**known, **scope})
        exchange.more_body = False
        self.queue(exchange, cast(ASGI3Application, RequestLog(refuse(error), self.app.lines)))

    def withdraw(self, exchange: Exchange) -> None:
        """Withdraw an exchange whose response has not begun, and remove it from the pipeline.

        :param exchange: the exchange.
        """
        exchange.withdraw()
        self.pipeline = deque(each for each in self.pipeline if each[0] is not exchange)

    def make_last(self, exchange: Exchange) -> None:
        """Close the connection after the response of an exchange.

        :param exchange: the exchange.
        """
        exchange.keep_alive = False
        if exchange.response_complete:
            self.wire.close()

    def end_behind(self) -> None:
        """Answer the requests that are complete, then close the connection."""
        self.is_last = True
        newest = self.pipeline[0][0] if self.pipeline else self.turn
        if newest is not None and not self.is_waiting:
            self.make_last(cast(Exchange, newest))

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it was idle since the timer was started (overrides uvicorn's)."""
        if self.in_use or self.is_answering():
            self.keep_alive()
        else:
            self.wire.close()

    def keep_alive(self) -> None:
        """Start the keep-alive timer; restarting it for each request would take longer."""
        self.in_use = False
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def make_exchange(self, scope: Mapping[str, Any]) -> Exchange:
        """Return a new exchange, the last of its connection unless `keep_alive` is set.

        :param scope: the ASGI scope of the request.
        """
        return Exchange(
            scope=cast(Any, scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
