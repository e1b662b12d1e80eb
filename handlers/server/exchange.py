"""A request that goes through ASGI, and its answer."""

import sys
from http import HTTPStatus
from typing import cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from handlers.server.wire import Wire

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Exchange(RequestResponseCycle):
    """uvicorn's cycle of a request, with what it lacks for HTTP/1.0 and for bodies that are not wanted."""

    transport: Wire  # type: ignore[assignment]

    def withdraw(self) -> None:
        """Tell the application that its answer is not wanted, and send nothing of it any more."""
        self.disconnected = True
        self.waiting_for_100_continue = False
        self.message_event.set()

    def probe(self) -> None:
        """Find out whether a client that has sent its last byte is still there.

        It passes over what is sent here (RFC 9110, section 15.2). If it is gone, its kernel resets the connection.
        """
        if self.transport.has_ended and self.scope["http_version"] != "1.0" and not self.response_started:
            self.transport.write(CONTINUE)

    async def send(self, message: ASGISendEvent) -> None:
        """Send a part of the answer.

        :param message: what the application sends.
        """
        if message["type"] == "http.response.start":
            self._begin([name.lower() for name, _ in message["headers"]], message["status"])
        elif self.transport.is_open_ended and not message.get("more_body", False):
            await self.flow.drain()
            self.expected_content_length = len(cast(bytes, message.get("body", b"")))
            self.transport.is_open_ended = False
        await super().send(message)

    def _begin(self, names: list[bytes], status: int) -> None:
        if self.waiting_for_100_continue and self.more_body:
            # Whether the body comes is the client's choice, so that nobody knows where the next request begins.
            self.keep_alive = False
        if self.scope["http_version"] == "1.0" and b"content-length" not in names and status not in BODILESS:
            # In no chunks (RFC 9112, section 6.1): it ends where the connection does.
            self.chunked_encoding = False
            self.expected_content_length = sys.maxsize
            self.transport.is_open_ended = self.scope["method"] != "HEAD" and not self.disconnected
