"""What has happened to the legs of a telephone call when something was done with it, in the order of time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from handlers.sandbox.outgoing.triggers import CONNECTED, RINGING, SUCCESS, list_ends

OUTBOUND, INBOUND, SECOND = "OUTBOUND.CLICKTOCALL", "INBOUND.ACD.DIRECT", "TRANSFER.NUMBER"

# A leg, with `UsersUID`, `Number` (None for one to an agent), `CONNRES` (None while it goes on) and its `useCase`.
Leg = Mapping[str, Any]
Steps = Iterator[tuple[Leg, str]]
# Returns what has happened last to the legs of a call, which are in the order in which they end.
Choose = Callable[[Sequence[Leg]], Steps]


def find_use_case(leg: Mapping[str, Any], *, is_outbound: bool) -> str:
    """Return the use case of a leg of a call.

    :param leg: the leg, without its use case.
    :param is_outbound: whether the agent has called.
    """
    if leg["Number"] is not None:
        return SECOND
    return OUTBOUND if is_outbound else INBOUND


def list_rings(legs: Sequence[Leg]) -> Steps:
    """Return what has happened when an agent was called: the leg to the agent before has ended, if there was one.

    :param legs: the legs of the call.
    """
    agents = [leg for leg in legs if leg["Number"] is None]
    for leg in agents[-2:-1]:
        yield from _list_end(leg)
    for leg in agents[-1:]:
        yield leg, RINGING


def list_connections(legs: Sequence[Leg]) -> Steps:
    """Return what has happened when an agent was connected.

    :param legs: the legs of the call.
    """
    for leg in [leg for leg in legs if leg["Number"] is None][-1:]:
        yield leg, CONNECTED


def list_second_rings(legs: Sequence[Leg]) -> Steps:
    """Return what has happened when a second leg was started.

    :param legs: the legs of the call.
    """
    for leg in [leg for leg in legs if leg["Number"] is not None][-1:]:
        yield leg, RINGING


def list_second_ends(legs: Sequence[Leg]) -> Steps:
    """Return what has happened when a second leg has ended.

    :param legs: the legs of the call.
    """
    for leg in [leg for leg in legs if leg["Number"] is not None][-1:]:
        yield from _list_end(leg)


def list_last_ends(legs: Sequence[Leg]) -> Steps:
    """Return what has happened when a call has ended: its last leg to an agent ends, and a second leg behind it.

    :param legs: the legs of the call.
    """
    first = max((place for place, leg in enumerate(legs) if leg["Number"] is None), default=0)
    for leg in legs[first:]:
        yield from _list_end(leg)


def _list_end(leg: Leg) -> Steps:
    # Whether a second leg was connected is known only when it ends.
    if leg["Number"] is not None and leg["CONNRES"] == SUCCESS:
        yield leg, CONNECTED
    for end in list_ends(leg["useCase"], leg["CONNRES"]):
        yield leg, end
