"""What other parts of the sandbox call when something happens in a world: it queues the calls that follow from it.

Nothing happens if the world has no target for an operation. The current store is the registry.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from handlers.sandbox.outgoing.contract import EVENT, EVENT_QUERY
from handlers.sandbox.registry import queue, targets
from handlers.sandbox.registry.queue import Draft

# Results of a leg (CONNRES).
NOT_CALLED, SUCCESS, BUSY = 0, 1, 3
# The further results of which there are events.
INBOUND_RESULTS, OUTBOUND_RESULTS = (2, 4, 6), (2, BUSY, 4)
# To the second.
LENGTH = len("2026-12-01T08:00:00")


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
    """Queue the telephony events of a call, and the lines of its statistics.

    :param world_id: ID of the world.
    :param lines: the fields of writeCallStatistics, one mapping a line; all have the same `jtelStatisticsPartAID`.
    :param legs: the legs of the call, in their order.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    operation = EVENT if targets.choose(world_id, EVENT) else EVENT_QUERY
    for leg in legs:
        for event in list_events(leg):
            _queue(world_id, operation, {"Event": event, **leg.data})
    for line in lines:
        _queue(world_id, "writeCallStatistics", line)


def callback_created(world_id: str, event: Mapping[str, Any], group: Mapping[str, Any]) -> None:
    """Queue createCallback for an event, once.

    :param world_id: ID of the world.
    :param event: the event, a record of the API.
    :param group: its ACD group, a record of the API.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    notice = {**_describe(event, group), "CallbackNumber": _plain(event["Sender"]), "Body": event.get("Body")}
    _queue(world_id, "createCallback", notice, f"event {event['ID']}")


def voice_mail_created(world_id: str, event: Mapping[str, Any], group: Mapping[str, Any]) -> None:
    """Queue createVoiceMail for an event, once.

    :param world_id: ID of the world.
    :param event: the event, a record of the API.
    :param group: its ACD group, a record of the API.
    :raises store.Conflict: as many calls as are allowed wait.
    """
    notice = {**_describe(event, group), "CallbackNumber": None, "Body": event.get("Body")}
    _queue(world_id, "createVoiceMail", notice, f"event {event['ID']}")


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


def _describe(event: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event as connectors are told them; what is not known is null."""
    moment = event["dtCreated"][:LENGTH]
    return {
        "Caller": _plain(event["Sender"]),
        "ServiceNumbersNumber": _plain(event.get("Receiver")),
        "ServiceNumbersName": None,
        "AcdGroupsID": event["AcdGroupsID"],
        "AcdGroupsName": group.get("Name"),
        "AcdGroupsForeignSystemID": group.get("ForeignSystemID"),
        "dtCallStart": moment,
        "dtCallEnd": moment,
        "AcdEventsID": event["ID"],
        "Subject": event["Subject"],
    }


def _plain(number: str | None) -> str | None:
    return None if number is None else number.removeprefix("+")


def _queue(world_id: str, operation_id: str, data: Mapping[str, Any], cause: str | None = None) -> None:
    target = targets.choose(world_id, operation_id)
    if target is not None:
        queue.add(world_id, target, Draft(operation_id, data, is_lookup=False, cause=cause))
