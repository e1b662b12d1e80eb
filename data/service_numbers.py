"""Service numbers."""

from collections.abc import Mapping
from typing import Any

from data import records
from data.lists.pages import Listing, Page


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's service numbers.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("ServiceNumbers", clients_id, page)


def get(clients_id: int, number_id: int) -> str:
    """Return a client's service number as JSON text.

    :param clients_id: ID of the client account.
    :param number_id: ID of the service number.
    :raises store.NotFound: the client has no service number with that ID.
    """
    return records.get_by_id("ServiceNumbers", clients_id, number_id, "Service number not found")


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's service number, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of ServiceNumbers to value, without `ClientsID`; see `records.save`.
    :raises store.NotUnique: another client's service number has the ID.
    """
    return get(clients_id, records.save("ServiceNumbers", "ClientsID", {**row, "ClientsID": clients_id}))
