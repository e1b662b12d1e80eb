"""What the answers of deprecated operations say of it: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Dates = Mapping[tuple[str, str], Mapping[str, str]]


class Deprecation:
    """ASGI middleware that says in an answer since when its operation is deprecated, and when it will be gone.

    :param dates: the header fields of each operation, known by its method and path.
    """

    def __init__(self, app: ASGIApp, dates: Dates) -> None:
        self.app = app
        self.dates = dates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the guard then says which operation it is for."""

        async def send_with_dates(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = "GET" if scope["method"] == "HEAD" else scope["method"]
                MutableHeaders(scope=message).update(self.dates.get((method, scope.get("operation", "")), {}))
            await send(message)

        await self.app(scope, receive, send_with_dates)


def read_dates(contract: Mapping[str, Any]) -> Dates:
    """Return the header fields of the deprecated operations: the dates of the contract, at midnight UTC."""
    base = contract["servers"][0]["url"]
    return {
        (method.upper(), base + path): {
            "Deprecation": f"@{int(_parse(operation['x-freiton-deprecated']).timestamp())}",
            "Sunset": format_datetime(_parse(operation["x-freiton-sunset"]), usegmt=True),
        }
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if operation.get("deprecated")
    }


def _parse(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)
