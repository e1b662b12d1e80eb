"""Users."""

from collections.abc import Mapping
from typing import Any

from data import records, store
from data.lists.pages import Listing, Page

MISSING = "User not found"


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's users.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return records.list_all("Users", clients_id, page)


def get(clients_id: int, user_id: int) -> str:
    """Return a client's user as JSON text.

    :param clients_id: ID of the client account.
    :param user_id: ID of the user.
    :raises store.NotFound: the client has no user with that ID.
    """
    return records.get_by_id("Users", clients_id, user_id, MISSING)


def require(clients_id: int, user_id: int) -> None:
    """Check that a client has a user, or that none of its users are stored.

    :param clients_id: ID of the client account.
    :param user_id: ID of the user.
    :raises store.NotFound: the client has users, and none with that ID.
    """
    if store.one("select ID from Users where ClientsID = :client limit 1", client=clients_id) is not None:
        get(clients_id, user_id)


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's user, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of Users to value, without `ClientsID`; `ID` is None for a new user.
    :raises store.NotUnique: another client's user has the ID, or another user the UID.
    """
    row = {**row, "ClientsID": clients_id}
    return get(clients_id, records.save_unique("Users", "UID", row, "UID: is another user's"))
