"""One log line for each request, and the request ID that links the line to the response."""

import os
import random
import time
import uuid
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.limits.scans import CLIENT_CLOSED_REQUEST
from handlers.responses.log import RequestLine, RequestLines, request_id

HEADER = "X-Request-ID"

# Random bytes of the kernel would take three times as long, and request IDs need not be secret.
_random = partial(random.Random(os.urandom(32)).getrandbits, 128)


class RequestLog:
    """The outermost ASGI middleware: gives each request an ID, adds it to the response, and logs the request.

    The line names the operation and not the URL: a URL may contain names of persons, or by mistake a token.

    :param app: the ASGI application that it wraps.
    :param lines: the log lines of this process.
    """

    def __init__(self, app: ASGIApp, lines: RequestLines) -> None:
        self.app = app
        self.lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log its status; 499 if the client disconnected before the response (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        identity = _identify(Headers(scope=scope))
        request_id.set(identity)
        status, gone, begin = CLIENT_CLOSED_REQUEST, False, time.monotonic()

        async def receive_till_gone() -> Message:
            nonlocal gone
            message = await receive()
            gone = message["type"] == "http.disconnect"
            return message

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = CLIENT_CLOSED_REQUEST if gone else message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = identity
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, receive_till_gone, send_with_id)
        finally:
            self.lines.add(identity, _describe(scope, status), time.monotonic() - begin)


def make_id() -> str:
    """Return a new request ID: a random UUID, version 4 (RFC 9562, section 5.4)."""
    digits = f"{_random():032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _describe(scope: Scope, status: int) -> RequestLine:
    return RequestLine(
        scope["method"] if "template" in scope else "-",
        scope.get("template", "unknown"),
        scope.get("client_account", "-"),
        status,
    )


def _identify(headers: Headers) -> str:
    try:
        return str(uuid.UUID(headers.get(HEADER, "")))
    except ValueError:
        return make_id()
