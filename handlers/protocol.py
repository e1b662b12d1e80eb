"""HTTP/1.1 on the wire: what uvicorn refuses before the application sees it, in the shape that all errors have."""

from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from handlers.errors import render_body

# Four times what the guard lets through: this bounds the memory that a stranger can take, not what is sensible.
LARGEST_HEAD = 64 * 1024


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol with our error shape and a bound on the request line and header together."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.head_size = 0

    def on_message_begin(self) -> None:
        """Begin to count."""
        self.head_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field."""
        self._count(name + value)
        super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP/1.1 (RFC 9112), or too large (RFC 6585, section 5), and close the connection."""
        status, error = HTTPStatus.BAD_REQUEST, "The request is not valid HTTP/1.1"
        if self.head_size > LARGEST_HEAD:
            status, error = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The header has more than {LARGEST_HEAD} bytes"
        body = render_body(status, error).encode()
        head = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in head)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.transport.close()

    def _count(self, part: bytes) -> None:
        self.head_size += len(part)
        if self.head_size > LARGEST_HEAD:
            raise ValueError
