"""Plain requests: those in the one spelling that no parser reads otherwise (RFC 9112)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from handlers.contract.headers import HOST

# In bytes. What is larger is not plain.
LARGEST_PLAIN_HEADER = 4096
LARGEST_PLAIN_BODY = 16 * 1024
REQUEST = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n")
# Fields that ask for something else, or something more, than the answer that everybody gets.
SPECIAL = {
    *(b"content-encoding", b"transfer-encoding", b"expect", b"upgrade", b"proxy-connection"),
    *(b"origin", b"x-request-id"),
}
# The same of requests that are not GET.
PRECONDITIONS = {b"if-match", b"if-none-match"}
LENGTH = b"content-length"
KEEP_ALIVE = b"keep-alive"


class NotPlain(Exception):
    """The request is one for Connexion."""


class PlainRequest(NamedTuple):
    """A plain request.

    :param method: the method.
    :param target: path and query.
    :param fields: the header fields, names in lower case.
    :param body: as much of the body as has come.
    :param is_whole: whether that is all of it.
    """

    method: str
    target: bytes
    fields: Mapping[bytes, bytes]
    body: bytes
    is_whole: bool


def read_plain(data: bytes) -> PlainRequest:
    """Return a plain request.

    :param data: what has come at once, which may be a whole request, or less, or more.
    :raises NotPlain: it is none.
    """
    match = REQUEST.match(data)
    if match is None or match.end() > LARGEST_PLAIN_HEADER:
        raise NotPlain
    method, target, lines = match.groups()
    pairs = lines[:-2].split(b"\r\n")
    fields = dict(map(_read_field, pairs))
    if len(fields) != len(pairs) or not SPECIAL.isdisjoint(fields) or not _is_host(fields.get(b"host", b"")):
        raise NotPlain
    # No target has a fragment.
    if fields.get(b"connection", KEEP_ALIVE).lower() != KEEP_ALIVE or b"#" in target:
        raise NotPlain
    if method != b"GET" and not PRECONDITIONS.isdisjoint(fields):
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
