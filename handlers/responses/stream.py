"""Answers that are sent while they are read."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from data import store
from handlers.contract.problems import Refusal
from handlers.limits.scans import Scans
from handlers.responses.errors import refuse

# Of a part, that the server is given to send; it takes no more while its client takes nothing.
LARGEST_PART = 64 * 1024

logger = logging.getLogger("freiton")


class Stream(StreamingResponse):
    """An answer in parts, each read when the one before is sent; without its end if one cannot be read.

    :param parts: the parts. One that was interrupted is read again when it is asked for again.
    :param headers: further header fields.
    :param media_type: what the parts are.
    """

    def __init__(self, parts: Iterator[bytes], headers: Mapping[str, str], media_type: str) -> None:
        super().__init__((), headers=headers, media_type=media_type)
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts, or nothing but the header for HEAD."""
        if scope["method"] != "HEAD":
            self.body_iterator = self._read(scope["scans"], scope["client_account"])
        try:
            await super().__call__(scope, receive, send)
        except (Refusal, store.Unavailable, store.sqlite3.Error) as error:
            # The server closes the connection of an answer that has no end.
            logger.error("An answer was cut off: %s", type(error).__name__)

    async def _read(self, scans: Scans, account: str) -> AsyncIterator[bytes]:
        while part := await scans.run(account, partial(next, self.parts, b""), is_bounded=False):
            for begin in range(0, len(part), LARGEST_PART):
                yield part[begin : begin + LARGEST_PART]


class Search:
    """An ASGI application that answers with a read which is too long for the event loop.

    :param read: gives the response.
    """

    def __init__(self, read: Callable[[], Response]) -> None:
        self.read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, and send the answer."""
        scans: Scans = scope["scans"]
        try:
            response = await scans.answer(scope["client_account"], receive, self.read)
        except Exception as error:  # noqa: BLE001 - every error of a handler is answered.
            response = refuse(error)
        await response(scope, receive, send)
