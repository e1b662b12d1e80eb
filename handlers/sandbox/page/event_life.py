"""The life of an ACD event: what the world's database, the journal and the outgoing calls have of it."""

import json
from collections.abc import Mapping

from data import acd, events, users
from data.lists.pages import Listing, Page
from handlers.sandbox.page.naming import Request, Subject, list_calls, list_requests
from handlers.sandbox.page.records import Record, open_account, read_or_none, read_rows
from handlers.sandbox.page.timelines import FACT, NONE, Fact, Item, Life, describe_calls, describe_requests
from handlers.sandbox.registry.worlds import World

# Of types and statuses, of which there are few.
ALL = Page("", 0, 1_000, "ID", ascending=True)


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
        user_id = event["UsersID"]
        user = None if user_id is None else read_or_none(users.get, account, user_id)
    subject = Subject("/acd/events", "AcdEventsID", "AcdEventTypesID", account, event_id)
    agent = NONE if user_id is None else f"{user['UID'] if user else 'user'} ({user_id})"
    status = _name(statuses, event["AcdEventStatusID"])
    requests = list_requests(world.id, subject)
    items = [
        _add_status(item, request, statuses)
        for item, request in zip(describe_requests(requests), requests, strict=True)
    ]
    return Life(
        title=f"ACD event {event_id}",
        facts=[
            Fact("Type", _name(types, event["AcdEventTypesID"])),
            Fact("Status", status),
            Fact("ACD group", f"{event['AcdGroupsID']} {group.get('Name') or ''}".strip()),
            Fact("Agent", agent),
            Fact("Subject", event["Subject"] or NONE),
        ],
        items=[
            *_list_event_facts(event, status, agent),
            *items,
            *describe_calls(world, list_calls(world.id, subject)),
        ],
    )


def _read_names(listing: Listing) -> dict[int, str]:
    """Return the names of a list, without the name of the table in front, by ID."""
    return {record["ID"]: record["ShortText"].rpartition(".")[2] for record in read_rows(listing)}


def _name(names: Mapping[int, str], record_id: int | None) -> str:
    return NONE if record_id is None else f"{record_id} {names.get(record_id, '')}".strip()


def _list_event_facts(event: Record, status: str, agent: str) -> list[Item]:
    items = [Item(event["dtCreated"], FACT, 0, "Event", "Created")]
    changed = event["dtLastModified"]
    if changed is not None and changed != event["dtCreated"]:
        facts = [Fact("Status", status), Fact("Agent", agent)]
        items.append(Item(changed, FACT, 1, "Event", "Last changed", facts))
    return items


def _add_status(item: Item, request: Request, statuses: Mapping[int, str]) -> Item:
    """Add the status that the event had in an answer."""
    if request.record is None:
        return item
    seen = Fact("Event then", f"status {_name(statuses, request.record['AcdEventStatusID'])}")
    return item._replace(facts=[*item.facts, seen])
