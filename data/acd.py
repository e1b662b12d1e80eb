"""ACD event types, event status and groups."""

from collections.abc import Mapping
from typing import Any

from data import records
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source


def list_event_types(page: Page) -> Listing:
    """Return a page of the system's event types."""
    return list_page(Source("AcdEventTypes"), page)


def list_event_status(page: Page) -> Listing:
    """Return a page of the system's event status."""
    return list_page(Source("AcdEventStatus"), page)


def list_groups(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's groups."""
    return list_page(Source("AcdGroups", "ClientsID = :client", {"client": clients_id}), page)


def find_groups(clients_id: int, name: str) -> list[str]:
    """Return a client's groups whose name contains a text, in any letter case, as JSON texts in name order."""
    return records.find_by_name("AcdGroups", clients_id, name)


def get_group(clients_id: int, group_id: int) -> str:
    """Return a client's group as JSON text.

    :raises store.NotFound: the client has no group with that ID.
    """
    return records.get_by_id("AcdGroups", clients_id, group_id, "ACD group not found")


def save_group(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's group, or replace the one with its ID, and return it as JSON text.

    :raises store.NotUnique: another client's group has the ID.
    """
    saved = records.save("AcdGroups", "ClientsID", {**row, "ClientsID": clients_id})
    return get_group(clients_id, saved)
