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

# Results of a leg (CONNRES).
NOT_CALLED, SUCCESS, BUSY = 0, 1, 3
# The further results of which there are events.
INBOUND_RESULTS, OUTBOUND_RESULTS = (2, 4, 6), (2, BUSY, 4)
# The fields that are local times in calls to connectors.
TIMES = ("dtCallStart", "dtCallEnd")


class Leg(NamedTuple):
    """A leg of a call that has ended.

    :param use_case: such as `INBOUND.ACD.DIRECT` or `OUTBOUND.DIALLER`.
    :param result: the result of the leg, CONNRES: 1 for a successful one.
    :param data: the fields of its telephony events beside `Event`.
    """

    use_case: str
    result: int
    data: Mapping[str, Any]


def call_ended(world_id: str, lines: Sequence[Mapping[str, Any]], legs: Sequence[Leg] = ()) -> None:
    """Queue the telephony events of a call, and the lines of its statistics: all of them, or none.

    :param world_id: ID of the world.
    :param lines: the fields of writeCallStatistics, one mapping a line, with times in UTC; all have the same
        `jtelStatisticsPartAID`.
    :param legs: the legs of the call, in their order.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    operation = EVENT if targets.choose(world_id, EVENT) else EVENT_QUERY
    events = [(operation, {"Event": event, **leg.data}) for leg in legs for event in list_events(leg)]
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


def list_events(leg: Leg) -> list[str]:
    """Return the names of the telephony events of a leg, in their order; none if it has not rung.

    :param leg: the leg.
    """
    is_inbound = leg.use_case.startswith("INBOUND")
    if leg.result == NOT_CALLED or (is_inbound and leg.result == BUSY):
        return []
    happened = ["RINGING"]
    if leg.result == SUCCESS:
        happened += ["CONNECTED", f"CONNRES.{SUCCESS}"]
    elif leg.result in (INBOUND_RESULTS if is_inbound else OUTBOUND_RESULTS):
        happened.append(f"CONNRES.{leg.result}")
    return [f"CallTransfer.Client.{leg.use_case}.{each}" for each in happened]


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
