"""What can become of a call: its states, and how its legs end (vendor pages: Value Reference - CONNRES, CauseCodes)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from data import store

RINGING, CONNECTED, HELD = "ringing", "connected", "held"
# Values of CONNRES, the result of a leg.
NOT_CALLED, SUCCESS, NO_ANSWER, BUSY, GIVEN_UP, OTHER_CAUSE, REFUSED, FAILED = range(8)
# The results of a leg that was not connected.
UNCONNECTED = (NO_ANSWER, BUSY, GIVEN_UP, OTHER_CAUSE, REFUSED, FAILED)
# The cause code of a result, unless another one is given: normal clearing, no answer, busy and so on (ITU-T Q.850).
CAUSES = {
    **{NOT_CALLED: 16, SUCCESS: 16, NO_ANSWER: 19, BUSY: 17},
    **{GIVEN_UP: 16, OTHER_CAUSE: 31, REFUSED: 21, FAILED: 41},
}
# The results by which the caller of an inbound call hangs up, unless told otherwise.
OF_CALLER = (NOT_CALLED, SUCCESS, GIVEN_UP)
# Values of AcdGroupEndReasonsID: why an inbound call leaves its group.
LEFT_QUEUE, LEFT_AGENT, RULE_AT_QUEUE, RULE_AFTER_AGENT = 4, 5, 102, 103

Call = Mapping[str, Any]


class End(NamedTuple):
    """How a leg of a call ends.

    :param result: its result, CONNRES.
    :param cause: its cause code.
    :param by_caller: whether the outside party of the call hangs up.
    """

    result: int
    cause: int
    by_caller: bool


def list_results(call: Call) -> tuple[int, ...]:
    """Return the results that the present leg of a call can end with.

    :param call: the row of the call.
    """
    if call["CallState"] != RINGING:
        return (SUCCESS,)
    return (NOT_CALLED,) if call["UsersID"] is None else UNCONNECTED


def choose_end(call: Call, result: int | None, cause: int | None, by_caller: bool | None) -> End:
    """Return how a call ends.

    :param call: the row of the call.
    :param result: the result, CONNRES; None for the most ordinary one.
    :param cause: the cause code; None for that of the result.
    :param by_caller: whether the outside party hangs up; None for the most ordinary case.
    :raises store.Conflict: the call cannot end with the result.
    """
    possible = list_results(call)
    if result is None:
        result = NO_ANSWER if NO_ANSWER in possible else possible[0]
    if result not in possible:
        raise store.Conflict(
            f"Call {describe(call)}: it cannot end with the result {result}; possible: {', '.join(map(str, possible))}"
        )
    if by_caller is None:
        by_caller = result in OF_CALLER and (not call["bOutbound"] or result == SUCCESS)
    return End(result, CAUSES[result] if cause is None else cause, by_caller)


def hang_up(call: Call) -> End:
    """Return how a call ends that the agent hangs up, or refuses.

    :param call: the row of the call.
    """
    (first, *others) = list_results(call)
    result = first if not others else GIVEN_UP if call["bOutbound"] else REFUSED
    return End(result, CAUSES[result], by_caller=False)


def find_end_reason(call: Call, end: End) -> int | None:
    """Return why a call leaves its ACD group, AcdGroupEndReasonsID; None for an outbound call.

    :param call: the row of the call.
    :param end: how it ends.
    """
    if call["bOutbound"]:
        return None
    if call["CallState"] == RINGING:
        return LEFT_QUEUE if end.by_caller else RULE_AT_QUEUE
    return LEFT_AGENT if end.by_caller else RULE_AFTER_AGENT


def describe(call: Call) -> str:
    """Return what a call does now, for messages, such as `is held`.

    :param call: the row of the call.
    """
    if call["CallState"] == RINGING:
        return "waits for an agent" if call["UsersID"] is None else "rings"
    return f"is {call['CallState']}"
