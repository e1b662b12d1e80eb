"""The life of an ACD event: what the world's database, the journal and the outgoing calls have of it."""

import json
from collections.abc import Mapping, Sequence, Set

from data import acd, event_status, events, store, users
from data.lists.pages import Listing, Page
from handlers.sandbox.page.naming import Request, Subject, list_calls, list_requests
from handlers.sandbox.page.records import Record, open_account, read_or_none, read_rows
from handlers.sandbox.page.timelines import CHANGE, FACT, NONE, Fact, Item, Life, describe_calls, describe_requests
from handlers.sandbox.registry.worlds import World

# Of types and statuses, of which there are few.
ALL = Page("", 0, 1_000, "ID", ascending=True)
# How many changes of the status of an event are shown at most: the latest ones.
MOST_CHANGES = 1_000


def read_event(world: World, account: int, event_id: int) -> Life:
    """Return the life of an ACD event.

    :param world: its world.
    :param account: ID of its client account.
    :param event_id: its ID.
    :raises store.NotFound: there is no such client account or event.
    """
    with open_account(world, account):
        event = json.loads(events.get(account, event_id))
        types, statuses = _read_names(acd.list_event_types(ALL)), _read_names(acd.list_event_status(ALL))
        group = read_or_none(acd.get_group, account, event["AcdGroupsID"]) or {}
        changes = event_status.list_changes(event_id, MOST_CHANGES)
        agents = _name_agents(account, {row["UsersID"] for row in (event, *changes)})
    subject = Subject("/acd/events", "AcdEventsID", "AcdEventTypesID", account, event_id)
    requests = list_requests(world.id, subject)
    items = [
        _add_status(item, request, statuses)
        for item, request in zip(describe_requests(requests), requests, strict=True)
    ]
    return Life(
        title=f"ACD event {event_id}",
        facts=[
            Fact("Type", _name(types, event["AcdEventTypesID"])),
            Fact("Status", _name(statuses, event["AcdEventStatusID"])),
            Fact("ACD group", f"{event['AcdGroupsID']} {group.get('Name') or ''}".strip()),
            Fact("Agent", agents[event["UsersID"]]),
            Fact("Subject", event["Subject"] or NONE),
        ],
        items=[
            *_list_event_facts(event, changes),
            *(_describe_change(change, statuses, agents) for change in changes),
            *items,
            *describe_calls(world, list_calls(world.id, subject)),
        ],
    )


def _read_names(listing: Listing) -> dict[int, str]:
    """Return the names of a list, without the name of the table in front, by ID."""
    return {record["ID"]: record["ShortText"].rpartition(".")[2] for record in read_rows(listing)}


def _name(names: Mapping[int, str], record_id: int | None) -> str:
    return NONE if record_id is None else f"{record_id} {names.get(record_id, '')}".strip()


def _name_agents(account: int, user_ids: Set[int | None]) -> dict[int | None, str]:
    """Return what the page calls the agents with these IDs, by ID."""
    names: dict[int | None, str] = {None: NONE}
    for each in user_ids:
        if each is not None:
            user = read_or_none(users.get, account, each)
            names[each] = f"{user['UID'] if user else 'user'} ({each})"
    return names


def _list_event_facts(event: Record, changes: Sequence[store.Row]) -> list[Item]:
    items = [Item(event["dtCreated"], FACT, 0, "Event", "Created")]
    # An event that came with a file may have been changed elsewhere.
    known = {event["dtCreated"], *(change["dtChanged"] for change in changes)}
    if event["dtLastModified"] not in known:
        items.append(Item(event["dtLastModified"], FACT, 1, "Event", "Last changed"))
    return items


def _describe_change(change: store.Row, statuses: Mapping[int, str], agents: Mapping[int | None, str]) -> Item:
    status = _name(statuses, change["AcdEventStatusID"])
    facts = [
        Fact("Status before", _name(statuses, change["AcdEventStatusIDBefore"])),
        Fact("Agent", agents[change["UsersID"]]),
    ]
    return Item(change["dtChanged"], CHANGE, change["ID"], "Event", f"Status {status}", facts)


def _add_status(item: Item, request: Request, statuses: Mapping[int, str]) -> Item:
    """Add the status that the event had in an answer."""
    if request.record is None:
        return item
    seen = Fact("Event then", f"status {_name(statuses, request.record['AcdEventStatusID'])}")
    return item._replace(facts=[*item.facts, seen])
