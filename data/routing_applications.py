"""Routing applications: programs that decide what becomes of a call."""

from collections.abc import Mapping
from typing import Any

from data import records
from data.lists.pages import Listing, Page


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's routing applications.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("RoutingApplications", clients_id, page)


def get(clients_id: int, application_id: int) -> str:
    """Return a client's routing application as JSON text.

    :param clients_id: ID of the client account.
    :param application_id: ID of the application.
    :raises store.NotFound: the client has no routing application with that ID.
    """
    return records.get_by_id("RoutingApplications", clients_id, application_id, "Routing application not found")


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's routing application, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of RoutingApplications to value, without `ClientsID`; see `records.save`.
    :raises store.NotUnique: another client's routing application has the ID.
    """
    return get(clients_id, records.save("RoutingApplications", "ClientsID", {**row, "ClientsID": clients_id}))
