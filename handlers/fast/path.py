"""The fast path: plain requests are answered without ASGI and Connexion.

Requests that are not plain or not valid are passed on to Connexion unchanged. With `--no-fast`, all are.
"""

from collections.abc import Callable, Container
from functools import lru_cache, partial
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response

from data import store
from data.store.group_commit import WriteResult
from handlers.contract.headers import read_token
from handlers.contract.operations import Arguments, Operation
from handlers.contract.problems import Refusal
from handlers.contract.routes import Routes
from handlers.fast.kept_answers import Beginning, PlainAnswer, make_final
from handlers.fast.memory import Memory
from handlers.fast.plain import LENGTH, NotPlain, PlainRequest, read_plain
from handlers.fast.reads import CLIENT_ARGUMENT, LongAnswer, Reads
from handlers.fast.write_queue import WriteQueue
from handlers.responses.envelope import DONE
from handlers.responses.errors import refuse
from handlers.responses.log import RequestLine

MOST_PATHS = 1024
KEPT = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
# Exceptions before the handler runs: the request is not plain or not valid, the database cannot be read now, or the
# validators that give reasons cannot be imported because too many files are open.
NOT_PLAIN = (NotPlain, Refusal, store.Unavailable, store.Unfinished, store.sqlite3.Error, ImportError, OSError)
LIVE = b"/health/live"
ALIVE = PlainAnswer(
    b"content-length: %d\r\ncontent-type: application/json\r\ncache-control: no-store\r\n" % len(DONE),
    DONE.encode(),
    RequestLine("GET", LIVE.decode(), "-", HTTPStatus.OK),
)


class PlainWrite(NamedTuple):
    """A plain request that writes.

    :param run: calls the handler and returns its response; it must not run in the thread of the event loop.
    :param describe: returns the log line for an HTTP status.
    :param fields: header fields of every answer, as on the wire.
    """

    run: Callable[[], Response]
    describe: Callable[[int], RequestLine]
    fields: bytes

    def make_answer(self, result: WriteResult) -> PlainAnswer:
        """Return the rendered answer, of the response or of the error.

        :param result: the result of `run`.
        """
        response = result.value if result.refusal is None else refuse(result.refusal)
        return _add_fields(self.fields, make_final(response, self.describe))


class Incomplete(Exception):
    """The request is plain, but the rest of its body has not arrived."""


class FastPath:
    """Answers plain requests that its memory has no answer to: reads, and writes by a queue.

    :param routes: all paths that are served.
    :param of: the store of the tokens and of all records.
    :param demo: whether the fixed demo tokens are valid.
    :param busy: the client accounts whose reads are in threads now; their further reads go to threads at once.
    :param fields: header fields of every answer, as on the wire.
    """

    def __init__(self, routes: Routes, of: store.Store, demo: bool, busy: Container[str], fields: bytes = b"") -> None:
        # Imported now: when the first request comes, there may be too many open files.
        routes.import_handlers()
        # Without the query, in which many requests differ.
        self.find = lru_cache(MOST_PATHS)(partial(_find, routes))
        self.memory = Memory(of, demo)
        self.reads = Reads(busy)
        self.writes = WriteQueue(of)
        self.fields = fields
        self.beginning = Beginning()

    def answer(self, data: bytes) -> PlainAnswer | LongAnswer | PlainWrite | None:
        """Return the answer to a request, or the write that it asks for; None if the request has to go to Connexion.

        :param data: the bytes that arrived together: a whole request, a part of one, or more than one.
        :raises Incomplete: the request is plain, but the rest of its body has not arrived.
        """
        try:
            self.memory.check()
            request = read_plain(data)
            if request.target == LIVE and request.method == "GET" and request.is_whole:
                # Answered here so that a health check, such as the one at the start, does not wait for Connexion.
                return _add_fields(self.fields, ALIVE)
            operation, arguments = self._read(request)
            if not operation.is_read:
                return self._prepare(request, operation, arguments)
        except NOT_PLAIN:
            return None
        answer = self.reads.answer(operation, arguments, request.fields.get(b"if-none-match", b""))
        if isinstance(answer, PlainAnswer):
            answer = _add_fields(self.fields, answer)
            if answer.line.status in KEPT:
                self.memory.answers.add(data, answer)
        return answer

    def _read(self, request: PlainRequest) -> tuple[Operation, Arguments]:
        """Return the operation of a request, and all arguments of its handler except the body.

        :raises NotPlain: the request has to go to Connexion.
        :raises Refusal: the request is not valid.
        """
        path, _, query = request.target.partition(b"?")
        operation, arguments = self.find(request.method, path)
        has_body = request.fields.get(LENGTH, b"0") != b"0"
        if has_body != bool(operation.media_types):
            raise NotPlain
        self.memory.store.select()
        token = read_token(request.fields.get(b"authorization", b"").decode("latin-1"))
        if self.memory.find_client(token) != arguments[CLIENT_ARGUMENT]:
            raise NotPlain
        operation.check_accept(request.fields)
        operation.check_header(request.fields)
        return operation, {**arguments, **operation.read_query(query)}

    def _prepare(self, request: PlainRequest, operation: Operation, arguments: Arguments) -> PlainWrite:
        if not request.is_whole:
            raise Incomplete
        if operation.media_types:
            operation.check_media_type(request.fields)
            body = operation.read_body(request.body)
            arguments = {**arguments, **body, **operation.read_key(request.fields, arguments, request.body)}
        describe = partial(RequestLine, operation.method, operation.template, str(arguments[CLIENT_ARGUMENT]))
        return PlainWrite(partial(operation.handler, **arguments), describe, self.fields)


def _find(routes: Routes, method: str, path: bytes) -> tuple[Operation, Arguments]:
    """Return the operation of a request, and the handler's arguments from its path."""
    route, texts = routes.find(path)
    operation = route.find(method)
    # A read by POST may have a long body, and the response to HEAD has no body.
    if operation is None or operation.reads_file or method == "HEAD" or (operation.is_read and method != "GET"):
        raise NotPlain
    return operation, operation.read_path(texts)


def _add_fields(fields: bytes, answer: PlainAnswer) -> PlainAnswer:
    return answer._replace(fields=fields + answer.fields) if fields else answer
