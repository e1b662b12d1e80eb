"""Calls: those that are going on, and what is done with them. A call that ends leaves its statistics."""

from collections.abc import Mapping
from typing import Any

from data import acd, call_ids, call_statistics, records, service_numbers, store, users
from data.call_rules import (
    CAUSES,
    CONNECTED,
    HELD,
    RINGING,
    SUCCESS,
    Call,
    End,
    choose_end,
    describe,
    hang_up,
)
from data.lists.pages import ALL, Listing, Page

MISSING, ENDED = "Call not found", "Call has ended"
# All calls, in the order that the vendor documents.
WHOLE = Page("", 0, ALL, "UFN", ascending=True)
# What a call can be started with.
GIVEN = ("bOutbound", "CallerID", "ServiceNumbersID", "AcdGroupsID", "UsersID", "LanguagesID")
TIMES = ("dtCallStart", "dtAcdFirstQueueStart", "dtAgentStart", "dtCallConnect", "dtLeg2Start")
# A time to the second, without what is no digit.
SECONDS, DIGITS = len("2026-12-01T08:00:00"), str.maketrans("", "", "-T:")
COLUMNS = ("ID", "ClientsID", "UFN", "CallState", "Leg2Number", *GIVEN, *TIMES)


def list_all(clients_id: int, page: Page = WHOLE) -> Listing:
    """Return a client's calls.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    """
    return records.list_all("Calls", clients_id, page)


def find_client(ufn: str) -> int | None:
    """Return the ID of the client account that has a call; None if the call has ended, or is not known.

    :param ufn: the UFN of the call.
    """
    row = store.one("select ClientsID from Calls where UFN = :ufn", ufn=ufn)
    return None if row is None else int(row["ClientsID"])


def require_client(ufn: str) -> int:
    """Return the ID of the client account that has a call.

    :param ufn: the UFN of the call.
    :raises store.NotFound: there is no such call.
    :raises store.Conflict: the call has ended.
    """
    clients_id = find_client(ufn)
    if clients_id is not None:
        return clients_id
    raise store.Conflict(ENDED) if call_statistics.find(ufn) else store.NotFound(MISSING)


def get(clients_id: int, ufn: str) -> str:
    """Return a client's call, which is going on, as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    """
    (record,) = store.values(
        "select Record from Calls where ClientsID = :client and UFN = :ufn", client=clients_id, ufn=ufn
    )
    return str(record)


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's call, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of Calls to value, without `ClientsID`; `ID` is None for a new call.
    :raises store.NotUnique: another call has the UFN, or the ID, such as one that has ended.
    """
    namesake = store.one("select ID from Calls where UFN = :ufn", ufn=row["UFN"])
    if namesake and namesake["ID"] != row["ID"]:
        raise store.NotUnique("UFN: is another call's")
    call_id = call_ids.choose() if row["ID"] is None else row["ID"]
    call_ids.require_free(call_id, call_ids.CALLS)
    records.save("Calls", "ClientsID", {**row, "ID": call_id, "ClientsID": clients_id})
    return get(clients_id, row["UFN"])


def start(clients_id: int, call: Mapping[str, Any]) -> str:
    """Start a call, which rings at its agent or waits for one, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param call: column of Calls to value, for all columns in `GIVEN`.
    :raises store.NotFound: the client has no such user, group or service number.
    """
    with store.atomic():
        _check_references(clients_id, call)
        now = store.instant()
        is_queued = call["AcdGroupsID"] is not None and call["UsersID"] is None
        times = {
            "dtCallStart": now,
            "dtAcdFirstQueueStart": now if is_queued else None,
            "dtAgentStart": None if call["UsersID"] is None else now,
        }
        number, ufn = _choose_key(now)
        return save(clients_id, {**call, **times, "ID": number, "UFN": ufn, "CallState": RINGING})


def ring(clients_id: int, ufn: str, user_id: int, result: int) -> str:
    """Let a call ring at an agent, after another one or the queue, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :param user_id: ID of the agent.
    :param result: the result of the leg to the agent before, CONNRES: one after which nobody has given up.
    :raises store.NotFound: the client has no such call or user.
    :raises store.Conflict: the call is connected or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        users.require(clients_id, user_id)
        if call["CallState"] != RINGING:
            raise store.Conflict(f"Call {describe(call)}: only a call that rings or waits can ring at another agent")
        now = _find_moment(call)
        if call["UsersID"] is not None:
            call_statistics.add_agent_leg(call, End(result, CAUSES[result], by_caller=False), now)
        return _change(call, UsersID=user_id, dtAgentStart=now)


