"""The operations on the journal of a world."""

import asyncio
import time
from functools import partial
from typing import Any

from connexion import request
from starlette.responses import Response

from handlers.contract.operations import JSON
from handlers.responses.stream import Stream
from handlers.sandbox.control import DONE, respond
from handlers.sandbox.control.har import Archive
from handlers.sandbox.registry import journal, limits
from handlers.sandbox.registry.journal import EntryFilter

# In seconds. Other processes add entries too, which the registry alone tells.
POLL_SECONDS = 0.02


def list_requests(world: str, limit: int, **given: Any) -> Response:
    """Return the first entries of a journal that match (contract: listRequests).

    :param world: ID of the world.
    :param limit: the most entries to return.
    :param given: the fields of `EntryFilter`.
    :raises store.NotFound: there is no such world.
    """
    counted = _count(world, EntryFilter(**given))
    return respond({"entries": journal.list_some(world, EntryFilter(**given), limit), **counted})


def count_requests(world: str, **given: Any) -> Response:
    """Return how many entries of a journal match (contract: countRequests).

    :param world: ID of the world.
    :param given: the fields of `EntryFilter`.
    :raises store.NotFound: there is no such world.
    """
    return respond(_count(world, EntryFilter(**given)))


async def wait_for_requests(world: str, count: int, timeout: float, **given: Any) -> Response:
    """Return as soon as enough entries of a journal match, or after a timeout (contract: waitForRequests).

    :param world: ID of the world.
    :param count: how many entries are enough.
    :param timeout: in seconds; the service waits no longer than its own limit.
    :param given: the fields of `EntryFilter`.
    :raises store.NotFound: there is no such world, or none any more.
    """
    stop, end = request.scope["stop"], time.monotonic() + min(timeout, limits.read().longest_wait)
    last = -1
    found = 0
    while True:
        if (newest := journal.find_last(world)) != last:
            last, found = newest, journal.count(world, EntryFilter(**given))
        if found >= count or time.monotonic() >= end or stop.is_set():
            return respond({"count": found, "reached": found >= count})
        await asyncio.sleep(POLL_SECONDS)


def clear_journal(world: str) -> Response:
    """Delete all entries of a journal (contract: clearJournal).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    journal.clear(world)
    return respond(DONE)


def export_har(world: str, **given: Any) -> Response:
    """Return the entries of a journal that match as an HTTP archive (contract: exportHar).

    :param world: ID of the world.
    :param given: the fields of `EntryFilter`.
    :raises store.NotFound: there is no such world.
    """
    journal.find_last(world)
    return Stream(Archive(partial(journal.list_whole, world), EntryFilter(**given)), {}, JSON)


def _count(world: str, given: EntryFilter) -> dict[str, int]:
    dropped = journal.count_dropped(world)
    return {"count": journal.count(world, given), "dropped": dropped}
