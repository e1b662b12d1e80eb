"""Streamed responses: parts are sent while later parts are still being read."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from data import store
from handlers.contract.problems import Refusal
from handlers.limits.scans import Scans
from handlers.responses.errors import refuse

# The largest part that is given to the server at once, in bytes. The server's flow control waits after each part while
# the client does not read.
LARGEST_PART = 64 * 1024

logger = logging.getLogger("freiton")


class Stream(StreamingResponse):
    """A streamed response: each part is read when the one before it is sent.

    If a part cannot be read, the response is cut off: its end is not sent.

    :param parts: the parts; if reading a part was interrupted, the next call reads that part again.
    :param headers: further header fields, by name.
    :param media_type: the media type of the response.
    """

    def __init__(self, parts: Iterator[bytes], headers: Mapping[str, str], media_type: str) -> None:
        super().__init__((), headers=headers, media_type=media_type)
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts, or only the header for HEAD (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        if scope["method"] != "HEAD":
            self.body_iterator = self._read(scope["scans"], scope["client_account"])
        try:
            await super().__call__(scope, receive, send)
        except (Refusal, store.Unavailable, store.EngineError) as error:
            # The server closes the connection, since the response has no end.
            logger.error("An answer was cut off: %s", type(error).__name__)

    async def _read(self, scans: Scans, account: str) -> AsyncIterator[bytes]:
        while part := await scans.run(account, partial(next, self.parts, b""), is_bounded=False):
            for begin in range(0, len(part), LARGEST_PART):
                yield part[begin : begin + LARGEST_PART]


class Search:
    """An ASGI application that runs a read in a thread, since it takes too long for the event loop.

    :param read: runs the handler, and returns its response.
    """

    def __init__(self, read: Callable[[], Response]) -> None:
        self.read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the read and send its response (ASGI).

        :param scope: the ASGI scope of the request.
        :param receive: the ASGI callable that gives the next message of the client.
        :param send: the ASGI callable that sends a message to the client.
        """
        scans: Scans = scope["scans"]
        try:
            response = await scans.answer(scope["client_account"], receive, self.read)
        except Exception as error:  # noqa: BLE001 - every error of a handler is answered.
            response = refuse(error)
        await response(scope, receive, send)
