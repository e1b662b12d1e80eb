"""Plain requests: whole requests in one canonical spelling, which every parser reads alike (RFC 9112)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from handlers.contract.headers import HOST

# In bytes. Larger requests are not plain.
LARGEST_PLAIN_HEADER = 4096
LARGEST_PLAIN_BODY = 16 * 1024
REQUEST = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n")
# Header fields that change how the request is read or what its response contains.
SPECIAL = {
    *(b"content-encoding", b"transfer-encoding", b"expect", b"upgrade", b"proxy-connection"),
    *(b"origin", b"x-request-id"),
}
LENGTH = b"content-length"
KEEP_ALIVE = b"keep-alive"


class NotPlain(Exception):
    """The request is not plain, and has to go to Connexion."""


class PlainRequest(NamedTuple):
    """A plain request.

    :param method: the HTTP method, in upper case.
    :param target: the request target: path and query string, percent-encoded.
    :param fields: the header fields by name in lower case.
    :param body: the bytes of the body that have arrived.
    :param is_whole: whether the whole body has arrived.
    """

    method: str
    target: bytes
    fields: Mapping[bytes, bytes]
    body: bytes
    is_whole: bool


def read_plain(data: bytes) -> PlainRequest:
    """Return the plain request that some bytes are, or are the beginning of.

    :param data: the bytes that arrived together: a whole request, a part of one, or more than one.
    :raises NotPlain: the request is not plain.
    """
    match = REQUEST.match(data)
    if match is None or match.end() > LARGEST_PLAIN_HEADER:
        raise NotPlain
    method, target, lines = match.groups()
    pairs = lines[:-2].split(b"\r\n")
    fields = dict(map(_read_field, pairs))
    if len(fields) != len(pairs) or not SPECIAL.isdisjoint(fields) or not _is_host(fields.get(b"host", b"")):
        raise NotPlain
    # A request target has no fragment (RFC 9112, section 3.2.1).
    if fields.get(b"connection", KEEP_ALIVE).lower() != KEEP_ALIVE or b"#" in target:
        raise NotPlain
    length, body = fields.get(LENGTH, b"0"), data[match.end() :]
    if not length.isdigit() or not len(body) <= int(length) <= LARGEST_PLAIN_BODY:
        raise NotPlain
    return PlainRequest(method.decode(), target, fields, body, len(body) == int(length))


def _read_field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b": ")
    return name.lower(), value


@lru_cache(256)
def _is_host(host: bytes) -> bool:
    return HOST.fullmatch(host.decode("latin-1")) is not None
