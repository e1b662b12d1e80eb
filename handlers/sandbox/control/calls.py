"""The operations on the calls of a world."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from data import call_statistics, calls, store
from handlers.contract.problems import Problem
from handlers.sandbox.control import respond
from handlers.sandbox.control.inside import find_world, run_inside
from handlers.sandbox.outgoing import call_steps, notices
from handlers.sandbox.outgoing.call_steps import Choose
from handlers.sandbox.registry import worlds

NOTHING: Mapping[str, Any] = {}
# The columns that a call is started with, and the fields of the request.
STARTED = {
    "CallerID": "number",
    "ServiceNumbersID": "serviceNumberId",
    "AcdGroupsID": "groupId",
    "UsersID": "agentId",
    "LanguagesID": "languageId",
}


async def start_call(world: str, body: Mapping[str, Any]) -> Response:
    """Start a call, which rings or waits for an agent (contract: startCall).

    :param world: ID of the world.
    :param body: who calls whom.
    :raises store.NotFound: there is no such world, client account, agent, group or service number.
    :raises store.Conflict: as many outgoing calls as are allowed wait.
    :raises Problem: 400; the call has neither an agent nor a group that it waits in, or an outbound call no agent.
    """
    is_outbound = body.get("outbound", False)
    if "agentId" not in body and (is_outbound or "groupId" not in body):
        raise Problem(("body", "agentId"), "is missing; only an inbound call with a groupId waits for an agent")
    call = {column: body.get(field) for column, field in STARTED.items()} | {"bOutbound": int(is_outbound)}
    found = find_world(world, body["clientsId"])
    registry = store.current()

    def tell(ufn: str) -> None:
        notices.call_changed(registry, world, ufn, call_steps.list_rings)

    started = await run_inside(found, partial(_start, body["clientsId"], call, tell))
    location = f"/sandbox/v1/worlds/{world}/calls/{started['UFN']}"
    return respond({"call": started, "statistics": None}, 201, {"Location": location})


async def list_ended_calls(world: str, clients_id: int, after: int, limit: int) -> Response:
    """Return the statistics of calls that have ended (contract: listEndedCalls).

    :param world: ID of the world.
    :param clients_id: ID of the client account.
    :param after: the ID of a call; those with larger ones are returned.
    :param limit: the most calls to return.
    :raises store.NotFound: there is no such world or client account.
    """
    found = find_world(world, clients_id)
    ended = await run_inside(found, partial(call_statistics.list_all, clients_id, after, limit))
    return respond({"calls": ended})


async def get_call(world: str, call: str) -> Response:
    """Return a call, or its statistics if it has ended (contract: getCall).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :raises store.NotFound: there is no such world or call.
    """
    return respond(await run_inside(worlds.find(world), partial(_describe, call)))


async def ring_call(world: str, call: str, body: Mapping[str, Any]) -> Response:
    """Let a call ring at another agent (contract: ringCall).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :param body: the agent, and how the leg to the one before ends.
    :raises store.NotFound: there is no such world, call or agent.
    :raises store.Conflict: the call is connected, or has ended.
    """
    return await _act(world, call, call_steps.list_rings, calls.ring, body["agentId"], body.get("result", 2))


async def connect_call(world: str, call: str) -> Response:
    """Connect a call with the agent at whom it rings (contract: connectCall).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :raises store.NotFound: there is no such world or call.
    :raises store.Conflict: the call does not ring, or has ended.
    """
    return await _act(world, call, call_steps.list_connections, calls.answer)


async def hold_call(world: str, call: str) -> Response:
    """Put a call on hold (contract: holdCall).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :raises store.NotFound: there is no such world or call.
    :raises store.Conflict: the call is not connected, or has ended.
    """
    return await _act(world, call, None, calls.hold)


async def resume_call(world: str, call: str) -> Response:
    """Take a call back that is held (contract: resumeCall).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :raises store.NotFound: there is no such world or call.
    :raises store.Conflict: the call is not held, or has ended.
    """
    return await _act(world, call, None, calls.resume)


async def start_second_leg(world: str, call: str, body: Mapping[str, Any]) -> Response:
    """Connect a call with another destination (contract: startSecondLeg).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :param body: the number of the destination.
    :raises store.NotFound: there is no such world or call.
    :raises store.Conflict: the call rings, has a second leg, or has ended.
    """
    return await _act(world, call, call_steps.list_second_rings, calls.start_second_leg, body["number"])


async def end_second_leg(world: str, call: str, body: Mapping[str, Any] = NOTHING) -> Response:
    """End the second leg of a call (contract: endSecondLeg).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :param body: how it ends.
    :raises store.NotFound: there is no such world or call.
    :raises store.Conflict: the call has no second leg, or has ended.
    """
    return await _act(
        world, call, call_steps.list_second_ends, calls.end_second_leg, body.get("result", 1), body.get("cause")
    )


async def end_call(world: str, call: str, body: Mapping[str, Any] = NOTHING) -> Response:
    """End a call (contract: endCall).

    :param world: ID of the world.
    :param call: the UFN of the call.
    :param body: how it ends.
    :raises store.NotFound: there is no such world or call.
    :raises store.Conflict: the call cannot end so, or has ended, or as many outgoing calls as are allowed wait.
    """
    return await _act(
        world,
        call,
        call_steps.list_last_ends,
        calls.end_call,
        body.get("result"),
        body.get("cause"),
        body.get("callerHangsUp"),
    )


async def _act(world_id: str, ufn: str, choose: Choose | None, act: Callable[..., Any], *values: Any) -> Response:
    tell = choose and partial(notices.call_changed, store.current(), world_id, ufn, choose)
    return respond(await run_inside(worlds.find(world_id), partial(_change, ufn, act, values, tell)))


def _change(
    ufn: str, act: Callable[..., Any], values: tuple[Any, ...], tell: Callable[[], None] | None
) -> Mapping[str, Any]:
    """Do something with a call, which is told in the same transaction, and return the call."""
    with store.atomic():
        act(calls.require_client(ufn), ufn, *values)
        if tell is not None:
            tell()
        return _describe(ufn)


def _start(clients_id: int, call: Mapping[str, Any], tell: Callable[[str], None]) -> Mapping[str, Any]:
    """Start a call, which is told in the same transaction, and return it."""
    with store.atomic():
        started: Mapping[str, Any] = json.loads(calls.start(clients_id, call))
        tell(started["UFN"])
        return started


def _describe(ufn: str) -> Mapping[str, Any]:
    """Return a call as the control API shows it: its record while it is going on, then its statistics."""
    with store.atomic():
        clients_id = calls.find_client(ufn)
        if clients_id is not None:
            return {"call": json.loads(calls.get(clients_id, ufn)), "statistics": None}
        statistics = call_statistics.find(ufn)
    if statistics is None:
        raise store.NotFound(calls.MISSING)
    return {"call": None, "statistics": statistics}
