"""One log line a request, and the ID that ties the line to the answer."""

import asyncio
import json
import logging
import os
import random
import select
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
# As nginx says it.
CLIENT_CLOSED_REQUEST = 499

# To ask the kernel each time would take three times as long, and nobody is kept out by an ID.
_random = partial(random.Random(os.urandom(32)).getrandbits, 128)
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestLog:
    """ASGI middleware, the outermost: gives each request an ID, says it in the answer, and logs the request.

    The log names the operation, not the URL: a URL may hold names, or by mistake a token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log how it ended; status 499 when the client did not wait for the answer."""
        identity = _identify(Headers(scope=scope))
        request_id.set(identity)
        status, gone = CLIENT_CLOSED_REQUEST, False
        begin = time.monotonic()

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
            log_request(identity, _describe(scope, status), time.monotonic() - begin)


class RequestLine(NamedTuple):
    """What the log says of a request, but for its time, ID and duration."""

    method: str
    operation: str
    client: str
    status: int


class TextFormatter(logging.Formatter):
    """A line of text: time, level, request ID, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return f"{_time(record.created)} {record.levelname} {request_id.get()} {' '.join(record.getMessage().split())}"


class JsonFormatter(logging.Formatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {"time": _time(record.created), "level": record.levelname, "request": request_id.get()}
        return json.dumps(entry | {"message": record.getMessage()})


def configure(log_format: str) -> None:
    """Send the log of this process to standard error.

    :param log_format: `text` or `json`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    _lines.render = _render_json if log_format == "json" else _render_text
    # It tells of an answer that was cut off, which has been told with its cause.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing" not in record.msg)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Warns at each request for which the contract has several media types.
    logging.getLogger("connexion").setLevel(logging.ERROR)


def make_id() -> str:
    """Return a new request ID, a random UUID (RFC 9562, section 5.4)."""
    digits = f"{_random():032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def log_request(identity: str, line: RequestLine, seconds: float) -> None:
    """Write the line of a request to the log of this process.

    :param identity: the ID of the request.
    :param seconds: how long it took.
    """
    _lines.add(_lines.render(identity, line, round(seconds * 1000, 1)))


class _Lines:
    """Lines for standard error that are written together when the event loop comes round.

    A line takes a tenth of what it takes through logging, of which this is the rest: 80 of 130 us a request.
    """

    def __init__(self, render: Callable[[str, RequestLine, float], str]) -> None:
        self.render = render
        self.pending: list[str] = []
        self.size = 0

    def add(self, line: str) -> None:
        # What is longer might come between the lines of another worker.
        if self.size + len(line) > select.PIPE_BUF:
            self.write()
        if not self.pending:
            asyncio.get_running_loop().call_soon(self.write)
        self.pending.append(line)
        self.size += len(line)

    def write(self) -> None:
        text, self.pending, self.size = "".join(self.pending), [], 0
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _render_text(identity: str, line: RequestLine, milliseconds: float) -> str:
    method, operation, client, status = line
    return f"{_time(time.time())} INFO {identity} {method} {operation} {client} {status} {milliseconds}\n"


def _render_json(identity: str, line: RequestLine, milliseconds: float) -> str:
    entry = {"time": _time(time.time()), "level": "INFO", "request": identity}
    return json.dumps({**entry, **line._asdict(), "milliseconds": milliseconds}) + "\n"


_lines = _Lines(_render_text)


def _describe(scope: Scope, status: int) -> RequestLine:
    return RequestLine(
        scope["method"] if "operation" in scope else "-",
        scope.get("operation", "unknown"),
        scope.get("client_account", "-"),
        status,
    )


def _identify(headers: Headers) -> str:
    try:
        return str(uuid.UUID(headers.get(HEADER, "")))
    except ValueError:
        return make_id()


def _time(moment: float) -> str:
    seconds = int(moment)
    return f"{_second(seconds)}.{int((moment - seconds) * 1_000_000):06d}Z"


@lru_cache(2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
