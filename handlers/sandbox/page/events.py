"""The journal of a world as server-sent events (WHATWG HTML, section 9.2): each a row of the table of the page."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from threading import Event

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from data import store
from handlers.sandbox.page.rendering import read_count, read_query, render
from handlers.sandbox.registry import journal
from handlers.sandbox.registry.journal import Filter

MEDIA_TYPE = "text/event-stream"
# In seconds. Other processes add entries too, which the registry alone tells.
POLL_SECONDS = 0.2
# A client asks again by itself when the stream ends.
LONGEST_SECONDS = 300
# In milliseconds, how long it waits before that.
RETRY = "retry: 1000\n\n"
# Tells the page that there is no such world any more.
GONE = "event: gone\ndata:\n\n"
MOST_AT_ONCE = 50


def stream_journal(request: Request) -> Response:
    """Return the entries that a journal gets from now on, as they come.

    :param request: the request; `world` names the world, and `after` or the field `Last-Event-ID` the number of the
        last entry that the client has.
    :raises store.NotFound: there is no such world.
    :raises Problem: 400; a parameter is wrong.
    """
    query = read_query(request)
    last = request.headers.get("Last-Event-ID")
    given = query if last is None else {"after": last}
    world_id = query.get("world", "")
    after = read_count(given, "after", journal.find_last(world_id))
    headers = {"Cache-Control": "no-store"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=MEDIA_TYPE)
    return StreamingResponse(_follow(world_id, after, request.scope["stop"]), headers=headers, media_type=MEDIA_TYPE)


async def _follow(world_id: str, after: int, stop: Event) -> AsyncIterator[str]:
    yield RETRY
    end = time.monotonic() + LONGEST_SECONDS
    with suppress(store.Unavailable):
        while not stop.is_set() and time.monotonic() < end:
            try:
                newest = journal.find_last(world_id)
            except store.NotFound:
                yield GONE
                return
            while after < newest:
                entries = journal.list_heads(world_id, Filter(after=after), MOST_AT_ONCE)
                for text in _render(world_id, entries):
                    yield text
                last = entries[-1]["number"] if entries else after
                # Entries are missing if the journal was cleared, and there may be newer ones by now.
                after = last if len(entries) == MOST_AT_ONCE else max(last, newest)
            await asyncio.sleep(POLL_SECONDS)


def _render(world_id: str, entries: list[store.Row]) -> Iterator[str]:
    for entry in entries:
        lines = render("entry", world_id=world_id, entry=entry).splitlines()
        data = "\n".join(f"data: {line}" for line in lines)
        yield f"id: {entry['number']}\n{data}\n\n"
