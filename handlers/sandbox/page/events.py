"""The journal of a world as server-sent events (WHATWG HTML, section 9.2): each a row of the table of the page."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import takewhile
from threading import Event

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from data import store
from handlers.sandbox.page.rendering import read_count, read_query, render
from handlers.sandbox.registry import journal
from handlers.sandbox.registry.journal import EntryFilter

MEDIA_TYPE = "text/event-stream"
# In seconds. Other processes add entries too, which the registry alone tells.
POLL_SECONDS = 0.2
# How many times the registry is asked: five minutes. A client asks again by itself when the stream ends.
MOST_POLLS = 1500
# How many entries are sent each time, at most.
MOST_AT_ONCE = 100
# In milliseconds, how long a client waits before it asks again.
RETRY = "retry: 1000\n\n"
# A comment that is sent every so many times: only what is sent to a client that has left tells that it has.
ALIVE = ":\n\n"
POLLS_ALIVE = 5
# Tells the page that there is no such world any more.
GONE = "event: gone\ndata:\n\n"


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
    newest = journal.find_last(world_id)
    # The client may have entries of a world of this name that a restart has forgotten.
    after = min(newest, read_count(given, "after", newest))
    headers = {"Cache-Control": "no-store"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=MEDIA_TYPE)
    return StreamingResponse(_follow(world_id, after, request.scope["ending"]), headers=headers, media_type=MEDIA_TYPE)


async def _follow(world_id: str, after: int, ending: Event) -> AsyncIterator[str]:
    yield RETRY
    try:
        for poll in takewhile(lambda _: not ending.is_set(), range(MOST_POLLS)):
            newest = journal.find_last(world_id)
            if after < newest:
                entries = journal.list_heads(world_id, EntryFilter(after=after), MOST_AT_ONCE)
                for text in _render(world_id, entries):
                    yield text
                # There are none if the journal was cleared.
                after = entries[-1]["number"] if entries else newest
            elif poll % POLLS_ALIVE == 0:
                yield ALIVE
            await asyncio.sleep(POLL_SECONDS)
    except store.NotFound:
        yield GONE


def _render(world_id: str, entries: list[store.Row]) -> Iterator[str]:
    for entry in entries:
        lines = render("entry", world_id=world_id, entry=entry).splitlines()
        data = "\n".join(f"data: {line}" for line in lines)
        yield f"id: {entry['number']}\n{data}\n\n"
