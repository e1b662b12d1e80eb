"""Hostile requests: how they are written down."""

from typing import NamedTuple

from tests.support.raw import request

BASE = b"/rest/v1.0/1"
TYPES = BASE + b"/acd/events/types"
GROUP = BASE + b"/acd/groups/group/"
CAMPAIGN = BASE + b"/dialler/campaigns/campaign/"
CLONE = BASE + b"/dialler/campaigns/clone"
CONTACTS = BASE + b"/dialler/contacts"
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
# With the name of the clone.
CLONED = b'{"source":"Campaign 1000","destination":"%b"}'
VALID = b'{"source":"Campaign 1000","destination":"Hostile"}'


class Case(NamedTuple):
    """A hostile request and the answer to it.

    :param name: what is hostile about it.
    :param request: its bytes, a valid token included.
    :param status: the status of the answer.
    :param error: how the text of the error begins; empty for an empty body, or for no error.
    """

    name: str
    request: bytes
    status: int
    error: str = ""


def get(target: bytes, *lines: bytes, body: bytes = b"") -> bytes:
    """Return a GET request."""
    return request("GET", target, *lines, body=body)


def post_unframed(*lines: bytes, body: bytes = b"") -> bytes:
    """Return a request to clone with a body that the header lines have to give the length of."""
    return request("POST", CLONE, *lines, body=body)


def post(body: bytes, *lines: bytes, media_type: bytes = b"application/json") -> bytes:
    """Return a request to clone with a body that is whole."""
    return post_unframed(b"Content-Type: " + media_type, _length(body), *lines, body=body)


def post_clone(name: bytes, source: bytes = b"Campaign 1000") -> bytes:
    """Return a request to clone a campaign.

    :param name: the name of the clone.
    :param source: the name of the campaign.
    """
    return post(CLONED.replace(b"Campaign 1000", source) % name)


def post_to(target: bytes, body: bytes, media_type: bytes = b"application/json") -> bytes:
    """Return a request with a body that is whole."""
    return request("POST", target, b"Content-Type: " + media_type, _length(body), body=body)


def post_untyped(body: bytes, *lines: bytes) -> bytes:
    """Return a request to clone without a Content-Type but the one that may be in the lines."""
    return post_unframed(_length(body), *lines, body=body)


def post_chunked(*chunks: bytes) -> bytes:
    """Return a request to clone whose body comes in chunks."""
    return post_unframed(JSON, CHUNKED, body=in_chunks(*chunks))


def in_chunks(*chunks: bytes) -> bytes:
    """Return a body as it stands in a message with a chunked Transfer-Encoding."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])


def text(value: bytes) -> bytes:
    """Return a body that has a text as the name of the clone."""
    return VALID.replace(b"Hostile", value)


def _length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)
