"""Plain requests, answered where they arrive: what the contract makes plain passes neither ASGI nor Connexion.

Whatever is not plain is handed through untouched, so that Connexion stays the one authority on what is valid and
allowed. `FREITON_FAST=0` hands everything through.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.types import ASGIApp

from data import store
from data.groups import Outcome
from handlers.conditional import negotiate
from handlers.envelope import DONE
from handlers.errors import refuse
from handlers.headers import read_token
from handlers.kept import Answer, Answers
from handlers.operations import Operation
from handlers.plain import CLIENT, NOT_PLAIN, Arguments, Plain, Request, read_body, read_request
from handlers.requestlog import RequestLine
from handlers.scans import Search
from handlers.streaming import Stream
from handlers.writes import Writes

# About a millisecond: the event loop waits for no read that takes longer. The seconds are for large texts.
MOST_STEPS = 20_000
MOST_SECONDS = 0.005
MOST_TOKENS = 1024
KEPT = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)


class LongAnswer(NamedTuple):
    """An answer that is read in threads.

    :param app: gives the answer, an ASGI application.
    :param scope: what the scope of its request has beside.
    """

    app: ASGIApp
    scope: Mapping[str, str]


class Write(NamedTuple):
    """A request that writes.

    :param run: does it, and returns the response; not in the thread of the event loop.
    :param describe: gives what the log says of it, from its status.
    :param fields: header fields that every answer has.
    """

    run: Callable[[], Response]
    describe: Callable[[int], RequestLine]
    fields: bytes = b""

    def make_answer(self, outcome: Outcome) -> Answer:
        """Return the answer, whatever came of it."""
        response = outcome.result if outcome.refusal is None else refuse(outcome.refusal)
        return _add_fields(self.fields, _make_final(response, self.describe))


class Incomplete(Exception):
    """The rest of the body is still to come."""


LIVE = b"/health/live"
ALIVE = Answer(
    b"content-length: %d\r\ncontent-type: application/json\r\ncache-control: no-store\r\n" % len(DONE),
    DONE.encode(),
    RequestLine("GET", LIVE.decode(), "-", HTTPStatus.OK),
)


class Direct:
    """The plain requests of a contract, the answers that still hold, and the queue of writes.

    :param contract: the contract, as data.
    :param find_client: gives the ID of the client that a token belongs to, or None.
    :param busy: the client accounts whose reads are in threads; no more of them are tried here then.
    :param fields: header fields that every answer has.
    """

    def __init__(
        self,
        contract: Mapping[str, Any],
        find_client: Callable[[str], int | None],
        busy: Container[str],
        fields: bytes = b"",
    ) -> None:
        # By the token, not by the header field, of which a client can send many spellings.
        self.find_client = lru_cache(MOST_TOKENS)(find_client)
        self.plain = Plain(contract)
        self.writes = Writes()
        self.version: Any = None
        self.answers = Answers()
        self.looked = False
        self.busy = busy
        self.limit = store.Limit(MOST_STEPS, MOST_SECONDS, is_of_processor=True)
        # The client accounts that have asked for a long read in this turn of the event loop.
        self.long_readers = set[str]()
        self.fields = fields

    def recall(self, data: bytes) -> Answer | None:
        """Return the answer to the same bytes as before, if it still holds.

        :param data: a whole request.
        """
        answer = self.answers.get(data)
        return answer if answer is not None and self._is_current() else None

    def answer(self, data: bytes) -> Answer | LongAnswer | Write | None:
        """Return the answer to a request, or the write that it asks for, or None if it is not for here.

        :param data: what has come at once, which may be a whole request, or less, or more.
        :raises Incomplete: it is for here, and the rest of its body is still to come.
        """
        try:
            self._is_current()
            request = read_request(data)
            if request.target == LIVE and request.method == "GET" and request.is_whole:
                # So that whoever asks this only, such as a server that begins, needs no Connexion.
                return _add_fields(self.fields, ALIVE)
            operation, arguments = self.plain.find(request)
            credentials = request.header.get(b"authorization", b"")
            if self.find_client(read_token(credentials.decode("latin-1"))) != arguments[CLIENT]:
                return None
            if operation.writes:
                return _prepare(request, operation, arguments)._replace(fields=self.fields)
        except NOT_PLAIN:
            return None
        answer = self._read(request, operation, arguments)
        if isinstance(answer, Answer):
            answer = _add_fields(self.fields, answer)
            if answer.line.status in KEPT:
                self.answers.add(data, answer)
        return answer

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
        self.find_client.cache_clear()
        self.answers.clear()
        return False

    def _look_again(self) -> None:
        self.looked = False
        self.long_readers.clear()
        store.end_trust()

    def _read(self, request: Request, operation: Operation, arguments: Arguments) -> Answer | LongAnswer | None:
        if operation.method != "GET":
            return None
        client = str(arguments[CLIENT])
        describe = partial(RequestLine, "GET", operation.template, client)
        if client in self.busy or client in self.long_readers:
            return _search(operation, arguments)
        try:
            with self.limit:
                response = operation.handler(**arguments)
        except (store.Unfinished, store.Unavailable):
            # A thread can wait for the database too.
            self.long_readers.add(client)
            return _search(operation, arguments)
        except Exception as error:  # noqa: BLE001 - every error of a handler is answered.
            return _make_final(refuse(error), describe)
        if isinstance(response, Stream):
            return _make_long(response, operation, arguments)
        status, fields, body = negotiate(response, request.header.get(b"if-none-match", b""))
        return _make_answer(fields, body, describe(status))


def _search(operation: Operation, arguments: Arguments) -> LongAnswer:
    return _make_long(Search(partial(operation.handler, **arguments)), operation, arguments)


def _make_long(app: ASGIApp, operation: Operation, arguments: Arguments) -> LongAnswer:
    return LongAnswer(app, {"operation": operation.template, "client_account": str(arguments[CLIENT])})


def _prepare(request: Request, operation: Operation, arguments: Arguments) -> Write:
    if not request.is_whole:
        raise Incomplete
    if operation.body is not None:
        arguments = {**arguments, "body": read_body(request, operation.body)}
    client = str(arguments[CLIENT])
    describe = partial(RequestLine, operation.method, operation.template, client)
    return Write(partial(operation.handler, **arguments), describe)


def _make_final(response: Response, describe: Callable[[int], RequestLine]) -> Answer:
    """Return an answer that no client and no cache may keep."""
    fields = [*response.raw_headers, (b"cache-control", b"no-store")]
    return _make_answer(fields, bytes(response.body), describe(response.status_code))


def _make_answer(fields: Iterable[tuple[bytes, bytes]], body: bytes, line: RequestLine) -> Answer:
    return Answer(b"".join([b"%b: %b\r\n" % field for field in fields]), body, line)


def _add_fields(fields: bytes, answer: Answer) -> Answer:
    return answer._replace(fields=fields + answer.fields) if fields else answer
