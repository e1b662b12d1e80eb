"""The operations on the ACD events of a world."""

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from starlette.responses import Response

from data import event_status, events, store
from handlers.contract.compiled_schemas import CompiledSchema
from handlers.contract.problems import Problem
from handlers.sandbox.control import respond
from handlers.sandbox.control.inside import find_world, run_inside
from handlers.sandbox.documented import compile_routes
from handlers.sandbox.outgoing import notices
from handlers.sandbox.registry import worlds

CREATION = "createAcdEvent"


async def enter_event(world: str, body: Mapping[str, Any]) -> Response:
    """Let an event enter the system, as a call flow or an inbox does (contract: enterEvent).

    :param world: ID of the world.
    :param body: the event, as createAcdEvent takes it.
    :raises store.NotFound: there is no such world, client account, group or agent.
    :raises store.Conflict: as many outgoing calls as are allowed wait.
    :raises Problem: 400; createAcdEvent does not take the event.
    """
    found = find_world(world, body["clientsId"])
    if problem := _find_creation().find_problem(body["event"]):
        path, why = problem
        raise Problem(("body", "event", *path), why)
    tell = partial(notices.event_created, store.current(), world)
    entered = await run_inside(found, partial(_enter, body["clientsId"], body["event"], tell))
    return respond({"event": entered, "way": []})


def _enter(clients_id: int, event: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any]:
    """Create an event, which is told in the same transaction, and return it."""
    with store.atomic():
        entered: Mapping[str, Any] = json.loads(events.create(clients_id, event, events.ENTERED))
        tell(entered)
        return entered


@cache
def _find_creation() -> CompiledSchema:
    """Return the schema of the body of createAcdEvent."""
    (schema,) = (each.body for each in compile_routes().operations if each.identity == CREATION and each.body)
    return schema


async def change_event_status(world: str, event: int, body: Mapping[str, Any]) -> Response:
    """Give an event the next status (contract: changeEventStatus).

    :param world: ID of the world.
    :param event: ID of the event.
    :param body: the status, and the agent who gets the event.
    :raises store.NotFound: there is no such world, event or agent.
    :raises store.Conflict: the status cannot follow the present one, or takes another agent.
    """
    change = partial(event_status.change, event, body["status"], body.get("agentId"))
    changed = await run_inside(worlds.find(world), change)
    return respond({"event": json.loads(changed), "way": [body["status"]]})


async def walk_event(world: str, event: int, body: Mapping[str, Any]) -> Response:
    """Move an event on to a status by the shortest way (contract: walkEvent).

    :param world: ID of the world.
    :param event: ID of the event.
    :param body: the status, and the agent who gets the event on the way.
    :raises store.NotFound: there is no such world, event or agent.
    :raises store.Conflict: no way leads to the status, or it takes another agent.
    """
    walk = partial(event_status.walk, event, body["status"], body.get("agentId"))
    way, moved = await run_inside(worlds.find(world), walk)
    return respond({"event": json.loads(moved), "way": way})
