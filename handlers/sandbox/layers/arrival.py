"""The body of a request, which is read ahead so that it is known even if the application does not read it."""

import asyncio
from collections import deque
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from handlers.contract.bodies import LARGEST_BODY
from handlers.sandbox.layers.bodies import Body

# How long to wait for the rest of a body before the application gets its beginning.
SECONDS_TO_READ = 1


class Arrival:
    """The body of a request, from the client to the application.

    :param scope: the ASGI scope of the request.
    :param receive: the ASGI callable that gives the next message of the client.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        length = headers.get("Content-Length", "")
        self.client = receive
        self.body = Body(is_complete=not length and "Transfer-Encoding" not in headers)
        # Some clients wait for an answer before they send the body, and a larger body is for a file.
        self.is_read_ahead = "Expect" not in headers and (not length or _is_small(length))
        self.messages: deque[Message] = deque()
        self.is_gone = False

    async def read_ahead(self) -> None:
        """Read what arrives soon, up to the largest size of a JSON body."""
        if not self.is_read_ahead or self.body.is_complete:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_READ):
                while not (self.body.is_complete or self.is_gone) and self.body.size < LARGEST_BODY:
                    self.messages.append(await self._read())

    async def receive(self) -> Message:
        """Return the next message for the application (ASGI)."""
        return self.messages.popleft() if self.messages else await self._read()

    async def _read(self) -> Message:
        message = await self.client()
        if message["type"] == "http.request":
            self.body.add(message.get("body", b""), is_last=not message.get("more_body", False))
        else:
            self.is_gone = True
        return message


def _is_small(length: str) -> bool:
    digits = length.lstrip("0")
    return len(digits) <= len(str(LARGEST_BODY)) and int(digits or 0) <= LARGEST_BODY
