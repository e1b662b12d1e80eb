"""What the journal says of a call to a connector, and the contract of it and its answer."""

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from data.store.texts import render_moment
from handlers.contract.headers import join_fields
from handlers.contract.operations import Operation
from handlers.contract.verdicts import Asked, judge_answer, judge_request
from handlers.sandbox.layers.bodies import Body
from handlers.sandbox.outgoing.addresses import Place
from handlers.sandbox.outgoing.contract import compile_routes
from handlers.sandbox.outgoing.exchange import Headers, Passed
from handlers.sandbox.registry import journal

HIDDEN = b"***"


class Recording:
    """A call, looked at while it is sent.

    :param operation: the operation.
    :param asked: the request, as the contract sees it.
    :param place: the target.
    :param number: which attempt it is, and of which call: what the journal has as ID of the request.
    """

    def __init__(self, operation: Operation, asked: Asked, place: Place, number: str) -> None:
        self.operation = operation
        self.asked = asked
        self.place = place
        self.number = number
        self.began = time.time(), time.perf_counter()

    def describe(self, call_id: int, passed: Passed, secrets: Collection[str], most: int) -> journal.Entry:
        """Return the entry of the journal.

        :param call_id: ID of the call.
        :param passed: what has passed.
        :param secrets: the texts that nobody may read.
        :param most: how many bytes of each body are shown.
        """
        moment, begin = self.began
        request = Body(is_complete=True)
        request.add(self.asked.body or b"", is_last=True)
        return journal.Entry(
            time=render_moment(datetime.fromtimestamp(moment, UTC)),
            request_id=self.number,
            operation_id=self.operation.identity,
            method=self.operation.method,
            path=f"{self.place.path}{self.operation.template}",
            query=_hide(self.asked.query, secrets).decode("latin-1"),
            clients_id=None,
            request=show(request, passed.sent or (), secrets, most),
            status=passed.status,
            response=show(passed.body, passed.headers, secrets, most),
            milliseconds=round(1000 * (time.perf_counter() - begin), 3),
            violations=self._judge(passed),
            failure=None,
            direction=journal.OUTGOING,
            call=call_id,
            scheme=self.place.scheme,
        )

    def _judge(self, passed: Passed) -> list[Any]:
        _, broken = judge_request(compile_routes(), self.asked)
        if passed.status is not None:
            fields = join_fields(passed.headers)
            broken = [*broken, *judge_answer(self.operation.answers, passed.status, fields, passed.body.whole)]
        return [each._asdict() for each in broken]


def show(body: Body, headers: Headers, secrets: Collection[str], most: int) -> Mapping[str, Any]:
    """Return a message as the journal and the control API show it.

    :param body: its body.
    :param headers: its header fields, names in lower case.
    :param secrets: the texts that nobody may read.
    :param most: how many bytes of the body are shown.
    """
    shown = Body()
    shown.kept, shown.size = bytearray(_hide(bytes(body.kept), secrets)), body.size
    return shown.describe([(name, _hide(value, secrets)) for name, value in headers], most)


def _hide(text: bytes, secrets: Collection[str]) -> bytes:
    for secret in secrets:
        text = text.replace(secret.encode(), HIDDEN)
    return text
