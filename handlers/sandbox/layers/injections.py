"""What happens to a request that fails on demand, before the application or after it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.contract.bodies import await_disconnect
from handlers.sandbox.registry.failures import AFTER


class Injection:
    """An ASGI application that delays, replaces, swallows or cuts off the answer of another.

    :param app: the application.
    :param rule: what happens: `status`, `delay` in seconds, `drop`, `cut`, and `when`; each may be left out.
    :param error: the answer with the status.
    """

    def __init__(self, app: ASGIApp, rule: Mapping[str, Any], error: ASGIApp | None) -> None:
        self.app = app
        self.delay: float = rule.get("delay") or 0
        self.is_after = rule.get("when") == AFTER
        self.is_cut: bool = rule.get("cut", False)
        self.end = drop if rule.get("drop") else error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request fail (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        if self.end is None:
            await self._hold_up(scope, receive, send)
            return
        if self.is_after:
            await self.app(scope, receive, _swallow)
        elif not await _take_body(receive):
            return
        await asyncio.sleep(self.delay)
        await self.end(scope, receive, send)

    async def _hold_up(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.is_after:
            await asyncio.sleep(self.delay)
            await self.app(scope, receive, send)
            return
        following = _Cut(scope, receive, send) if self.is_cut else send

        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(self.delay)
            await following(message)

        await self.app(scope, receive, send_late)


async def drop(scope: Scope, receive: Receive, send: Send) -> None:
    """Disconnect the client, after the answers to its earlier requests (ASGI).

    :param scope: the ASGI scope of the request; our server puts `hang_up` there.
    :param receive: the ASGI callable that gives the next message of the client.
    :param send: not called.
    """
    scope["hang_up"]()
    await await_disconnect(receive)


class _Cut:
    """Sends the first half of the first part of an answer, then nothing: the server disconnects the client.

    An answer without a body is not sent at all.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        if self.start is None:
            return
        start, self.start = self.start, None
        body = message.get("body", b"")
        if self.scope["method"] == "HEAD" or not body:
            await drop(self.scope, self.receive, self.send)
            return
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


async def _take_body(receive: Receive) -> bool:
    """Wait for the end of a request, and return whether it has come: the client might send before it reads."""
    while (message := await receive()).get("more_body"):
        pass
    return bool(message["type"] == "http.request")


async def _swallow(message: Message) -> None:
    pass
