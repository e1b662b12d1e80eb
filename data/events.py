"""ACD events."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from data import acd, records, store, users
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source

# The IDs of event statuses: that of events that come from outside, and that of new ones of the API.
ENTERED, NEW = 0, 20
# The columns that a client may set in a new event.
WRITABLE = ("AcdEventTypesID", "AcdGroupsID", "UsersID", "Sender", "Receiver", "Subject", "Body", "CrmURL", "UserData")


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's events.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    source = Source("AcdEvents", "ClientsID = :client", {"client": clients_id}, partial(_count, clients_id))
    return list_page(source, page)


def get(clients_id: int, event_id: int) -> str:
    """Return a client's event as JSON text.

    :param clients_id: ID of the client account.
    :param event_id: ID of the event.
    :raises store.NotFound: the client has no event with that ID.
    """
    return records.get_by_id("AcdEvents", clients_id, event_id, "ACD event not found")


def create(clients_id: int, event: Mapping[str, Any], status: int = NEW) -> str:
    """Add a new event, created now, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param event: column of AcdEvents to value, for the columns in `WRITABLE`; those left out are null.
    :param status: the ID of its status.
    :raises store.NotFound: the client has no group with the event's `AcdGroupsID`, or no user with its `UsersID`.
    """
    with store.atomic():
        now = _next_moment(clients_id, event["AcdGroupsID"])
        if event.get("UsersID") is not None:
            users.require(clients_id, event["UsersID"])
        own = {"ID": None, "AcdEventStatusID": status, "dtCreated": now, "dtLastModified": now}
        return _save(clients_id, {column: event.get(column) for column in WRITABLE} | own)


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's event, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of AcdEvents to value, without `ClientsID`; `ID` is None for a new event.
    :raises store.NotFound: the client has no group with the row's `AcdGroupsID`.
    :raises store.NotUnique: another client's event has the ID.
    """
    acd.get_group(clients_id, row["AcdGroupsID"])
    return _save(clients_id, row)


def _save(clients_id: int, row: Mapping[str, Any]) -> str:
    record: str = records.save("AcdEvents", "ClientsID", {**row, "ClientsID": clients_id}, returning="Record")
    return record


def _count(clients_id: int) -> int:
    row = store.one("select nEvents from AcdEventsCounts where ClientsID = :client", client=clients_id)
    count: int = row["nEvents"] if row else 0
    return count


def _next_moment(clients_id: int, group_id: int) -> str:
    """Return the time in UTC, or that of the client's newest event if the clock was set back.

    The group is required by the same statement, because each statement costs an exchange with a server. `max` would let
    PostgreSQL choose a plan that reads all events, as long as it knows of few.
    """
    group = store.one(
        "select (select dtCreated from AcdEvents where ClientsID = :client order by dtCreated desc limit 1) as Newest"
        " from AcdGroups where ClientsID = :client and ID = :group",
        client=clients_id,
        group=group_id,
    )
    if group is None:
        raise store.NotFound(acd.NO_GROUP)
    return max(store.now(), group["Newest"] or "")
