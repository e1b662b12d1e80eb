"""The pages of what happens to records: timelines, outgoing calls, and the dialler."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from data import store
from data.dialler import history
from handlers.contract.problems import Problem
from handlers.sandbox.page.contact_life import OUTCOMES, read_contact
from handlers.sandbox.page.event_life import read_event
from handlers.sandbox.page.records import CONTACT, EVENT, find_account, find_by_user_data, open_account
from handlers.sandbox.page.rendering import LARGEST, read_count, read_query, render
from handlers.sandbox.page.timelines import describe_call, group_attempts
from handlers.sandbox.registry import mentions, outgoing, runs, worlds
from handlers.sandbox.registry.runs import RUNNING
from handlers.sandbox.registry.worlds import World

# How much a page shows: items of a timeline, outgoing calls, and hours of a dialler.
ITEMS, LATEST, HOURS = 50, 100, 200
READ = {CONTACT: read_contact, EVENT: read_event}


def show_timeline(request: Request) -> str:
    """Return the page of what happened to a contact or an ACD event.

    :param request: the request; `world` names the world, `contact` or `event` the record, `account` its client account
        if it may be deleted, and `start` says how many items to skip.
    :raises store.NotFound: there is no such world, client account or record.
    :raises Problem: 400; the query is malformed.
    """
    query = read_query(request)
    world = worlds.find(query.get("world", ""))
    kind = next((each for each in READ if each in query), None)
    if kind is None:
        raise Problem(("query", CONTACT), f"is missing, or {EVENT} instead of it")
    record_id, start = read_count(query, kind, 0), read_count(query, "start", 0)
    if "account" in query:
        account = read_count(query, "account", 0)
    else:
        account = find_account(world, kind, record_id) or _find_first(world)
    life = READ[kind](world, account, record_id)
    items = sorted(life.items)
    return render(
        "timeline",
        world=world,
        account=account,
        kind=kind,
        record_id=record_id,
        life=life,
        outcomes=OUTCOMES,
        items=items[start : start + ITEMS],
        most=mentions.MOST,
        total=len(items),
        start=start,
        previous=max(0, start - ITEMS) if start else None,
        following=start + ITEMS if start + ITEMS < len(items) else None,
        was_replaced=any(mentions.find_before(world.id)),
    )


def show_outgoing(request: Request) -> str:
    """Return the page of the outgoing calls of a world, or that of one call if the query names one.

    :param request: the request; `world` names the world, and `call` the call.
    :raises store.NotFound: there is no such world or call.
    :raises Problem: 400; the query is malformed.
    """
    query = read_query(request)
    world = worlds.find(query.get("world", ""))
    if "call" in query:
        return _show_call(world, outgoing.find(world.id, read_count(query, "call", 0)))
    calls = outgoing.list_latest(world.id, LATEST)
    attempts = group_attempts(world, [call["id"] for call in calls])
    return render("outgoing", world=world, calls=calls, attempts=attempts, latest=LATEST)


def show_dialler(request: Request) -> str:
    """Return the page of the dialler of a world.

    :param request: the request; `world` names the world, and `account` the client account whose counters are shown.
    :raises store.NotFound: there is no such world or client account.
    :raises Problem: 400; the query is malformed.
    """
    query = read_query(request)
    world = worlds.find(query.get("world", ""))
    account = read_count(query, "account", _find_first(world))
    with open_account(world, account):
        hours = history.list_latest_counts(account, HOURS)
    run = _find_run(world)
    return render(
        "dialler",
        world=world,
        account=account,
        hours=hours,
        most=HOURS,
        counters=history.COUNTERS,
        run=run and run.describe(),
        is_running=run is not None and run.state == RUNNING,
    )


def _show_call(world: World, call: Mapping[str, Any]) -> str:
    attempts = group_attempts(world, [call["id"]]).get(call["id"], [])
    return render(
        "outgoing_call",
        world=world,
        call=call,
        text=json.dumps(call["data"], ensure_ascii=False, indent=2),
        facts=describe_call(call, attempts),
        attempts=attempts,
        subjects=_list_subjects(world, call),
    )


def _list_subjects(world: World, call: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the records that a call is about: the kind of each, and its ID."""
    data = call["data"]
    _, call_before = mentions.find_before(world.id)
    if call["id"] <= call_before:
        # The records of today are others.
        return []
    named = [(EVENT, data.get("AcdEventsID")), (CONTACT, data.get("DiallerContactsID"))]
    found = [
        (kind, each)
        for kind, each in named
        if isinstance(each, int) and 0 <= each <= LARGEST and find_account(world, kind, each)
    ]
    user_data = data.get("UserData")
    if isinstance(user_data, str) and user_data:
        found += [(CONTACT, each) for each in find_by_user_data(world, user_data)]
    return found


def _find_first(world: World) -> int:
    return world.accounts[0] if world.accounts else 0


def _find_run(world: World) -> runs.Run | None:
    try:
        return runs.find(world.id)
    except store.NotFound:
        return None
