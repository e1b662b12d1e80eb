"""Statistics of calls: what stays of a call when it has ended (vendor pages: CompressedA, writeCallStatistics)."""

from collections.abc import Mapping
from typing import Any

from data import store
from data.call_rules import SUCCESS, Call, End, find_end_reason

# The statistics of a call: the row of StatisticsPartA, and those of the other tables that belong to it.
Statistics = dict[str, Any]

OF_CALL = ("ID", "ClientsID", "UFN", "bOutbound", "CallerID", "ServiceNumbersID", "dtCallStart")
# What connectors know the service number of a call by.
NUMBERS = (
    " left join ServiceNumbers as Numbers"
    " on Numbers.ID = Calls.ServiceNumbersID and Numbers.ClientsID = Calls.ClientsID"
)
# The rows of a call in each table, with what connectors know numbers and agents by.
PART_A = (
    "select Calls.ID, Calls.ClientsID, Calls.UFN, Calls.bOutbound, Calls.CallerID, Calls.ServiceNumbersID,"
    " Numbers.Name as ServiceNumber, Numbers.Name2 as ServiceName, Calls.dtCallStart, Calls.dtCallConnect,"
    f" Calls.dtCallEnd, Calls.bCallerHangup, Calls.CauseCodesID from StatisticsPartA as Calls{NUMBERS}"
)
# The row of a call that is going on, with what `PART_A` has of it, its group and its agent.
GOING_ON = (
    "select Calls.ID, Calls.UFN, Calls.bOutbound, Calls.CallerID, Numbers.Name as ServiceNumber,"
    " Numbers.Name2 as ServiceName, Calls.AcdGroupsID, Teams.Name as AcdGroupsName, Calls.UsersID,"
    f" Users.UID as UsersUID, Calls.Leg2Number from Calls{NUMBERS}"
    " left join AcdGroups as Teams on Teams.ID = Calls.AcdGroupsID left join Users on Users.ID = Calls.UsersID"
)
GROUPS = (
    "select Parts.ID, Parts.StatisticsPartAID, Parts.AcdGroupsID, Teams.Name as AcdGroupsName,"
    " Parts.AcdOriginGroupsID, Parts.dtGroupStart, Parts.dtQueueStart, Parts.dtAgentConnect, Parts.dtGroupEnd,"
    " Parts.AcdGroupEndReasonsID from AcdStatisticsPartB as Parts left join AcdGroups as Teams"
    " on Teams.ID = Parts.AcdGroupsID where Parts.StatisticsPartAID = :id order by Parts.ID"
)
LEGS = (
    "select Legs.ID, Legs.StatisticsPartAID, Legs.AcdStatisticsPartBID, Legs.UsersID, Users.UID as UsersUID,"
    " Legs.Number, Legs.dtLegStart, Legs.dtLegConnect, Legs.dtLegEnd, Legs.CONNRES, Legs.CauseCodesID"
    " from StatisticsPartB as Legs left join Users on Users.ID = Legs.UsersID"
    " where Legs.StatisticsPartAID = :id order by Legs.ID"
)


def add_agent_leg(call: Call, end: End, moment: str) -> None:
    """Store the leg of a call to its agent, in the transaction that is open.

    :param call: the row of the call.
    :param end: how the leg ends.
    :param moment: when.
    """
    start = call["dtAgentStart"] or call["dtCallStart"]
    connect = (call["dtCallConnect"] or start) if end.result == SUCCESS else None
    _add_leg(call, {"UsersID": call["UsersID"], "dtLegStart": start, "dtLegConnect": connect}, end, moment)


def add_second_leg(call: Call, end: End, moment: str) -> None:
    """Store the second leg of a call, in the transaction that is open.

    :param call: the row of the call.
    :param end: how the leg ends.
    :param moment: when.
    """
    start = call["dtLeg2Start"]
    connect = start if end.result == SUCCESS else None
    _add_leg(call, {"Number": call["Leg2Number"], "dtLegStart": start, "dtLegConnect": connect}, end, moment)


