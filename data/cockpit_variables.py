"""Cockpit variables: counters that supervisors see, and that programs set."""

from collections.abc import Mapping
from typing import Any

from data import records, store
from data.lists.pages import Listing, Page

# What came of setting a value.
DONE, NOT_WRITABLE, NOT_FOUND, UNCHANGED, OUT_OF_RANGE = range(5)


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's cockpit variables.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("CockpitVariables", clients_id, page)


def get(clients_id: int, variable_id: int) -> str:
    """Return a client's cockpit variable as JSON text.

    :param clients_id: ID of the client account.
    :param variable_id: ID of the variable.
    :raises store.NotFound: the client has no cockpit variable with that ID.
    """
    return records.get_by_id("CockpitVariables", clients_id, variable_id, "Cockpit variable not found")


def set_value(clients_id: int, variable_id: int, value: int) -> int:
    """Set the value of a client's cockpit variable, and return what came of it: `DONE`, or why nothing has changed.

    :param clients_id: ID of the client account.
    :param variable_id: ID of the variable.
    :param value: the new value.
    """
    with store.atomic():
        variable = store.one(
            "select CounterAbsolute, MinValue, MaxValue, bWritable, bVisible from CockpitVariables"
            " where ClientsID = :client and ID = :id",
            client=clients_id,
            id=variable_id,
        )
        result = _judge(variable, value)
        if result == DONE:
            store.execute(
                "update CockpitVariables set CounterAbsolute = :value, dtLastModified = :now where ID = :id",
                value=value,
                now=store.instant(),
                id=variable_id,
            )
        return result


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's cockpit variable, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of CockpitVariables to value, without `ClientsID`; see `records.save`.
    :raises store.NotUnique: another client's cockpit variable has the ID.
    """
    return get(clients_id, records.save("CockpitVariables", "ClientsID", {**row, "ClientsID": clients_id}))


def _judge(variable: Mapping[str, Any] | None, value: int) -> int:
    """Return the result of setting a variable to a value; the variable is None if it is not known."""
    if variable is None or variable["bVisible"] == 0:
        return NOT_FOUND
    if variable["bWritable"] == 0:
        return NOT_WRITABLE
    if variable["CounterAbsolute"] == value:
        return UNCHANGED
    least, most = variable["MinValue"], variable["MaxValue"]
    is_beyond = (least is not None and value < least) or (most is not None and value > most)
    return OUT_OF_RANGE if is_beyond else DONE
