"""ACD events move through their statuses by the inferred order, one step or several at a time, and not otherwise."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.dialler import freeze
from tests.support.sandbox import SandboxService, World

STATUSES = (0, 1, 2, 4, 10, 20, 30, 40, 98, 99, 100)
FORWARDED = (1, 2, 4, 10)
# Which status can follow which, but for 98, which only chats have.
FOLLOWING: dict[int, tuple[int, ...]] = {
    0: (1, 2, 4, 100),
    1: (2, 4, 10, 100),
    2: (99, 100),
    4: (1, 100),
    10: (1, 20, 100),
    20: (*FORWARDED, 30),
    30: (*FORWARDED, 40, 99),
    40: (*FORWARDED, 30),
    98: (),
    99: (),
    100: (),
}
BEFORE_CLOSED = (20, 30, 40)
# How an event comes to a status from 0.
WAYS = {
    **{0: [], 1: [1], 2: [2], 4: [4], 10: [1, 10], 20: [1, 10, 20], 30: [1, 10, 20, 30]},
    **{40: [1, 10, 20, 30, 40], 98: [1, 10, 20, 98], 99: [1, 10, 20, 30, 99], 100: [100]},
}
MAIL, CHAT = 5, 7
AGENT, OTHER = 17, 12
NOW, EARLIER = "2026-12-01T08:00:00.000", "2020-01-01T00:00:00.000"


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    """The API of a world whose clock stands still."""
    freeze(world, NOW)
    with world.client() as api:
        yield api


def enter(world: World, type_id: int = MAIL, **fields: Any) -> dict[str, Any]:
    """Let an event enter the system, and return it."""
    event = {"AcdEventTypesID": type_id, "AcdGroupsID": 137, "Sender": "a@example.org", "Subject": "?", **fields}
    answer = world.ask("POST", "/events", json={"clientsId": 1, "event": event})
    assert answer.status_code == 200, answer.text
    assert answer.json()["way"] == []
    return dict(answer.json()["event"])


def move(world: World, event_id: int, how: str, status: int, agent: int | None = None) -> httpx.Response:
    """Ask for a status of an event, and return the answer."""
    body = {"status": status, **({} if agent is None else {"agentId": agent})}
    return world.ask("POST", f"/events/{event_id}/{how}", json=body)


def bring(world: World, status: int, type_id: int) -> dict[str, Any]:
    """Return a new event that has come to a status, with an agent if it needs one."""
    event = enter(world, type_id)
    for step in WAYS[status]:
        answer = move(world, event["ID"], "status", step, AGENT if step == 10 else None)
        assert answer.status_code == 200, answer.text
        event = answer.json()["event"]
    assert event["AcdEventStatusID"] == status
    return event


def list_following(type_id: int, status: int) -> list[int]:
    """Return the statuses that can follow one."""
    return [*FOLLOWING[status], *([98] if type_id == CHAT and status in BEFORE_CLOSED else [])]


def reach(type_id: int, status: int) -> set[int]:
    """Return the statuses that ways lead to, not through 2 or 4."""
    reached, waiting = set[int](), list_following(type_id, status)
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += [] if each in (2, 4) else list_following(type_id, each)
    return reached - {status}


def measure(type_id: int, status: int, target: int) -> int:
    """Return how many steps the shortest way to a status has that does not lead through 2 or 4."""
    ends, length = {status}, 0
    while target not in ends or not length:
        length += 1
        ends = {each for end in ends if length == 1 or end not in (2, 4) for each in list_following(type_id, end)}
    return length


def read_all(api: httpx.Client) -> dict[int, dict[str, Any]]:
    """Return all events by their ID."""
    return {record["ID"]: record for record in api.get("/acd/events").json()["records"]}


@pytest.mark.parametrize("type_id", [MAIL, CHAT])
@pytest.mark.parametrize("status", [status for status in STATUSES if status != 98])
def test_each_pair_of_statuses_is_allowed_or_names_the_possible(
    world: World, api: httpx.Client, type_id: int, status: int
) -> None:
    following = list_following(type_id, status)
    event = bring(world, status, type_id)
    for target in sorted(STATUSES, key=lambda each: each in following):
        answer = move(world, event["ID"], "status", target)
        if target not in following:
            assert answer.status_code == 409
            told = answer.json()["error"]
            assert told.startswith(f"status {target} cannot follow {status}")
            if following:
                assert sorted(map(int, told.partition("possible: ")[2].split(", "))) == sorted(following)
            else:
                assert told.endswith("which is final")
            assert read_all(api)[event["ID"]] == event
            continue
        # A status that is allowed may need an agent.
        agent = AGENT if target == 10 else None
        answer = move(world, bring(world, status, type_id)["ID"], "status", target, agent)
        assert (answer.status_code, answer.json()["way"]) == (200, [target])
        assert answer.json()["event"]["AcdEventStatusID"] == target


def test_closed_chat_is_final(world: World, api: httpx.Client) -> None:
    event = bring(world, 98, CHAT)
    for how, target in product(("status", "walk"), STATUSES):
        assert move(world, event["ID"], how, target).status_code == 409
    assert read_all(api)[event["ID"]] == event


@pytest.mark.parametrize("type_id", [MAIL, CHAT])
def test_walk_between_each_pair_leads_there_by_allowed_steps_or_is_409(
    world: World, api: httpx.Client, type_id: int
) -> None:
    for status, target in product(STATUSES, STATUSES):
        if 98 in (status, target) and type_id != CHAT:
            continue
        event = bring(world, status, type_id)
        answer = move(
            world, event["ID"], "walk", target, AGENT if event["UsersID"] is None and target in WAYS else None
        )
        reached = reach(type_id, status)
        if target not in reached:
            assert answer.status_code == 409
            _, _, possible = answer.json()["error"].partition("possible: ")
            assert {int(each) for each in possible.split(", ") if each} == reached
            assert read_all(api)[event["ID"]] == event
            continue
        if answer.status_code == 409:
            # An agent was named for a status that is with none.
            assert "agent" in answer.json()["error"]
            answer = move(world, event["ID"], "walk", target)
        assert answer.status_code == 200, answer.text
        way = answer.json()["way"]
        assert (way[-1], len(way)) == (target, measure(type_id, status, target))
        assert not {2, 4} & {*way[:-1]}
        for before, after in zip([status, *way], way, strict=False):
            assert after in list_following(type_id, before)


def test_walk_changes_one_event_and_only_its_status_agent_and_time(world: World, api: httpx.Client) -> None:
    event = enter(world)
    before = read_all(api)
    later = "2026-12-01T09:00:00.000"
    freeze(world, later)
    answer = move(world, event["ID"], "walk", 99, AGENT).json()
    assert answer["way"] == [1, 10, 20, 30, 99]
    changed = {**event, "AcdEventStatusID": 99, "UsersID": AGENT, "dtLastModified": later}
    assert answer["event"] == changed
    assert read_all(api) == {**before, event["ID"]: changed}
    assert api.get(f"/acd/events/event/{event['ID']}").json()["records"] == [changed]


def test_status_that_needs_an_agent_is_409_without_one(world: World, api: httpx.Client) -> None:
    event = enter(world)
    answer = move(world, event["ID"], "walk", 20)
    assert (answer.status_code, answer.json()["error"]) == (409, "status 10 needs an agent: give agentId")
    # An event of the API may lie with nobody, and is opened by somebody.
    assert move(world, 3001, "status", 30).json()["error"] == "status 30 needs an agent: give agentId"
    assert move(world, 3001, "status", 30, AGENT).json()["event"]["UsersID"] == AGENT


def test_agent_gets_the_event_that_is_transported_to_him_and_gives_it_away(world: World, api: httpx.Client) -> None:
    event = bring(world, 30, MAIL)
    answer = move(world, event["ID"], "status", 40, OTHER)
    assert answer.status_code == 409
    assert "with no other agent" in answer.json()["error"]
    assert move(world, event["ID"], "status", 10, OTHER).json()["event"]["UsersID"] == OTHER
    assert move(world, event["ID"], "status", 1).json()["event"]["UsersID"] is None
    assert move(world, event["ID"], "status", 10, 999).json()["error"] == "User not found"


def test_event_that_is_meant_for_an_agent_stays_his_until_it_comes_to_him(world: World, api: httpx.Client) -> None:
    event = enter(world, UsersID=OTHER)
    assert move(world, event["ID"], "status", 1).json()["event"]["UsersID"] == OTHER
    assert move(world, event["ID"], "walk", 20).json()["event"]["UsersID"] == OTHER


def test_times_do_not_go_back_with_the_clock(world: World, api: httpx.Client) -> None:
    event = enter(world)
    freeze(world, EARLIER)
    assert move(world, event["ID"], "walk", 20, AGENT).json()["event"]["dtLastModified"] == NOW
    assert enter(world)["dtCreated"] == NOW


@pytest.mark.parametrize(
    ("change", "status", "place"),
    [
        ({"Subject": None}, 400, "#/body/event/Subject"),
        ({"AcdEventTypesID": 1}, 400, "#/body/event/Sender"),
        ({"Body": "?"}, 400, "#/body/event/Body"),
        ({"Colour": "red"}, 400, "#/body/event/Colour"),
        ({"AcdGroupsID": 999}, 404, None),
        ({"UsersID": 999}, 404, None),
    ],
)
def test_enter_event_that_the_api_does_not_take_is_refused(
    world: World, api: httpx.Client, change: dict[str, Any], status: int, place: str | None
) -> None:
    before = read_all(api)
    event = {"AcdEventTypesID": MAIL, "AcdGroupsID": 137, "Sender": "a", "Subject": "?", **change}
    answer = world.ask("POST", "/events", json={"clientsId": 1, "event": event})
    assert (answer.status_code, answer.headers.get("X-Error-Pointer")) == (status, place)
    assert read_all(api) == before


@pytest.mark.parametrize("how", ["status", "walk"])
def test_unknown_event_or_status_is_refused(world: World, how: str) -> None:
    assert move(world, 999_999, how, 30).json() == {"status": 404, "error": "ACD event not found"}
    answer = move(world, 3001, how, 3)
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/body/status")


STEPS = st.tuples(
    st.sampled_from(["status", "walk"]),
    st.sampled_from(STATUSES),
    st.sampled_from([None, AGENT, OTHER]),
    st.integers(-86_400, 86_400),
)


@settings(max_examples=30, deadline=None)
@given(type_id=st.sampled_from([MAIL, CHAT]), steps=st.lists(STEPS, max_size=15))
def test_random_walk_keeps_the_order(
    sandbox: SandboxService, type_id: int, steps: list[tuple[str, int, int | None, int]]
) -> None:
    with World(sandbox) as world, world.client() as api:
        freeze(world, NOW)
        number = enter(world, type_id)["ID"]
        for how, status, agent, seconds in steps:
            assert world.ask("POST", "/clock/advance", json={"seconds": seconds}).status_code == 200
            before = read_all(api)
            old = before[number]
            answer = move(world, number, how, status, agent)
            after = read_all(api)
            if answer.status_code == 409:
                assert after == before
                continue
            assert answer.status_code == 200
            new = after[number]
            assert after == {**before, number: new}
            assert FOLLOWING[old["AcdEventStatusID"]]
            assert new["AcdEventStatusID"] == status
            assert new["dtLastModified"] >= old["dtLastModified"] >= new["dtCreated"]
            assert new["UsersID"] is not None or status not in (10, 30, 40)
            for step, following in zip(
                [old["AcdEventStatusID"], *answer.json()["way"]], answer.json()["way"], strict=False
            ):
                assert following in list_following(type_id, step)


def test_restart_goes_on_where_the_event_was(tmp_path: Path) -> None:
    options = ("--sandbox-dir", str(tmp_path / "kept"))
    with SandboxService(tmp_path / "first", *options) as first:
        world = World(first)
        event = bring(world, 30, MAIL)
    with SandboxService(tmp_path / "second", *options) as second:
        world.move_to(second)
        with world.client() as api:
            assert read_all(api)[event["ID"]] == event
        assert move(world, event["ID"], "status", 20).status_code == 409
        assert move(world, event["ID"], "status", 99).json()["event"]["AcdEventStatusID"] == 99
        world.control.close()
