"""One log line a request, and the ID that ties the line to the answer."""

import json
import logging
import sys
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
# As nginx says it.
CLIENT_CLOSED_REQUEST = 499

logger = logging.getLogger("freiton.request")
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
                MutableHeaders(scope=message)[HEADER] = identity
            await send(message)

        try:
            await self.app(scope, receive_till_gone, send_with_id)
        finally:
            _log(scope, status, time.monotonic() - begin)


class TextFormatter(logging.Formatter):
    """A line of text: time, level, request ID, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return f"{_time(record)} {record.levelname} {request_id.get()} {' '.join(record.getMessage().split())}"


class JsonFormatter(logging.Formatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {"time": _time(record), "level": record.levelname, "request": request_id.get()}
        return json.dumps(entry | getattr(record, "fields", {"message": record.getMessage()}))


FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}


def configure(log_format: str) -> None:
    """Send the log of this process to standard error.

    :param log_format: `text` or `json`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATTERS[log_format]())
    # It tells of an answer that was cut off, which has been told with its cause.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing" not in record.msg)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logger.setLevel(logging.INFO)
    # Warns at each request for which the contract has several media types.
    logging.getLogger("connexion").setLevel(logging.ERROR)


def _log(scope: Scope, status: int, seconds: float) -> None:
    fields = {
        "method": scope["method"] if "operation" in scope else "-",
        "operation": scope.get("operation", "unknown"),
        "client": scope.get("client_account", "-"),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
    logger.info(" ".join(str(value) for value in fields.values()), extra={"fields": fields})


def _identify(headers: Headers) -> str:
    try:
        return str(uuid.UUID(headers.get(HEADER, "")))
    except ValueError:
        return str(uuid.uuid4())


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
