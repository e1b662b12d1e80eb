"""One request and its response through ASGI."""

import sys
from http import HTTPStatus
from typing import cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from handlers.server.wire import Wire

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Exchange(RequestResponseCycle):
    """uvicorn's request-response cycle, with half-closed clients, withdrawn responses and HTTP/1.0 added."""

    transport: Wire  # type: ignore[assignment]

    def withdraw(self) -> None:
        """Tell the application that its client is gone, and send nothing more of its response."""
        self.disconnected = True
        self.waiting_for_100_continue = False
        self.message_event.set()

    def probe(self) -> None:
        """Send 100 Continue to a half-closed client, to find out whether it is still there.

        The client ignores it (RFC 9110, section 15.2). If the client is gone, its kernel resets the connection.
        """
        if self.transport.has_ended and self.scope["http_version"] != "1.0" and not self.response_started:
            self.transport.write(CONTINUE)

    async def send(self, message: ASGISendEvent) -> None:
        """Send a part of the response (ASGI; overrides uvicorn's).

        :param message: the ASGI message of the application.
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
            # Without 100 Continue, the client may send the body or not, so the start of the next request is unknown
            # (RFC 9110, section 10.1.1).
            self.keep_alive = False
        if self.scope["http_version"] == "1.0" and b"content-length" not in names and status not in BODILESS:
            # HTTP/1.0 has no chunked coding (RFC 9112, section 6.1): the response ends when the connection closes.
            self.chunked_encoding = False
            self.expected_content_length = sys.maxsize
            self.transport.is_open_ended = self.scope["method"] != "HEAD" and not self.disconnected