def answer(clients_id: int, ufn: str) -> str:
    """Connect a call that rings with its agent, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call does not ring, or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        if call["CallState"] != RINGING or call["UsersID"] is None:
            raise store.Conflict(f"Call {describe(call)}: only a call that rings can be answered")
        return _change(call, CallState=CONNECTED, dtCallConnect=_find_moment(call))


def hold(clients_id: int, ufn: str) -> str:
    """Put a call on hold, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call is not connected, or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        if call["CallState"] != CONNECTED:
            raise store.Conflict(f"Call {describe(call)}: only a call that is connected can be held")
        return _change(call, CallState=HELD)


def resume(clients_id: int, ufn: str) -> str:
    """Take a call back that is held, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call is not held, or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        if call["CallState"] != HELD:
            raise store.Conflict(f"Call {describe(call)}: only a call that is held can be resumed")
        return _change(call, CallState=CONNECTED)


def start_second_leg(clients_id: int, ufn: str, number: str) -> str:
    """Connect a call with another destination as its second leg, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :param number: the number of the destination.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call rings, has a second leg, or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        if call["CallState"] == RINGING:
            raise store.Conflict(f"Call {describe(call)}: only a call that is connected or held can get a second leg")
        if call["Leg2Number"] is not None:
            raise store.Conflict("Call has a second leg already")
        return _change(call, Leg2Number=number, dtLeg2Start=_find_moment(call))


def end_second_leg(clients_id: int, ufn: str, result: int = SUCCESS, cause: int | None = None) -> str:
    """End the second leg of a call, and return the call as JSON text.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :param result: the result of the leg, CONNRES.
    :param cause: its cause code; None for that of the result.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call has no second leg, or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        if call["Leg2Number"] is None:
            raise store.Conflict("Call has no second leg")
        end = End(result, CAUSES[result] if cause is None else cause, by_caller=False)
        call_statistics.add_second_leg(call, end, _find_moment(call))
        return _change(call, Leg2Number=None, dtLeg2Start=None)


def hang_up_call(clients_id: int, ufn: str) -> None:
    """End a call by the agent, who hangs up or refuses it.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        _end(call, hang_up(call))


def end_call(clients_id: int, ufn: str, result: int | None, cause: int | None, by_caller: bool | None) -> None:
    """End a call; see `choose_end` for what is not given.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    :param result: the result of its leg, CONNRES.
    :param cause: its cause code.
    :param by_caller: whether the outside party hangs up.
    :raises store.NotFound: the client has no such call.
    :raises store.Conflict: the call cannot end so, or has ended.
    """
    with store.atomic():
        call = _find(clients_id, ufn)
        _end(call, choose_end(call, result, cause, by_caller))


def _end(call: Call, end: End) -> None:
    """Store the statistics of a call, and delete it."""
    now = _find_moment(call)
    if call["UsersID"] is not None:
        call_statistics.add_agent_leg(call, end, now)
    if call["Leg2Number"] is not None:
        call_statistics.add_second_leg(call, End(SUCCESS, CAUSES[SUCCESS], end.by_caller), now)
    call_statistics.add_call(call, end, now)
    store.execute("delete from Calls where ID = :id", id=call["ID"])


def _find(clients_id: int, ufn: str) -> store.Row:
    row = store.one(
        f"select {', '.join(COLUMNS)} from Calls where ClientsID = :client and UFN = :ufn", client=clients_id, ufn=ufn
    )
    if row is not None:
        return row
    if call_statistics.has_ended(clients_id, ufn):
        raise store.Conflict(ENDED)
    raise store.NotFound(MISSING)


def _change(call: Call, **values: Any) -> str:
    changed = ", ".join(f"{column} = :{column}" for column in values)
    store.execute(f"update Calls set {changed} where ID = :id", id=call["ID"], **values)
    return get(call["ClientsID"], call["UFN"])


def _find_moment(call: Call) -> str:
    """Return the time, or that of what has happened last in a call if the clock was set back."""
    moments: list[str] = [call[name] for name in TIMES if call[name] is not None]
    return max(store.instant(), *moments)


def _choose_key(now: str) -> tuple[int, str]:
    """Return ID and UFN of a new call."""
    number = call_ids.choose()
    moment = now[:SECONDS].translate(DIGITS)
    while find_client(f"{moment}-{number}") is not None:
        number += 1
    return number, f"{moment}-{number}"


def _check_references(clients_id: int, call: Mapping[str, Any]) -> None:
    if call["UsersID"] is not None:
        users.require(clients_id, call["UsersID"])
    if call["AcdGroupsID"] is not None:
        acd.get_group(clients_id, call["AcdGroupsID"])
    if call["ServiceNumbersID"] is not None:
        service_numbers.get(clients_id, call["ServiceNumbersID"])
