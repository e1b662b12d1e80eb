"""What other parts of the sandbox call when something happens in a world: it queues the calls that follow from it.

Nothing happens if the world has no target for an operation. The current store is the registry.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from handlers.sandbox.outgoing.contract import EVENT, EVENT_QUERY, STATISTICS
from handlers.sandbox.outgoing.zones import DEFAULT, find_zone, render_local
from handlers.sandbox.registry import queue, targets
from handlers.sandbox.registry.queue import Draft
from handlers.sandbox.registry.targets import Target

# What happens to a leg before its end.
RINGING, CONNECTED = "RINGING", "CONNECTED"
# Results of a leg (CONNRES).
SUCCESS, BUSY, REFUSED = 1, 3, 6
# The results of which there are events. An agent at whom an inbound call has rung is not busy, but refuses it.
INBOUND_RESULTS = {**{each: each for each in (SUCCESS, 2, 4, REFUSED)}, BUSY: REFUSED}
OUTBOUND_RESULTS = {each: each for each in (SUCCESS, 2, BUSY, 4)}
# The fields that are local times in calls to connectors.
TIMES = ("dtCallStart", "dtCallEnd")


class Step(NamedTuple):
    """What has happened to a leg of a call.

    :param use_case: the use case of the leg, such as `INBOUND.ACD.DIRECT` or `OUTBOUND.DIALLER`.
    :param what: `RINGING`, `CONNECTED` or its end, such as `CONNRES.1`.
    :param data: the fields of the telephony event beside `Event`.
    """

    use_case: str
    what: str
    data: Mapping[str, Any]


def call_changed(world_id: str, steps: Sequence[Step], lines: Sequence[Mapping[str, Any]] = ()) -> None:
    """Queue the telephony events of a call, and the lines of its statistics if it has ended: all of them, or none.

    :param world_id: ID of the world.
    :param steps: what has happened to the legs of the call, in its order.
    :param lines: the fields of writeCallStatistics, one mapping a line, with times in UTC; all have the same
        `jtelStatisticsPartAID`.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    operation = EVENT if targets.choose(world_id, EVENT) else EVENT_QUERY
    events = [(operation, {"Event": f"CallTransfer.Client.{step.use_case}.{step.what}", **step.data}) for step in steps]
    _queue(world_id, [*events, *((STATISTICS, line) for line in lines)])


def has_listener(world_id: str) -> bool:
    """Return whether a world has a target that is told of calls.

    :param world_id: ID of the world.
    """
    return any(targets.choose(world_id, each) for each in (STATISTICS, EVENT, EVENT_QUERY))


def callback_created(world_id: str, event: Mapping[str, Any], group: Mapping[str, Any]) -> None:
    """Queue createCallback for an event, once.

    :param world_id: ID of the world.
    :param event: the event, a record of the API.
    :param group: its ACD group, a record of the API.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    notice = {**_describe(event, group), "CallbackNumber": strip_plus(event["Sender"]), "Body": event.get("Body")}
    _queue(world_id, [("createCallback", notice)], f"event {event['ID']}")


def voice_mail_created(world_id: str, event: Mapping[str, Any], group: Mapping[str, Any]) -> None:
    """Queue createVoiceMail for an event, once.

    :param world_id: ID of the world.
    :param event: the event, a record of the API.
    :param group: its ACD group, a record of the API.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    notice = {**_describe(event, group), "CallbackNumber": None, "Body": event.get("Body")}
    _queue(world_id, [("createVoiceMail", notice)], f"event {event['ID']}")


def list_ends(use_case: str, result: int) -> list[str]:
    """Return what is told of the end of a leg that has rung, such as `CONNRES.1`; nothing of some results.

    :param use_case: the use case of the leg.
    :param result: the result of the leg, CONNRES: 1 for a successful one.
    """
    told = INBOUND_RESULTS if use_case.startswith("INBOUND") else OUTBOUND_RESULTS
    return [f"CONNRES.{told[result]}"] if result in told else []


def strip_plus(number: str | None) -> str | None:
    """Return a number as connectors are told it; None for none.

    :param number: the number, E.164 with or without plus.
    """
    return None if number is None else number.removeprefix("+")


def _describe(event: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event as connectors are told them; what is not known is null."""
    return {
        "Caller": strip_plus(event["Sender"]),
        "ServiceNumbersNumber": strip_plus(event.get("Receiver")),
        "ServiceNumbersName": None,
        "AcdGroupsID": event["AcdGroupsID"],
        "AcdGroupsName": group.get("Name"),
        "AcdGroupsForeignSystemID": group.get("ForeignSystemID"),
        "dtCallStart": event["dtCreated"],
        "dtCallEnd": event["dtCreated"],
        "AcdEventsID": event["ID"],
        "Subject": event["Subject"],
    }


def _queue(world_id: str, calls: Sequence[tuple[str, Mapping[str, Any]]], cause: str | None = None) -> None:
    """Queue the calls for which there is a target, each an operation and its data, with times in UTC."""
    drafts = [
        (target, Draft(operation_id, _localize(data, target), is_lookup=False, cause=cause))
        for operation_id, data in calls
        if (target := targets.choose(world_id, operation_id))
    ]
    if drafts:
        queue.add_all(world_id, drafts)


def _localize(data: Mapping[str, Any], target: Target) -> dict[str, Any]:
    zone = find_zone(target.rule.get("timeZone", DEFAULT))
    return {**data, **{name: render_local(data[name], zone) for name in TIMES if data.get(name)}}
