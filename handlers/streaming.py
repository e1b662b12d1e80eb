"""Answers that are sent while they are read."""

import logging

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from data import store

logger = logging.getLogger("freiton")


class Stream(StreamingResponse):
    """An answer in parts, each made when the one before is sent; without its end if one cannot be made."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts, or nothing but the header for HEAD."""
        if scope["method"] == "HEAD":
            self.body_iterator = iterate_in_threadpool(())
        try:
            await super().__call__(scope, receive, send)
        except (store.Unavailable, store.sqlite3.Error) as error:
            # The server closes the connection of an answer that has no end.
            logger.error("An answer was cut off: %s", type(error).__name__)
