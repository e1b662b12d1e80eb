"""Conditional requests for reads: entity tags, and 304 for a client that has the current response."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import xxhash
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from handlers.contract.headers import ANY, read_tags

CACHE_CONTROL = b"private, no-cache"
# The header fields that describe a body. A 304 has no body, so it goes without them.
OF_BODY = (b"content-length", b"content-type")

EMPTY: Mapping[str, str] = {}

HeaderFields = list[tuple[bytes, bytes]]


class ConditionalResponse(Response):
    """A response with an entity tag; 304 if the client has the same response (RFC 9110, sections 8.8.3 and 13.1.2).

    :param body: the JSON body; bytes are UTF-8.
    :param headers: further header fields, by name.
    """

    # What Starlette's constructor sets. It takes five times as long.
    status_code: int = HTTPStatus.OK
    background = None

    def __init__(self, body: str | bytes, headers: Mapping[str, str] = EMPTY) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.raw_headers = [
            *[(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
            (b"content-length", str(len(self.body)).encode()),
            (b"content-type", b"application/json"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        if scope["method"] in ("GET", "HEAD"):
            known = ",".join(Headers(scope=scope).getlist("If-None-Match"))
            self.status_code, self.raw_headers, self.body = negotiate(self, known.encode("latin-1"))
        await super().__call__(scope, receive, send)


def negotiate(response: Response, known: bytes) -> tuple[int, HeaderFields, bytes]:
    """Return status, header fields and body of a response to a conditional read (RFC 9110, section 13.1.2).

    :param response: the full response.
    :param known: the value of `If-None-Match`, empty if there is none.
    """
    tag = make_tag(response)
    fields = [*response.raw_headers, (b"etag", tag), (b"cache-control", CACHE_CONTROL)]
    if known and _includes(read_tags(known), tag):
        return HTTPStatus.NOT_MODIFIED, [field for field in fields if field[0] not in OF_BODY], b""
    return response.status_code, fields, bytes(response.body)


def make_tag(response: Response) -> bytes:
    """Return the strong entity tag of a response: a hash of its body alone (RFC 9110, section 8.8.3).

    :param response: the full response.
    """
    return b'"%b"' % xxhash.xxh3_128_hexdigest(response.body).encode()


def _includes(known: Sequence[bytes], tag: bytes) -> bool:
    return any(each.removeprefix(b"W/") in (tag, ANY) for each in known)
