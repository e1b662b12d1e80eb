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
from handlers.contract.preconditions import PRECONDITIONS
from handlers.contract.problems import Refusal
from handlers.contract.routes import Routes
from handlers.fast.kept_answers import Beginning, PlainAnswer, make_final
from handlers.fast.memory import Caches, Memory
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
NOT_PLAIN = (NotPlain, Refusal, store.Unavailable, store.Unfinished, store.EngineError, ImportError, OSError)
LIVE = b"/health/live"
ALIVE = PlainAnswer(
    b"content-length: %d\r\ncontent-type: application/json\r\ncache-control: no-store\r\n" % len(DONE),
    DONE.encode(),
    RequestLine("GET", LIVE.decode(), "-", HTTPStatus.OK),
)


class PlainCall(NamedTuple):
    """A plain request that is valid by the contract; whether its token is, is not known yet.

    :param data: the bytes of the request.
    :param request: the request.
    :param operation: the operation.
    :param arguments: the arguments of its handler but the body, by name.
    :param token: the bearer token; empty if there is none.
    """

    data: bytes
    request: PlainRequest
    operation: Operation
    arguments: Arguments
    token: str

    def is_allowed(self, find_client: Callable[[str], int | None]) -> bool:
        """Return whether the token is that of the client account in the path.

        :param find_client: returns the client account of a token, None if it is not valid.
        """
        client = find_client(self.token)
        return client is not None and client == self.arguments[CLIENT_ARGUMENT]


class PlainWrite(NamedTuple):
    """A plain request that writes.

    :param run: calls the handler and returns its response, or None if the request has to go to Connexion; it must not
        run in the thread of the event loop.
    :param describe: returns the log line for an HTTP status.
    """

    run: Callable[[], Response | None]
    describe: Callable[[int], RequestLine]

    def make_answer(self, result: WriteResult) -> PlainAnswer:
        """Return the rendered answer, of the response or of the error.

        :param result: the result of `run`.
        """
        response = result.value if result.refusal is None else refuse(result.refusal)
        return make_final(response, self.describe)


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
        self.writes = WriteQueue(of, self.begin_writes)
        self.beginning = Beginning(fields)

    def answer(self, data: bytes) -> PlainAnswer | LongAnswer | PlainWrite | None:
        """Return the answer to a request, or the write that it asks for; None if the request has to go to Connexion.

        :param data: the bytes that arrived together: a whole request, a part of one, or more than one.
        :raises Incomplete: the request is plain, but the rest of its body has not arrived.
        """
        try:
            self.memory.check()
            call = self.read(data)
            if isinstance(call, PlainAnswer):
                return call
            if not call.is_allowed(self.memory.caches.find_client):
                return None
            if not call.operation.is_read:
                return self.prepare(call)
        except NOT_PLAIN:
            return None
        return self.run(call, self.memory.caches)

    def read(self, data: bytes) -> PlainCall | PlainAnswer:
        """Return the call of a handler that a request stands for, or the answer that needs none.

        :param data: the bytes that arrived together.
        :raises Exception: one of `NOT_PLAIN`: the request has to go to Connexion.
        """
        request = read_plain(data)
        if request.target == LIVE and request.method == "GET" and request.is_whole:
            # Answered here so that a health check, such as the one at the start, does not wait for Connexion.
            return ALIVE
        self.memory.store.select()
        path, _, query = request.target.partition(b"?")
        operation, arguments = self.find(request.method, path)
        _require_plain(request, operation)
        operation.check_accept(request.fields)
        operation.check_header(request.fields)
        arguments = {**arguments, **operation.read_query(query)}
        token = read_token(request.fields.get(b"authorization", b"").decode("latin-1"))
        return PlainCall(data, request, operation, arguments, token)

    def run(self, call: PlainCall, caches: Caches) -> PlainAnswer | LongAnswer:
        """Return the answer to a read, and cache it.

        :param call: the call of its handler.
        :param caches: the caches of the version of the database that was valid before the read.
        """
        known = call.request.fields.get(b"if-none-match", b"")
        answer = self.reads.answer(call.operation, call.arguments, known)
        if isinstance(answer, PlainAnswer) and answer.line.status in KEPT:
            caches.answers.add(call.data, answer)
        return answer

    def prepare(self, call: PlainCall) -> PlainWrite:
        """Return the write that a call stands for.

        :param call: the call of its handler.
        :raises Incomplete: the rest of the body has not arrived.
        :raises Exception: one of `NOT_PLAIN`: the request has to go to Connexion.
        """
        operation, arguments, request = call.operation, call.arguments, call.request
        if not request.is_whole:
            raise Incomplete
        if request.body:
            operation.check_media_type(request.fields)
            body = operation.read_body(request.body)
            arguments = {**arguments, **body, **operation.read_key(request.fields, arguments, request.body)}
        describe = partial(RequestLine, operation.method, operation.template, str(arguments[CLIENT_ARGUMENT]))
        return PlainWrite(partial(operation.handler, **arguments), describe)

    def begin_writes(self) -> None:
        """Do nothing: the tokens of writes are checked before they are queued."""


def _find(routes: Routes, method: str, path: bytes) -> tuple[Operation, Arguments]:
    """Return the operation of a request, and the handler's arguments from its path."""
    route, texts = routes.find(path)
    operation = route.find(method)
    # A read by POST may have a long body, and the response to HEAD has no body.
    if operation is None or operation.reads_file or method == "HEAD" or (operation.is_read and method != "GET"):
        raise NotPlain
    return operation, operation.read_path(texts)


def _require_plain(request: PlainRequest, operation: Operation) -> None:
    has_body = request.fields.get(LENGTH, b"0") != b"0"
    if (has_body and not operation.media_types) or (operation.needs_body and not has_body):
        raise NotPlain
    # Connexion passes preconditions to writes.
    if not (operation.is_read or PRECONDITIONS.isdisjoint(request.fields)):
        raise NotPlain
