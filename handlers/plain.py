"""Plain requests: which operation of the contract they are for, and which arguments they stand for.

Whatever is not plain is for Connexion, which stays the one authority on what is valid and allowed.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from data import store
from handlers import schemas
from handlers.documents import parse_json
from handlers.envelope import JSON
from handlers.errors import ApiError
from handlers.headers import HOST, accepts
from handlers.operations import NotPlain, Operation, compile_operations, read_query

LARGEST_HEADER = 4096
LARGEST_BODY = 16 * 1024
# In the one spelling that no parser reads otherwise (RFC 9112).
REQUEST = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n")
# These mean something else, or something more, than the answer that everybody gets.
SPECIAL = {
    *(b"content-encoding", b"transfer-encoding", b"expect", b"upgrade", b"proxy-connection"),
    *(b"origin", b"x-request-id"),
}
# Of writes; reads know one of them.
PRECONDITIONS = {b"if-match", b"if-none-match"}
LENGTH = b"content-length"
KEEP_ALIVE = b"keep-alive"
# The argument for the client account, whose ID is in each path.
CLIENT = "clients_id"
# Raised before the handler runs: the request is not plain or not valid, or its token cannot be looked up now.
NOT_PLAIN = (NotPlain, ApiError, store.Unavailable, store.Unfinished, store.sqlite3.Error)

Arguments = dict[str, Any]


class Request(NamedTuple):
    """A plain request.

    :param method: the method.
    :param target: path and query.
    :param header: the header fields, names in lower case.
    :param body: as much of the body as has come.
    :param is_whole: whether that is all of it.
    """

    method: str
    target: bytes
    header: Mapping[bytes, bytes]
    body: bytes
    is_whole: bool


class Plain:
    """The operations of a contract that can be asked for in a plain way.

    :param contract: the contract, as data.
    """

    def __init__(self, contract: Mapping[str, Any]) -> None:
        self.operations = {(each.method, each.key): each for each in compile_operations(contract)}
        self._find = lru_cache(1024)(self._find_anew)

    def find(self, request: Request) -> tuple[Operation, Arguments]:
        """Return the operation that a request is for, and all of its arguments but the body.

        :raises NOT_PLAIN: it is not valid, or not in the most common spelling.
        """
        operation, arguments = self._find(request.method, request.target)
        for name, read in operation.header.items():
            if name in request.header:
                read(request.header[name].decode("latin-1"))
        has_body = request.header.get(LENGTH, b"0") != b"0"
        if operation.method != "GET" and not PRECONDITIONS.isdisjoint(request.header):
            raise NotPlain
        if has_body != (operation.body is not None) or not _accepts(request.header.get(b"accept", b"")):
            raise NotPlain
        return operation, arguments

    def _find_anew(self, method: str, target: bytes) -> tuple[Operation, Arguments]:
        if b"#" in target:
            # No target has a fragment.
            raise NotPlain
        path, _, query = target.decode("ascii").partition("?")
        segments = path.split("/")
        numbers = [index for index, segment in enumerate(segments) if segment.isdecimal()]
        values = [segments[index] for index in numbers]
        for index in numbers:
            segments[index] = ""
        operation = self.operations.get((method, "/".join(segments)))
        if operation is None or len(values) != len(operation.path):
            raise NotPlain
        given = {name: read(value) for (name, read), value in zip(operation.path, values, strict=True)}
        return operation, {**operation.defaults, **given, **read_query(operation, query)}


def read_request(data: bytes) -> Request:
    """Return the parts of a plain request.

    :param data: what has come at once, which may be a whole request, or less, or more.
    :raises NOT_PLAIN: it is none.
    """
    match = REQUEST.match(data)
    if match is None or match.end() > LARGEST_HEADER:
        raise NotPlain
    method, target, lines = match.groups()
    fields = lines[:-2].split(b"\r\n")
    header = dict(map(_read_field, fields))
    if len(header) != len(fields) or not SPECIAL.isdisjoint(header) or not _is_host(header.get(b"host", b"")):
        raise NotPlain
    if header.get(b"connection", KEEP_ALIVE).lower() != KEEP_ALIVE:
        raise NotPlain
    length, body = header.get(LENGTH, b"0"), data[match.end() :]
    if not length.isdigit() or not len(body) <= int(length) <= LARGEST_BODY:
        raise NotPlain
    return Request(method.decode(), target, header, body, len(body) == int(length))


def read_body(request: Request, schema: str) -> Any:
    """Return the value of a body that is valid.

    :param schema: the name of its schema.
    :raises NOT_PLAIN: it is not valid.
    """
    try:
        value = parse_json(request.body)
    except ValueError as error:
        raise NotPlain from error
    if request.header.get(b"content-type") != JSON.encode() or not schemas.fast_validator(schema).is_valid(value):
        raise NotPlain
    return value


def _read_field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b": ")
    return name.lower(), value


@lru_cache(256)
def _is_host(host: bytes) -> bool:
    return HOST.fullmatch(host.decode("latin-1")) is not None


@lru_cache(256)
def _accepts(value: bytes) -> bool:
    return accepts(value.decode("latin-1"), JSON)
