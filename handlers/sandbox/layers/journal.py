"""The layer that writes the journal of a world, and counts what was met of the contract."""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from data import store
from data.store.texts import render_moment
from handlers.contract.operations import Operation
from handlers.contract.problems import POINTER
from handlers.contract.routes import Routes
from handlers.contract.url import read_integer
from handlers.contract.verdicts import Violation, explain_refusal, judge_answer, judge_request
from handlers.responses.log import request_id
from handlers.sandbox.coverage import STATUS, list_met
from handlers.sandbox.layers.exchange import Exchange
from handlers.sandbox.registry import journal, limits
from handlers.sandbox.registry.coverage import Item

# The statuses that say that a request was not valid. The compiled contract does not find all the reasons: tokens,
# dates that do not exist, filters and rows of files are checked later.
REFUSED = {400, 401, 406, 413, 415, 431}
LARGEST_ID = 2**53 - 1
INJECTED = "injected"

logger = logging.getLogger("freiton")


class Journal:
    """ASGI middleware that adds each request of a world to its journal before the answer is complete.

    :param app: the application behind it; it may put into the scope which failure was `injected`, as JSON.
    :param routes: the paths of the contract, by which requests and answers are judged.
    :param registry: the registry of the sandbox.
    """

    def __init__(self, app: ASGIApp, routes: Routes, registry: store.Store) -> None:
        self.app = app
        self.routes = routes
        self.registry = registry
        # Where in a path the client account is.
        self.account = routes.operations[0].template.split("/").index("{ClientsID}")
        with registry.use():
            self.limits = limits.read()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and record it if it is for a world (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        if "world" not in scope:
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, lambda ended: self._record(scope, ended))
        await exchange.arrival.read_ahead()
        try:
            await self.app(scope, exchange.receive, exchange.send)
        finally:
            exchange.end()

    def _record(self, scope: Scope, exchange: Exchange) -> None:
        injected = scope.get(INJECTED)
        operation, broken = judge_request(self.routes, exchange.asked)
        if exchange.status in REFUSED and not (injected and injected.get("status")):
            broken = [*dict.fromkeys([*broken, _read_refusal(exchange)])]
        met = [] if operation is None else _list_met(operation, exchange, is_valid=not broken)
        if operation is not None:
            broken = [*broken, *_judge_answer(operation, exchange)]
        entry = self._describe(scope, exchange, operation, broken, injected)
        try:
            with self.registry.use():
                journal.add(scope["world"].id, entry, met, self.limits.journal_length)
        except (store.Unavailable, store.EngineError) as error:
            logger.error("The journal cannot be written now: %s", error)

    def _describe(
        self, scope: Scope, exchange: Exchange, operation: Operation | None, broken: list[Violation], injected: Any
    ) -> journal.Entry:
        seconds, begin = exchange.began
        time_of_arrival, path = datetime.fromtimestamp(seconds, UTC), scope["path"]
        return journal.Entry(
            time=render_moment(time_of_arrival),
            request_id=request_id.get(),
            operation_id=None if operation is None else operation.identity,
            method=exchange.head.method,
            path=path,
            query=exchange.head.query.decode("latin-1"),
            clients_id=_read_account(path.split("/")[self.account]),
            request=exchange.arrival.body.describe(exchange.head.headers, self.limits.largest_kept),
            status=exchange.status,
            response=exchange.response.describe(exchange.headers, self.limits.largest_kept),
            milliseconds=round(1000 * (time.perf_counter() - begin), 3),
            violations=[each._asdict() for each in broken],
            failure=injected,
            moment=render_moment(scope["world"].clock.read_at(time_of_arrival)),
        )


def _read_account(text: str) -> int | None:
    account = read_integer(text)
    return account if isinstance(account, int) and 0 <= account <= LARGEST_ID else None


def _read_refusal(exchange: Exchange) -> Violation:
    """Return why the service has refused a request, as its answer says."""
    pointer = exchange.fields.get(POINTER.lower().encode())
    try:
        error = json.loads(exchange.response.kept)["error"]
    except (ValueError, TypeError, KeyError):
        error = "is refused"
    return explain_refusal(exchange.status or 0, None if pointer is None else pointer.decode(), error)


def _judge_answer(operation: Operation, exchange: Exchange) -> list[Violation]:
    if exchange.status is None:
        return []
    body = None if exchange.head.method == "HEAD" else exchange.response.whole
    return judge_answer(operation.answers, exchange.status, exchange.fields, body)


def _list_met(operation: Operation, exchange: Exchange, *, is_valid: bool) -> list[Item]:
    status = [] if exchange.status is None else [(STATUS, str(exchange.status))]
    return [*status, *(list_met(operation, exchange.asked) if is_valid else ())]
