"""The records of a world as tables, read by the queries of the API."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from data import acd, campaigns, contacts
from data.lists.pages import Chunk, Listing, Page
from data.store import NotFound
from handlers.contract.problems import Problem
from handlers.files.resources import RESOURCES
from handlers.sandbox.page.records import CONTACT, ENGLISH, EVENT, open_account, read_rows
from handlers.sandbox.registry.worlds import World

ROWS = 50
# The columns that come first.
FIRST = ("ID", "Name")
RESULT_CODES = "result-codes"


class Part(NamedTuple):
    """Which records are asked for.

    :param account: ID of the client account.
    :param name: the name of the table.
    :param campaign: ID of the campaign, for records that belong to one; None for those of all campaigns.
    :param start: how many records to skip.
    """

    account: int
    name: str
    campaign: int | None
    start: int


class Table(NamedTuple):
    """A table of the page.

    :param title: what its records are.
    :param read: returns a page of the records of a client account, of one campaign if there is one.
    """

    title: str
    read: Callable[[int, Page, int | None], Listing]


class Shown(NamedTuple):
    """A part of a table.

    :param columns: the names of the fields of its records.
    :param rows: the records, by the names of the fields.
    :param total: how many records the table has.
    :param previous: how many records the part before this one skips; None if there is none.
    :param following: how many records the part after this one skips; None if there is none.
    """

    columns: list[str]
    rows: list[Mapping[str, Any]]
    total: int
    previous: int | None
    following: int | None


def _list_result_codes(account: int, page: Page, campaign: int | None) -> Listing:
    if campaign is None:
        raise Problem(("query", "campaign"), "is missing")
    texts = campaigns.list_result_codes(account, campaign, ENGLISH)
    return Listing(page, 0, iter([Chunk(",".join(texts).encode(), len(texts))]), is_long=False, total=len(texts))


def _of_account(kind: str) -> Callable[[int, Page, int | None], Listing]:
    list_all = RESOURCES[kind].list_all
    assert list_all, f"{kind} has no list of a client account"
    return lambda account, page, _: list_all(account, page)


# The tables whose records have a timeline: what it is asked for by, and the field with the ID.
TIMELINES = {"contacts": (CONTACT, "ID"), "history": (CONTACT, "DiallerContactsID"), "events": (EVENT, "ID")}
TABLES: Mapping[str, Table] = {
    "campaigns": Table("Dialler campaigns", _of_account("campaign")),
    "contacts": Table("Dialler contacts", contacts.list_all),
    "history": Table("Calls of dialler contacts", _of_account("history")),
    "events": Table("ACD events", _of_account("event")),
    "groups": Table("ACD groups", _of_account("group")),
    "calls": Table("Calls", _of_account("call")),
    "users": Table("Users", _of_account("user")),
    "service-numbers": Table("Service numbers", _of_account("service-number")),
    "cockpit-variables": Table("Cockpit variables", _of_account("cockpit-variable")),
    "routing-applications": Table("Routing applications", _of_account("routing-application")),
    "network-ivr-lists": Table("Network IVR lists", _of_account("network-ivr-list")),
    "network-ivr-list-entries": Table("Entries of network IVR lists", _of_account("network-ivr-list-entry")),
    "event-types": Table("ACD event types", lambda _, page, __: acd.list_event_types(page)),
    "event-status": Table("ACD event status", lambda _, page, __: acd.list_event_status(page)),
    RESULT_CODES: Table("Result codes", _list_result_codes),
}


def read(world: World, part: Part) -> Shown:
    """Return a part of a table of a world.

    :param world: the world.
    :param part: which records are asked for.
    :raises NotFound: the world has no such client account, there is no such table, or no such campaign.
    :raises Problem: 400; the table is that of one campaign, and none is given.
    """
    if part.account in world.accounts and part.name not in TABLES:
        raise NotFound("Table not found")
    page = Page("", part.start, ROWS, "ID", ascending=True)
    with open_account(world, part.account):
        listing = TABLES[part.name].read(part.account, page, part.campaign)
        return _describe(listing, part.start)


def _describe(listing: Listing, start: int) -> Shown:
    rows = read_rows(listing)
    total = listing.total or 0
    columns = list(dict.fromkeys(name for row in rows for name in (*FIRST, *row) if name in row))
    behind = start + len(rows)
    following = behind if rows and behind < total else None
    return Shown(columns, rows, total, max(0, start - ROWS) if start else None, following)
