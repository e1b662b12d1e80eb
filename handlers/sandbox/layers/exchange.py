"""A request and its answer, looked at while they pass through a layer."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from starlette.types import Message, Receive, Scope, Send

from handlers.contract.headers import join_fields
from handlers.contract.operations import Fields
from handlers.contract.verdicts import Asked
from handlers.sandbox.layers.arrival import Arrival
from handlers.sandbox.layers.bodies import Body


class Exchange:
    """A request and its answer; `record` is called once, before the client can have the whole answer.

    :param scope: the ASGI scope of the request, in which `abort`, which disconnects the client, is replaced.
    :param receive: the ASGI callable that gives the next message of the client.
    :param send: the ASGI callable that sends a message to the client.
    :param record: called with the exchange when the answer is complete, or when it is known that it never will be.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, record: Callable[["Exchange"], None]) -> None:
        self.began = time.time(), time.perf_counter()
        # The application changes the scope.
        self.head = Asked(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], None)
        self.arrival = Arrival(scope, receive)
        self.response = Body()
        self.start: Message | None = None
        self.client = send
        self.record: Callable[[Exchange], None] | None = record
        scope["abort"] = partial(self._abort, scope["abort"])

    @property
    def asked(self) -> Asked:
        """Return the request, as far as it was read."""
        return self.head._replace(body=self.arrival.body.whole)

    @property
    def status(self) -> int | None:
        """Return the status of the answer; None if the client got none."""
        return None if self.start is None or not self.response.chunks else int(self.start["status"])

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """Return the header fields of the answer, without those that the server adds."""
        return [] if self.start is None else self.start["headers"]

    @property
    def fields(self) -> Fields:
        """Return the header fields of the answer by name in lower case."""
        return join_fields((name.lower(), value) for name, value in self.headers)

    def end(self) -> None:
        """Have the exchange recorded as it is now, if it was not before."""
        record, self.record = self.record, None
        if record is not None:
            record(self)

    async def receive(self) -> Message:
        """Return the next message of the client (ASGI)."""
        message = await self.arrival.receive()
        if self.arrival.is_gone and self.start is None:
            # Nobody gets the answer any more.
            self.end()
        return message

    async def send(self, message: Message) -> None:
        """Send a message to the client (ASGI); the start of the answer is sent with the first part of its body.

        :param message: the message of the application.
        """
        if message["type"] == "http.response.start":
            self.start = message
            return
        is_first, chunk = self.response.chunks == 0, message.get("body", b"")
        self.response.add(chunk, is_last=not message.get("more_body", False))
        if self.response.is_complete or self._has_all():
            self.end()
        if is_first and self.start is not None:
            # What the server changes in the message is not the application's.
            await self.client({**self.start})
        await self.client(message)

    def _has_all(self) -> bool:
        return self.fields.get(b"content-length") == str(self.response.size).encode()

    def _abort(self, abort: Callable[[], None]) -> None:
        self.end()
        abort()
