"""ACD event types, event status and groups."""

from collections.abc import Mapping
from typing import Any

from data import records
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source

NO_GROUP = "ACD group not found"


def list_event_types(page: Page) -> Listing:
    """Return a page of the system's event types.

    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return list_page(Source("AcdEventTypes"), page)


def list_event_status(page: Page) -> Listing:
    """Return a page of the system's event status.

    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return list_page(Source("AcdEventStatus"), page)


def list_groups(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's groups.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("AcdGroups", clients_id, page)


def find_groups(clients_id: int, name: str) -> list[str]:
    """Return a client's groups whose name contains a text, in any letter case.

    :param clients_id: ID of the client account.
    :param name: the text.
    :returns: the groups as JSON texts, in name order.
    """
    return records.find_by_name("AcdGroups", clients_id, name)


def get_group(clients_id: int, group_id: int) -> str:
    """Return a client's group as JSON text.

    :param clients_id: ID of the client account.
    :param group_id: ID of the group.
    :raises store.NotFound: the client has no group with that ID.
    """
    return records.get_by_id("AcdGroups", clients_id, group_id, NO_GROUP)


def save_group(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's group, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of AcdGroups to value, without `ClientsID`; see `records.save`.
    :raises store.NotUnique: another client's group has the ID.
    """
    saved = records.save("AcdGroups", "ClientsID", {**row, "ClientsID": clients_id})
    return get_group(clients_id, saved)
