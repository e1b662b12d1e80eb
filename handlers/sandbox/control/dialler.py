"""The operations on the dialler of a world."""

import asyncio
import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from connexion import request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from data import store
from data.dialler import history, tries
from handlers.sandbox.control import respond
from handlers.sandbox.control.dialler_bodies import complete, make_call, make_scenario, read_settings
from handlers.sandbox.control.inside import find_world, open_world, run_inside
from handlers.sandbox.dialling import find_diallers
from handlers.sandbox.outgoing import telling
from handlers.sandbox.registry import limits, runs, worlds
from handlers.sandbox.registry.runs import RUNNING
from handlers.sandbox.registry.worlds import World

# In seconds. Other processes may play, which the registry alone tells.
POLL_SECONDS = 0.02
# How long a run that is asked to stop may take for its current step.
STOP_SECONDS = 10


async def play_try(world: str, body: Mapping[str, Any]) -> Response:
    """Play a call with a contact (contract: playTry).

    :param world: ID of the world.
    :param body: the contact, and the outcome of the call.
    :raises store.NotFound: there is no such world, client account or contact.
    :raises store.Conflict: the contact cannot be called so.
    :raises Problem: 400; fields contradict one another.
    """
    found = find_world(world, body["clientsId"])
    entry, contact = await run_in_threadpool(_play_try, found, body, open_world(found))
    return respond({"call": json.loads(entry), "contact": json.loads(contact)})


async def list_dialler_statistics(world: str, clients_id: int) -> Response:
    """Return what the dialler has counted (contract: listDiallerStatistics).

    :param world: ID of the world.
    :param clients_id: ID of the client account.
    :raises store.NotFound: there is no such world or client account.
    """
    found = find_world(world, clients_id)
    return respond({"hours": await run_inside(found, partial(history.list_counts, clients_id))})


async def run_dialler(world: str, body: Mapping[str, Any]) -> Response:
    """Begin a run of the dialler (contract: runDialler).

    :param world: ID of the world.
    :param body: the scenario.
    :raises store.NotFound: there is no such world or client account.
    :raises store.Conflict: another one is running, or there is no such campaign or result code.
    :raises Problem: 400; fields contradict one another.
    """
    found = find_world(world, body["clientsId"])
    completed = complete(body)
    campaigns = await run_inside(found, partial(tries.list_campaigns, body["clientsId"]))
    scenario = make_scenario(completed, campaigns)
    run = runs.begin(world, found.clock, completed)
    find_diallers().start(run, scenario, open_world(found))
    return respond(run.describe(), 201, {"Location": f"/sandbox/v1/worlds/{world}/dialler/run"})


async def get_dialler_run(world: str, timeout: float) -> Response:
    """Return the last run as soon as it has ended, or after a timeout (contract: getDiallerRun).

    :param world: ID of the world.
    :param timeout: in seconds; the service waits no longer than its own limit.
    :raises store.NotFound: there is no such world, or the dialler has not run there.
    """
    worlds.find(world)
    return respond((await _await_end(world, min(timeout, limits.read().longest_wait))).describe())


async def stop_dialler(world: str) -> Response:
    """Stop the run, and return it (contract: stopDialler).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world, or the dialler has not run there.
    """
    worlds.find(world)
    runs.ask_to_stop(world)
    return respond((await _await_end(world, STOP_SECONDS)).describe())


async def _await_end(world: str, seconds: float) -> runs.Run:
    stop, end = request.scope["stop"], time.monotonic() + seconds
    while True:
        run = runs.find(world)
        if run.state != RUNNING or time.monotonic() >= end or stop.is_set():
            return run
        await asyncio.sleep(POLL_SECONDS)


def _play_try(world: World, body: Mapping[str, Any], of: store.Store) -> tuple[str, str]:
    """Play a call, and queue what connectors are to be told; what finds no room is queued later."""
    registry, make = store.current(), partial(make_call, body, now=world.clock.read())
    with of.use(), store.atomic():
        entry, contact = tries.play_one(body["clientsId"], body["contactId"], make, read_settings(body))
        with registry.use():
            telling.note(of, world.id, json.loads(entry)["ID"])
    telling.tell(of, world.id)
    return entry, contact