def add_call(call: Call, end: End, moment: str) -> None:
    """Store the statistics of a call beside its legs, which are stored before, in the transaction that is open.

    :param call: the row of the call.
    :param end: how it ends.
    :param moment: when.
    """
    connect = (call["dtCallConnect"] or call["dtCallStart"]) if end.result == SUCCESS else None
    ended = {"dtCallConnect": connect, "dtCallEnd": moment, "bCallerHangup": int(end.by_caller)}
    _insert("StatisticsPartA", {name: call[name] for name in OF_CALL} | ended | {"CauseCodesID": end.cause})
    if call["AcdGroupsID"] is None:
        return
    _insert(
        "AcdStatisticsPartB",
        {
            "StatisticsPartAID": call["ID"],
            "AcdGroupsID": call["AcdGroupsID"],
            "dtGroupStart": call["dtCallStart"],
            "dtQueueStart": call["dtAcdFirstQueueStart"],
            "dtAgentConnect": connect,
            "dtGroupEnd": moment,
            "AcdGroupEndReasonsID": find_end_reason(call, end),
        },
    )
    store.execute(
        "update StatisticsPartB set AcdStatisticsPartBID ="
        " (select ID from AcdStatisticsPartB where StatisticsPartAID = :id) where StatisticsPartAID = :id",
        id=call["ID"],
    )


def find(ufn: str) -> Statistics | None:
    """Return the statistics of a call that has ended; None if there is none.

    :param ufn: its UFN.
    """
    row = store.one(f"{PART_A} where Calls.UFN = :ufn order by Calls.ID desc limit 1", ufn=ufn)
    return row and _complete(row)


def find_so_far(ufn: str) -> Statistics | None:
    """Return what the statistics of a call have so far that is going on; None if there is none.

    Its present legs are there too, with None for `CONNRES`.

    :param ufn: its UFN.
    """
    row = store.one(f"{GOING_ON} where Calls.UFN = :ufn", ufn=ufn)
    if row is None:
        return None
    legs = store.query(LEGS, id=row["ID"])
    if row["UsersID"] is not None:
        legs.append({"UsersUID": row["UsersUID"], "Number": None, "CONNRES": None})
    if row["Leg2Number"] is not None:
        legs.append({"UsersUID": None, "Number": row["Leg2Number"], "CONNRES": None})
    groups = [] if row["AcdGroupsID"] is None else [{"AcdGroupsName": row["AcdGroupsName"]}]
    return {"StatisticsPartA": row, "AcdStatisticsPartB": groups, "StatisticsPartB": legs}


def has_ended(clients_id: int, ufn: str) -> bool:
    """Return whether a client account has had a call that has ended.

    :param clients_id: ID of the client account.
    :param ufn: the UFN of the call.
    """
    return bool(
        store.query(
            "select 1 from StatisticsPartA where ClientsID = :client and UFN = :ufn", client=clients_id, ufn=ufn
        )
    )


def list_all(clients_id: int, after: int, most: int) -> list[Statistics]:
    """Return the statistics of the calls of a client account that have ended, in the order of their IDs.

    :param clients_id: ID of the client account.
    :param after: the ID of a call; the calls with larger ones are returned.
    :param most: the largest number of calls.
    """
    rows = store.query(
        f"{PART_A} where Calls.ClientsID = :client and Calls.ID > :after order by Calls.ID limit :most",
        client=clients_id,
        after=after,
        most=most,
    )
    return [_complete(row) for row in rows]


def _complete(row: Mapping[str, Any]) -> Statistics:
    truths = {name: row[name] == 1 for name in ("bOutbound", "bCallerHangup")}
    return {
        "StatisticsPartA": {**row, **truths},
        "AcdStatisticsPartB": store.query(GROUPS, id=row["ID"]),
        "StatisticsPartB": store.query(LEGS, id=row["ID"]),
    }


def _add_leg(call: Call, leg: Mapping[str, Any], end: End, moment: str) -> None:
    ended = {"dtLegEnd": moment, "CONNRES": end.result, "CauseCodesID": end.cause}
    _insert("StatisticsPartB", {"StatisticsPartAID": call["ID"], **leg, **ended})


def _insert(table: str, row: Mapping[str, Any]) -> None:
    store.current().insert(table, [*row], [[*row.values()]])
