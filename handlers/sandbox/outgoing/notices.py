"""What connectors are told of the calls and events of a world. The current store is that of the world."""

import json
from collections.abc import Mapping
from typing import Any

from data import acd, call_statistics, store
from data.call_statistics import Statistics
from handlers.sandbox.outgoing import call_steps, triggers
from handlers.sandbox.outgoing.call_steps import Choose, find_use_case
from handlers.sandbox.outgoing.triggers import Step

# What an event is told by, by the ID of its type.
OF_TYPES = {1: triggers.voice_mail_created, 3: triggers.callback_created}
# To the second.
LENGTH = len("2026-12-01T08:00:00")


def event_created(registry: store.Store, world_id: str, event: Mapping[str, Any]) -> None:
    """Queue what follows from a new event, once; nothing unless it is a callback or a voice mail.

    :param registry: the registry of the sandbox.
    :param world_id: ID of the world.
    :param event: the event, a record of the API.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    tell = OF_TYPES.get(event["AcdEventTypesID"])
    if tell is None:
        return
    group = json.loads(acd.get_group(event["ClientsID"], event["AcdGroupsID"]))
    with registry.use():
        tell(world_id, event, group)


def call_changed(registry: store.Store, world_id: str, ufn: str, choose: Choose) -> None:
    """Queue what follows from what was done with a telephone call: all of it, or nothing.

    :param registry: the registry of the sandbox.
    :param world_id: ID of the world.
    :param ufn: the UFN of the call; of one that is not known, nothing follows.
    :param choose: what was done: a function of `call_steps`.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    statistics = call_statistics.find_so_far(ufn) or call_statistics.find(ufn)
    if statistics is None:
        return
    is_outbound = statistics["StatisticsPartA"]["bOutbound"] == 1
    legs = [{**leg, "useCase": find_use_case(leg, is_outbound=is_outbound)} for leg in statistics["StatisticsPartB"]]
    steps = [_describe_step(statistics, leg, what) for leg, what in choose(legs)]
    lines = []
    if choose is call_steps.list_last_ends:
        # A call without a leg, whose caller has left the queue, has a line too.
        lines = [_describe_line(statistics, leg["UsersUID"]) for leg in legs] or [_describe_line(statistics, None)]
    with registry.use(), store.atomic():
        triggers.call_changed(world_id, steps, lines)


def _describe_line(statistics: Statistics, agent: str | None) -> dict[str, Any]:
    call = statistics["StatisticsPartA"]
    return {
        "SalesForceID": None,
        "jtelStatisticsPartAID": call["ID"],
        "AgentUID": agent,
        "bOutbound": int(call["bOutbound"]),
        "CallerID": triggers.strip_plus(call["CallerID"]),
        "ServiceNumber": triggers.strip_plus(call["ServiceNumber"]),
        "AcdGroupsName": _find_group(statistics),
        "TransactionCode": None,
        "dtCallStart": call["dtCallStart"][:LENGTH],
        "dtCallEnd": call["dtCallEnd"][:LENGTH],
    }


def _describe_step(statistics: Statistics, leg: call_steps.Leg, what: str) -> Step:
    call = statistics["StatisticsPartA"]
    told = {
        "UFN": call["UFN"],
        "CallerID": triggers.strip_plus(call["CallerID"]),
        "ServiceNumber": triggers.strip_plus(call["ServiceNumber"]),
        "ServiceName": call["ServiceName"],
        "AcdGroupsName": _find_group(statistics),
        "AgentUID": leg["UsersUID"],
    }
    return Step(leg["useCase"], what, {name: value for name, value in told.items() if value is not None})


def _find_group(statistics: Statistics) -> str | None:
    """Return the name of the ACD group of a call; None for none."""
    return next((group["AcdGroupsName"] for group in statistics["AcdStatisticsPartB"]), None)
