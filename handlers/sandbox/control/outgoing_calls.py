"""The operations on the calls to the connector under test."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from connexion import request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from data import store
from handlers.contract.problems import Problem
from handlers.sandbox.control import respond
from handlers.sandbox.control.journal import POLL_SECONDS
from handlers.sandbox.outgoing.contract import find_operation, is_lookup
from handlers.sandbox.outgoing.messages import check, compose
from handlers.sandbox.registry import limits, outgoing, queue, targets
from handlers.sandbox.registry.outgoing import ANSWERED, FAILED, CallFilter
from handlers.sandbox.registry.queue import Draft
from handlers.sandbox.registry.targets import Target


def list_outgoing_calls(world: str, limit: int, **given: Any) -> Response:
    """Return the first calls of a world that match (contract: listOutgoingCalls).

    :param world: ID of the world.
    :param limit: the most calls to return.
    :param given: the fields of `CallFilter`.
    :raises store.NotFound: there is no such world.
    """
    calls = outgoing.list_some(world, CallFilter(**given), limit)
    return respond({"calls": calls, "count": outgoing.count(world, CallFilter(**given))})


async def send_outgoing_call(world: str, body: Mapping[str, Any], wait: float) -> Response:
    """Queue a call, and return it (contract: sendOutgoingCall).

    :param world: ID of the world.
    :param body: the operation, its data, and the target if it is not the usual one.
    :param wait: how many seconds to wait until the call is answered or has failed.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has no target for the operation, or as many calls as are allowed wait.
    :raises Problem: 400; the contract does not allow the data, or there is no such target.
    """
    call = await run_in_threadpool(_queue, world, body)
    shown = await _wait_for(world, call["id"], wait) if wait else call
    return respond(shown, 201, {"Location": f"/sandbox/v1/worlds/{world}/outgoing/calls/{call['id']}"})


async def get_outgoing_call(world: str, outgoing_call: int, wait: float) -> Response:
    """Return a call (contract: getOutgoingCall).

    :param world: ID of the world.
    :param outgoing_call: ID of the call.
    :param wait: how many seconds to wait until the call is answered or has failed.
    :raises store.NotFound: there is no such world or call.
    """
    return respond(await _wait_for(world, outgoing_call, wait))


def _queue(world: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    operation, data = find_operation(body["operationId"]), body.get("data", {})
    compose(operation, data)
    if body.get("check", True):
        check(operation, data)
    target = _choose_target(world, operation.identity, body.get("target"))
    call = queue.add(world, target, Draft(operation.identity, data, is_lookup(operation.identity)))
    # Only calls with a cause are told once.
    assert call is not None
    return call


def _choose_target(world: str, operation_id: str, named: int | None) -> Target:
    if named is None:
        # Says so if there is no such world.
        targets.list_all(world)
        target = targets.choose(world, operation_id)
        if target is None:
            raise store.Conflict(f"the world has no target for {operation_id}: register one first")
        return target
    try:
        return targets.find(world, named)
    except store.NotFound as error:
        raise Problem(("body", "target"), "is not the ID of a target of this world") from error


async def _wait_for(world: str, call_id: int, seconds: float) -> Mapping[str, Any]:
    stop, end = request.scope["stop"], time.monotonic() + min(seconds, limits.read().longest_wait)
    while True:
        call = outgoing.find(world, call_id)
        if call["status"] in (ANSWERED, FAILED) or time.monotonic() >= end or stop.is_set():
            return call
        await asyncio.sleep(POLL_SECONDS)
