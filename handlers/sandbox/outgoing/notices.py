"""What connectors are told of the calls and events of a world. The current store is that of the world."""

import json
from collections.abc import Mapping
from typing import Any

from data import acd, store
from data.call_statistics import Statistics
from handlers.sandbox.outgoing import triggers
from handlers.sandbox.outgoing.triggers import Leg

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


def call_ended(registry: store.Store, world_id: str, statistics: Statistics) -> None:
    """Queue what follows from the end of a telephone call: all of it, or nothing.

    :param registry: the registry of the sandbox.
    :param world_id: ID of the world.
    :param statistics: the statistics of the call.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    legs = statistics["StatisticsPartB"]
    # A call without a leg, whose caller has left the queue, has a line too.
    lines = [_describe_line(statistics, leg["UsersUID"]) for leg in legs] or [_describe_line(statistics, None)]
    with registry.use(), store.atomic():
        triggers.call_ended(world_id, lines, [_describe_leg(statistics, leg) for leg in legs])


def _describe_line(statistics: Statistics, agent: str | None) -> dict[str, Any]:
    call = statistics["StatisticsPartA"]
    return {
        "SalesForceID": None,
        "jtelStatisticsPartAID": call["ID"],
        "AgentUID": agent,
        "bOutbound": int(call["bOutbound"]),
        "CallerID": _plain(call["CallerID"]),
        "ServiceNumber": _plain(call["ServiceNumber"]),
        "AcdGroupsName": _find_group(statistics),
        "TransactionCode": None,
        "dtCallStart": call["dtCallStart"][:LENGTH],
        "dtCallEnd": call["dtCallEnd"][:LENGTH],
    }


def _describe_leg(statistics: Statistics, leg: Mapping[str, Any]) -> Leg:
    call = statistics["StatisticsPartA"]
    told = {
        "UFN": call["UFN"],
        "CallerID": _plain(call["CallerID"]),
        "ServiceNumber": _plain(call["ServiceNumber"]),
        "ServiceName": call["ServiceName"],
        "AcdGroupsName": _find_group(statistics),
        "AgentUID": leg["UsersUID"],
    }
    use_case = "OUTBOUND.CLICKTOCALL" if call["bOutbound"] else "INBOUND.ACD.DIRECT"
    if leg["Number"] is not None:
        use_case = "TRANSFER.NUMBER"
    return Leg(use_case, leg["CONNRES"], {name: value for name, value in told.items() if value is not None})


def _find_group(statistics: Statistics) -> str | None:
    """Return the name of the ACD group of a call; None for none."""
    return next((group["AcdGroupsName"] for group in statistics["AcdStatisticsPartB"]), None)


def _plain(number: str | None) -> str | None:
    return None if number is None else number.removeprefix("+")
