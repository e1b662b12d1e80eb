"""Records of a world, read by the queries of the API."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from data import contacts, events
from data.lists.pages import Listing
from data.opening import open_database
from data.store import NotFound
from handlers.sandbox.registry import files
from handlers.sandbox.registry.worlds import World

Record = Mapping[str, Any]

ENGLISH = 1
CONTACT, EVENT = "contact", "event"


@contextmanager
def open_account(world: World, account: int) -> Iterator[None]:
    """Make the database of a world the current store for a block.

    :param world: the world.
    :param account: ID of the client account that is asked for.
    :raises NotFound: the world has no such client account.
    """
    if account not in world.accounts:
        raise NotFound("Client account not found")
    with open_database(files.find_path(world.file), durable=False):
        yield


def read_rows(listing: Listing) -> list[Record]:
    """Return the records of a list.

    :param listing: the list.
    """
    rows: list[Record] = json.loads(b"[%b]" % b",".join(chunk.text for chunk in listing.chunks if chunk.size))
    return rows


def read_or_none(get: Callable[[int, int], str], account: int, record_id: int) -> Record | None:
    """Return a record; None if there is none.

    :param get: returns the JSON text of a record by the client account and the ID.
    :param account: ID of the client account.
    :param record_id: ID of the record.
    """
    try:
        record: Record = json.loads(get(account, record_id))
        return record
    except NotFound:
        return None


def find_account(world: World, kind: str, record_id: int) -> int | None:
    """Return the client account that a record belongs to; None if there is no such record.

    :param world: the world.
    :param kind: `contact` or `event`.
    :param record_id: ID of the record.
    """
    get = contacts.get if kind == CONTACT else events.get
    for account in world.accounts:
        with open_account(world, account):
            if read_or_none(get, account, record_id) is not None:
                return account
    return None


def find_by_user_data(world: World, user_data: str) -> list[int]:
    """Return the IDs of the contacts of a world with a user data, of all client accounts.

    :param world: the world.
    :param user_data: the value of `UserData`.
    """
    found: list[int] = []
    for account in world.accounts:
        with open_account(world, account):
            found += [json.loads(text)["ID"] for text in contacts.find_by_user_data(account, user_data)]
    return found
