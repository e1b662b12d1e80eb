"""Reads that are answered on the spot: what the contract makes plain passes neither ASGI nor Connexion.

Whatever is not plain is handed through untouched, so that Connexion stays the one authority on what is valid and
allowed. `FREITON_FAST=0` hands everything through.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from data import store
from handlers.conditional import negotiate
from handlers.envelope import DONE, JSON
from handlers.errors import ApiError
from handlers.headers import HOST, accepts
from handlers.operations import NotPlain, Operation, compile_operations, read_query
from handlers.requestlog import RequestLine
from handlers.streaming import Stream

# About a millisecond: the event loop waits for no read that takes longer.
MOST_STEPS = 20_000
LARGEST_REQUEST = 4096
LARGEST_ANSWER = 1024 * 1024
LARGEST_CACHE = 32 * 1024 * 1024
MOST_ANSWERS = 1024
# These mean something else, or something more, than the answer that everybody gets.
SPECIAL = {
    *(b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"proxy-connection"),
    *(b"origin", b"x-request-id"),
}
KEEP_ALIVE = b"keep-alive"
VERSION = b" HTTP/1.1"
# In the one spelling that no parser reads otherwise (RFC 9112).
REQUEST = re.compile(rb"GET (/[!-~]* HTTP/1\.1(?:\r\n[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?)*)\r\n\r\n")
STATUS_LINES = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}


class Answer(NamedTuple):
    """An answer, but for the fields that differ each time.

    :param beginning: the status line.
    :param fields: the header fields.
    :param body: the body.
    :param line: what the log says of it.
    """

    beginning: bytes
    fields: bytes
    body: bytes
    line: RequestLine


class LongAnswer(NamedTuple):
    """An answer that is sent while it is read.

    :param stream: the answer, an ASGI application.
    :param scope: what the scope of its request has beside.
    """

    stream: Stream
    scope: Mapping[str, str]


LIVE = b"/health/live"
ALIVE = Answer(
    STATUS_LINES[200],
    b"content-length: %d\r\ncontent-type: application/json\r\ncache-control: no-store\r\n" % len(DONE),
    DONE.encode(),
    RequestLine("GET", LIVE.decode(), "-", 200),
)


class Reads:
    """The reads of a contract, and the answers that still hold.

    :param contract: the contract, as data.
    :param find_client: gives the ID of the client that a token belongs to, or None.
    """

    def __init__(self, contract: Mapping[str, Any], find_client: Callable[[str], int | None]) -> None:
        self.find_client = find_client
        self.operations = {each.key: each for each in compile_operations(contract, {"GET"})}
        self.parse = lru_cache(1024)(self._parse)
        self.version: Any = None
        self.clients: dict[bytes, int] = {}
        self.answers: dict[bytes, Answer] = {}
        self.size = 0
        self.looked = False
        store.limit_steps(MOST_STEPS)

    def recall(self, request: bytes) -> Answer | None:
        """Return the answer to the same bytes as before, if it still holds.

        :param request: a whole request.
        """
        answer = self.answers.get(request)
        return answer if answer is not None and self._is_current() else None

    def answer(self, request: bytes) -> Answer | LongAnswer | None:
        """Return the answer to a GET request, or None if it is not for here.

        :param request: what has come at once, which may be a whole request, or less, or more.
        """
        try:
            self._is_current()
            answer = self._answer(*_split(request))
        except (NotPlain, ApiError, LookupError, ValueError, RuntimeError, store.sqlite3.Error):
            return None
        if isinstance(answer, Answer) and len(answer.body) <= LARGEST_ANSWER:
            self._keep(request, answer)
        return answer

    def _answer(self, target: bytes, header: Mapping[bytes, bytes]) -> Answer | LongAnswer:
        if target == LIVE:
            # So that whoever asks this only, such as a server that begins, needs no Connexion.
            return ALIVE
        operation, clients_id, arguments = self.parse(target)
        _check(header, operation)
        if self._authenticate(header[b"authorization"]) != clients_id:
            raise NotPlain
        response = operation.handler(**arguments)
        if isinstance(response, Stream):
            return LongAnswer(response, {"operation": operation.template, "client_account": str(clients_id)})
        status, sent, body = negotiate(response, header.get(b"if-none-match", b""))
        line = RequestLine("GET", operation.template, str(clients_id), status)
        return Answer(STATUS_LINES[status], b"".join([b"%b: %b\r\n" % field for field in sent]), body, line)

    def _parse(self, target: bytes) -> tuple[Operation, int, dict[str, Any]]:
        if b"#" in target:
            # A fragment does not belong there; the parser of the server cuts it off.
            raise NotPlain
        path, _, query = target.decode("ascii").partition("?")
        segments = path.split("/")
        numbers = [index for index, segment in enumerate(segments) if segment.isdecimal()]
        values = [segments[index] for index in numbers]
        for index in numbers:
            segments[index] = ""
        operation = self.operations["/".join(segments)]
        given = {name: read(value) for (name, read), value in zip(operation.path, values, strict=True)}
        arguments = {**operation.defaults, **given, **read_query(operation, query)}
        return operation, arguments[operation.path[0][0]], arguments

    def _authenticate(self, credentials: bytes) -> int:
        if credentials not in self.clients:
            scheme, _, token = credentials.decode("latin-1").partition(" ")
            client = self.find_client(token.strip()) if scheme.lower() == "bearer" else None
            if client is None:
                raise NotPlain
            self.clients[credentials] = client
        return self.clients[credentials]

    def _is_current(self) -> bool:
        # Once each time that the event loop comes round: whoever is heard now had begun to speak before.
        if self.looked:
            return True
        self.looked = True
        asyncio.get_running_loop().call_soon(self._look_again)
        try:
            version = store.read_version()
        except (store.Unavailable, store.sqlite3.Error):
            version = None
        if version is not None and version == self.version:
            return True
        self.version = version
        self.clients.clear()
        self.answers.clear()
        self.size = 0
        return False

    def _look_again(self) -> None:
        self.looked = False
        store.end_trust()

    def _keep(self, request: bytes, answer: Answer) -> None:
        self.answers[request] = answer
        self.size += len(answer.body)
        while self.size > LARGEST_CACHE or len(self.answers) > MOST_ANSWERS:
            oldest = next(iter(self.answers))
            self.size -= len(self.answers.pop(oldest).body)


def _split(request: bytes) -> tuple[bytes, Mapping[bytes, bytes]]:
    """Return the target and the header fields of a plain GET request, names in lower case."""
    head = REQUEST.fullmatch(request) if len(request) <= LARGEST_REQUEST else None
    if head is None:
        raise NotPlain
    target, *lines = head[1].split(b"\r\n")
    fields = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
    header = dict(fields)
    if len(header) != len(fields) or not SPECIAL.isdisjoint(header) or not _is_host(header[b"host"]):
        raise NotPlain
    if header.get(b"connection", KEEP_ALIVE).lower() != KEEP_ALIVE:
        raise NotPlain
    return target.removesuffix(VERSION), header


def _check(header: Mapping[bytes, bytes], operation: Operation) -> None:
    for name, read in operation.header.items():
        if name in header:
            read(header[name].decode("latin-1"))
    if not _accepts(header.get(b"accept", b"")):
        raise NotPlain


@lru_cache(256)
def _is_host(host: bytes) -> bool:
    return HOST.fullmatch(host.decode("latin-1")) is not None


@lru_cache(256)
def _accepts(value: bytes) -> bool:
    return accepts(value.decode("latin-1"), JSON)
