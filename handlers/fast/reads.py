"""Plain reads: short ones run on the event loop, long ones in threads."""

import asyncio
from collections.abc import Container, Mapping
from functools import partial
from typing import Any, NamedTuple

from starlette.types import ASGIApp

from data import store
from handlers.contract.operations import Arguments, Operation
from handlers.fast.kept_answers import PlainAnswer, make_answer, make_final
from handlers.responses.errors import refuse
from handlers.responses.etag import negotiate
from handlers.responses.log import RequestLine
from handlers.responses.stream import Search, Stream

CLIENT_ARGUMENT = "clients_id"
# The limit of a read on the event loop, about a millisecond: SQLite's steps, and CPU time in seconds for large texts.
MOST_STEPS = 20_000
MOST_SECONDS = 0.005


class LongAnswer(NamedTuple):
    """An answer that is read in threads.

    :param app: the ASGI application that sends the answer.
    :param scope: the additional keys of the ASGI scope of the request.
    """

    app: ASGIApp
    scope: Mapping[str, Any]


class Reads:
    """Runs the handlers of reads.

    :param busy: the client accounts whose reads are in threads now; their further reads go to threads at once.
    """

    def __init__(self, busy: Container[str]) -> None:
        self.busy = busy
        self.limit = store.Limit(MOST_STEPS, MOST_SECONDS, is_of_processor=True)
        # The client accounts with a long read in this turn of the event loop.
        self.long_readers = set[str]()

    def answer(self, operation: Operation, arguments: Arguments, known: bytes) -> PlainAnswer | LongAnswer:
        """Return the answer to a read.

        :param operation: the operation.
        :param arguments: the arguments of its handler, by name.
        :param known: the value of `If-None-Match`, empty if there is none.
        """
        client = str(arguments[CLIENT_ARGUMENT])
        describe = partial(RequestLine, "GET", operation.template, client)
        if client in self.busy or client in self.long_readers:
            return _search(operation, arguments)
        try:
            with store.current().limited(self.limit):
                response = operation.handler(**arguments)
        except (store.Unfinished, store.Unavailable):
            # The read runs again in a thread, which may also wait until the database is available.
            self._note_long(client)
            return _search(operation, arguments)
        except Exception as error:  # noqa: BLE001 - every error of a handler is answered.
            return make_final(refuse(error), describe)
        if isinstance(response, Stream):
            return _make_long(response, operation, arguments)
        status, fields, body = negotiate(response, known)
        return make_answer(fields, body, describe(status))

    def _note_long(self, client: str) -> None:
        if store.current().is_remote:
            return
        self.long_readers.add(client)
        asyncio.get_running_loop().call_soon(self.long_readers.clear)


def _search(operation: Operation, arguments: Arguments) -> LongAnswer:
    return _make_long(Search(partial(operation.handler, **arguments)), operation, arguments)


def _make_long(app: ASGIApp, operation: Operation, arguments: Arguments) -> LongAnswer:
    scope = {
        "template": operation.template,
        "client_account": str(arguments[CLIENT_ARGUMENT]),
        "store": store.current(),
    }
    return LongAnswer(app, scope)
