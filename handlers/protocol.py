"""HTTP/1.1 on the wire: what uvicorn refuses in a shape of its own, half reads, or keeps without bound."""

from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from handlers.errors import DESCRIBED_BY, render_body

# Four times what the guard lets through: this bounds the memory that a stranger can take, not what is sensible.
LARGEST_HEAD = 64 * 1024
# The parser says nothing of a field before its end; what came with the last that it told of may count as well.
LARGEST_FIELD = 8 * LARGEST_HEAD


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol with our error shape, a bound on the head of a request, and no upgrades."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.head_size = 0
        self.untold = 0
        self.in_head = True

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        self._unset_keepalive_if_required()
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

    def on_message_begin(self) -> None:
        """Begin to count."""
        self.head_size = 0
        self.untold = 0
        self.in_head = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, and drop a trailer field (RFC 9110, section 6.5.1)."""
        self._count(name + value)
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
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP/1.1 (RFC 9112), or too large (RFC 6585, section 5), and close the connection."""
        self.logger.warning("Invalid HTTP request received.")
        status, error = HTTPStatus.BAD_REQUEST, "The request is not valid HTTP/1.1"
        if self.head_size > LARGEST_HEAD:
            status, error = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The header has more than {LARGEST_HEAD} bytes"
        body = render_body(status, error).encode()
        head = [
            *self.server_state.default_headers,
            (b"link", DESCRIBED_BY.encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
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

    def _count(self, part: bytes) -> None:
        self.untold = 0
        self.head_size += len(part)
        if self.head_size > LARGEST_HEAD:
            raise ValueError
