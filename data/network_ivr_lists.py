"""Network IVR lists: lists of names for call flows in the network, and their entries."""

from collections.abc import Mapping
from typing import Any

from data import records
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's network IVR lists.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("NetworkIVRLists", clients_id, page)


def list_entries(clients_id: int, page: Page, list_id: int) -> Listing:
    """Return a page of the entries of a client's network IVR list.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :param list_id: ID of the list.
    :raises store.NotFound: the client has no network IVR list with that ID.
    :raises BadPage: the filter or the cursor is wrong.
    """
    _get(clients_id, list_id)
    return list_page(Source("NetworkIVRListsEntries", "NetworkIVRListsID = :list", {"list": list_id}), page)


def list_all_entries(clients_id: int, page: Page) -> Listing:
    """Return a page of the entries of all network IVR lists of a client.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("NetworkIVRListsEntries", clients_id, page)


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's network IVR list, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of NetworkIVRLists to value, without `ClientsID`; see `records.save`.
    :raises store.NotUnique: another client's list has the ID.
    """
    return _get(clients_id, records.save("NetworkIVRLists", "ClientsID", {**row, "ClientsID": clients_id}))


def save_entry(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert an entry of a client's network IVR list, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of NetworkIVRListsEntries to value, without `ClientsID`; see `records.save`.
    :raises store.NotFound: the client has no network IVR list with the row's `NetworkIVRListsID`.
    :raises store.NotUnique: another client's entry has the ID.
    """
    _get(clients_id, row["NetworkIVRListsID"])
    saved = records.save("NetworkIVRListsEntries", "ClientsID", {**row, "ClientsID": clients_id})
    return records.get_by_id("NetworkIVRListsEntries", clients_id, saved, "Entry not found")


def _get(clients_id: int, list_id: int) -> str:
    return records.get_by_id("NetworkIVRLists", clients_id, list_id, "Network IVR list not found")
