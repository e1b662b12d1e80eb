"""The pages: the worlds, one world, one of its requests, its records, and the coverage of the contract."""

from typing import Any

from starlette.requests import Request

from data import store
from data.store.texts import render_moment
from handlers.sandbox.coverage import measure
from handlers.sandbox.documented import compile_routes, find_base, list_errors
from handlers.sandbox.page import tables
from handlers.sandbox.page.rendering import read_count, read_query, render
from handlers.sandbox.registry import coverage, failures, fixtures, journal, snapshots, targets, worlds
from handlers.sandbox.registry.journal import INCOMING, EntryFilter
from handlers.sandbox.registry.worlds import World, name_token

# How many entries of a journal the page of a world shows.
LATEST = 100


def show_worlds(request: Request) -> str:
    """Return the page of all worlds, or that of one world if the query names one.

    :param request: the request; `world` names the world.
    :raises store.NotFound: there is no such world.
    :raises Problem: 400; the query is malformed.
    """
    named = read_query(request).get("world")
    if named is not None:
        return _show_world(worlds.find(named), str(request.base_url).rstrip("/"))
    return render(
        "worlds",
        worlds=[_summarize(world) for world in worlds.list_all()],
        fixtures=fixtures.list_all(),
        percentage=_measure()["percentage"],
    )


def show_request(request: Request) -> str:
    """Return the page of a request of a journal.

    :param request: the request; `world` names the world, and `number` the entry.
    :raises store.NotFound: there is no such world, or no such entry any more.
    :raises Problem: 400; the query is malformed.
    """
    query = read_query(request)
    world, number = _find_world(query), read_count(query, "number", 0)
    entries = journal.list_some(world.id, EntryFilter(after=number - 1), 1)
    if not entries or entries[0]["number"] != number:
        raise store.NotFound("Request not found")
    return render("request", world=world, entry=entries[0])


def show_data(request: Request) -> str:
    """Return the page of the records of a world, as a table.

    :param request: the request; `world` names the world, `account` the client account, `table` the table, `campaign`
        the campaign whose records are shown, and `start` says how many records to skip.
    :raises store.NotFound: there is no such world, client account, table or campaign.
    :raises Problem: 400; the query is malformed.
    """
    query = read_query(request)
    world = _find_world(query)
    part = tables.Part(
        account=read_count(query, "account", world.accounts[0] if world.accounts else 0),
        name=query.get("table", "campaigns"),
        campaign=read_count(query, "campaign", 0) if "campaign" in query else None,
        start=read_count(query, "start", 0),
    )
    shown = tables.read(world, part)
    return render(
        "data",
        world=world,
        part=part,
        shown=shown,
        tables=tables.TABLES,
        of_campaign=tables.RESULT_CODES,
        timeline=tables.TIMELINES.get(part.name),
    )


def show_coverage(request: Request) -> str:
    """Return the page of the coverage of the contract, of one world or of all.

    :param request: the request; `world` names the world.
    :raises store.NotFound: there is no such world.
    :raises Problem: 400; the query is malformed.
    """
    query = read_query(request)
    world = _find_world(query) if "world" in query else None
    return render("coverage", world=world, measured=_measure(world))


def _show_world(world: World, url: str) -> str:
    newest = journal.find_last(world.id)
    entries = journal.list_heads(world.id, EntryFilter(after=newest - LATEST), LATEST)
    return render(
        "world",
        **_summarize(world),
        base=url + find_base(),
        tokens={account: name_token(world.id, account) for account in world.accounts},
        snapshots=snapshots.list_all(world.id),
        targets=[target.describe() for target in targets.list_all(world.id)],
        failures=[failure.describe() for failure in failures.list_all(world.id)],
        operations=_list_operations(),
        statuses=sorted({status for name in _list_operations() for status in list_errors(name)}),
        entries=entries[::-1],
        newest=newest,
        percentage=_measure(world)["percentage"],
    )


def _summarize(world: World) -> dict[str, Any]:
    return {
        "world": world,
        "now": render_moment(world.clock.read()),
        "requests": journal.count(world.id, EntryFilter(direction=INCOMING)),
        "armed": len(failures.list_armed(world.id)),
    }


def _list_operations() -> list[str]:
    return sorted(operation.identity for operation in compile_routes().operations)


def _find_world(query: dict[str, str]) -> World:
    return worlds.find(query.get("world", ""))


def _measure(world: World | None = None) -> dict[str, Any]:
    return measure(coverage.count(None if world is None else world.id), compile_routes().operations)
