"""Telling connectors of the calls of the dialler, from the history of their world: each call once, in its order.

The current store is the registry. Transactions of the world begin before those of the registry.
"""

from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from data import store
from data.dialler import history
from data.opening import open_database
from handlers.sandbox.outgoing import triggers
from handlers.sandbox.outgoing.triggers import CONNECTED, RINGING, SUCCESS, Step, list_ends
from handlers.sandbox.registry import queue, untold

# How many calls are queued in one transaction, in which others have to wait.
STEP = 20
USE_CASE = "OUTBOUND.DIALLER"


def note(of: store.Store, world_id: str, call_id: int) -> None:
    """Note that connectors are to be told of calls, if the world has a target for it.

    It is called in the transaction that stores the calls, so that `tell` waits for its end.

    :param of: the store of the world.
    :param world_id: ID of the world.
    :param call_id: ID of the first of the calls in the history.
    """
    if triggers.has_listener(world_id):
        untold.note(world_id, Path(of.location).name, call_id)


def tell(of: store.Store, world_id: str) -> bool:
    """Queue what follows from the calls that were noted, and return whether there was room for all of it.

    :param of: the store of the world.
    :param world_id: ID of the world.
    """
    registry, file = store.current(), Path(of.location).name
    while untold.find(world_id, file) is not None:
        with of.use(), store.atomic(), registry.use(), store.atomic():
            if not _tell_some(of, world_id, file):
                return False
    return True


def tell_left() -> None:
    """Queue what others have left: processes that have ended, or that found no room."""
    folder = Path(store.current().location).parent
    for world in untold.list_worlds():
        # The world was reset or deleted a while ago.
        with suppress(store.Refused), closing(open_database(folder / world.file, durable=False)) as of:
            tell(of, world.id)


def _tell_some(of: store.Store, world_id: str, file: str) -> bool:
    """Queue what follows from the next calls in the transactions that are open, and return whether there was room."""
    first = untold.find(world_id, file)
    with of.use():
        calls = [] if first is None else history.list_from(first, STEP)
    for call in calls:
        if not queue.has_room(world_id):
            untold.save(world_id, call["ID"])
            return False
        triggers.call_changed(world_id, _list_steps(call), [_describe_line(call)])
    untold.save(world_id, calls[-1]["ID"] + 1 if len(calls) == STEP else None)
    return True


def _describe_line(call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "SalesForceID": call["UserData"],
        "jtelStatisticsPartAID": call["ID"],
        "AgentUID": call["UsersUID"],
        "bOutbound": call["bOutbound"],
        "CallerID": triggers.strip_plus(call["PhoneNumber"]),
        "ServiceNumber": None,
        "AcdGroupsName": None,
        "TransactionCode": None,
        "dtCallStart": call["dtCallStart"],
        "dtCallEnd": call["dtCallEnd"],
    }


def _list_steps(call: Mapping[str, Any]) -> list[Step]:
    """Return what has happened to the leg of a call of the dialler; nothing for a contact that has called in."""
    if not call["bOutbound"]:
        return []
    digits = "".join(filter(str.isdigit, call["dtCallStart"][: len("2026-12-01T08:00:00")]))
    told = {
        "UFN": f"{digits}-{call['ID']}",
        "CallerID": triggers.strip_plus(call["PhoneNumber"]),
        "AgentUID": call["UsersUID"],
    }
    data = {name: value for name, value in told.items() if value}
    happened = [RINGING, *([CONNECTED] if call["CONNRES"] == SUCCESS else []), *list_ends(USE_CASE, call["CONNRES"])]
    return [Step(USE_CASE, what, data) for what in happened]
