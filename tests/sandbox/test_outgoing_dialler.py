"""Connectors are told of each call that the dialler plays, with its ID in the history and in the same order."""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.connectors import Connector, Reply
from tests.support.contacts import Record, list_contacts
from tests.support.dialler import NOW, RUN, await_run, freeze, make_contact, play, read_history, run
from tests.support.outgoing import read_journal, register
from tests.support.sandbox import EVENT as CALLBACK
from tests.support.sandbox import SandboxService, World
from tests.support.service import Killed
from tests.support.waiting import await_

SCENARIO: dict[str, Any] = {"seed": 3, "agents": ["anna", "ben"], "tries": 40}
STATISTICS = ["writeCallStatistics"]
EVENT = "CallTransfer.Client.OUTBOUND.DIALLER."


class KilledSandbox(Killed, SandboxService):
    """A running sandbox that is ended by killing all of its processes at once."""


def read_all(world: World) -> list[Record]:
    """Return the history of all contacts of a world."""
    with world.client() as api:
        return read_history(api, *(record["ID"] for record in list_contacts(api)))


def list_told(connector: Connector) -> list[int]:
    """Return the IDs of the calls whose statistics the connector got."""
    return [body["jtelStatisticsPartAID"] for body in connector.bodies if "bOutbound" in body]


def await_all_told(world: World, connector: Connector) -> None:
    """Wait until the connector was told of the whole history, but for what was there before the first call."""
    expected = [call["ID"] for call in read_all(world) if call["StatisticsPartA"]["dtCallStart"] >= NOW]
    assert expected
    await_(lambda: len({*list_told(connector)}) >= len(expected))
    assert sorted({*list_told(connector)}) == expected


def test_try_tells_its_events_and_its_line(world: World, connector: Connector) -> None:
    freeze(world)
    register(world, connector, timeZone="Europe/Berlin")
    with world.client() as api:
        contact = make_contact(api, UserData="CRM-1", PhoneNumber1="+4989123")
    call, _ = play(world, contact["ID"], "answered", code="ABG", agent="anna")
    await_(lambda: len(connector.received) == 4)
    leg = {"UFN": f"20261201075850-{call['ID']}", "CallerID": "4989123", "AgentUID": "anna"}
    assert connector.bodies[:3] == [
        {"Event": EVENT + happened, **leg} for happened in ("RINGING", "CONNECTED", "CONNRES.1")
    ]
    assert connector.bodies[3] == {
        **{"SalesForceID": "CRM-1", "jtelStatisticsPartAID": call["StatisticsPartA"]["ID"], "AgentUID": "anna"},
        **{"bOutbound": 1, "CallerID": "4989123", "ServiceNumber": None, "AcdGroupsName": None},
        **{"TransactionCode": None, "dtCallStart": "2026-12-01T08:58:50", "dtCallEnd": "2026-12-01T09:00:00"},
    }
    assert {tuple(entry["violations"]) for entry in read_journal(world)} == {()}


@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        ("noAnswer", ["RINGING", "CONNRES.2"]),
        ("busy", ["RINGING", "CONNRES.3"]),
        ("agentAborts", ["RINGING", "CONNRES.4"]),
        ("invalidNumber", ["RINGING"]),
        ("error", ["RINGING"]),
        ("callIn", []),
    ],
)
def test_try_tells_the_events_of_its_outcome(
    world: World, connector: Connector, outcome: str, events: list[str]
) -> None:
    register(world, connector)
    with world.client() as api:
        contact = make_contact(api)
    play(world, contact["ID"], outcome)
    await_(lambda: list_told(connector))
    assert [body["Event"].removeprefix(EVENT) for body in connector.bodies[:-1]] == events
    assert connector.bodies[-1]["bOutbound"] == (outcome != "callIn")


def test_events_in_the_query_are_told_too(world: World, connector: Connector) -> None:
    register(world, connector, operations=["onTelephonyEventQuery"])
    with world.client() as api:
        contact = make_contact(api)
    play(world, contact["ID"], "busy")
    await_(lambda: len(connector.received) == 2)
    assert [each.query["Event"].removeprefix(EVENT) for each in connector.received] == ["RINGING", "CONNRES.3"]


def test_run_tells_each_call_once_in_its_order(world: World, connector: Connector) -> None:
    freeze(world)
    register(world, connector, operations=STATISTICS)
    ended = run(world, **SCENARIO)
    await_all_told(world, connector)
    told = list_told(connector)
    assert len(told) == ended["tries"]
    assert told == sorted(told)


def test_run_without_a_target_tells_nothing_later(world: World, connector: Connector) -> None:
    freeze(world)
    register(world, connector, operations=["createCallback"])
    before = run(world, **SCENARIO)["tries"]
    register(world, connector, operations=STATISTICS)
    run(world, **{**SCENARIO, "tries": 1})
    await_(lambda: connector.received)
    assert len(list_told(connector)) == 1
    assert len([call for call in read_all(world) if call["StatisticsPartA"]["dtCallStart"] >= NOW]) == before + 1


@pytest.fixture
def narrow(tmp_path: Path) -> Any:
    """A sandbox in whose worlds few outgoing calls may wait."""
    with SandboxService(tmp_path / "narrow", "--sandbox-calls", "20") as service:
        yield service


def test_run_waits_for_room_in_the_queue(narrow: SandboxService, connector: Connector) -> None:
    connector.answer = lambda _: Reply(delay=0.01)
    with World(narrow) as world:
        freeze(world)
        register(world, connector)
        run(world, **SCENARIO)
        await_all_told(world, connector)
        assert len(list_told(connector)) == len({*list_told(connector)})


def test_run_leaves_room_in_the_queue_to_events(narrow: SandboxService, connector: Connector) -> None:
    connector.answer = lambda _: Reply(503)
    with World(narrow) as world:
        freeze(world)
        register(world, connector, retries=10, retryWait=60)
        assert world.ask("POST", RUN, json={"clientsId": 1, **SCENARIO}).status_code == 201
        await_(lambda: world.ask("GET", "/outgoing/calls").json()["count"] >= 10)
        with world.client() as api:
            assert api.post("/acd/events/create", json=CALLBACK).status_code == 200
        calls = world.ask("GET", "/outgoing/calls").json()["calls"]
        assert [call["data"]["AcdEventsID"] for call in calls if call["operationId"] == "createCallback"]


def test_run_that_is_stopped_while_it_waits_tells_the_rest(narrow: SandboxService, connector: Connector) -> None:
    hold = [True]
    connector.answer = lambda _: Reply(503 if hold else 200)
    with World(narrow) as world:
        freeze(world)
        register(world, connector, operations=STATISTICS, retries=10, retryWait=0.1, timeout=60)
        assert world.ask("POST", RUN, json={"clientsId": 1, **SCENARIO}).status_code == 201
        await_(lambda: connector.received)
        assert world.ask("DELETE", RUN).json()["reason"] == "it was stopped"
        with world.client() as api:
            contact = make_contact(api)
        play(world, contact["ID"], "busy")
        hold.clear()
        await_all_told(world, connector)


@pytest.mark.parametrize("path", ["/reset", "/snapshots/one/restore"])
def test_world_that_gets_another_state_forgets_what_is_not_told(
    narrow: SandboxService, connector: Connector, path: str
) -> None:
    connector.answer = lambda _: Reply(delay=0.5)
    with World(narrow) as world:
        assert world.ask("POST", "/snapshots/one").status_code == 200
        freeze(world)
        register(world, connector, operations=STATISTICS)
        assert world.ask("POST", RUN, json={"clientsId": 1, **SCENARIO}).status_code == 201
        await_(lambda: connector.received)
        assert world.ask("POST", path).status_code == 200
        assert await_run(world)["state"] == "interrupted"
        if path == "/reset":
            register(world, connector, operations=STATISTICS)
        with world.client() as api:
            contact = make_contact(api)
        call, _ = play(world, contact["ID"], "busy")
        await_(lambda: list_told(connector)[-1:] == [call["ID"]])
        assert len(connector.received) < SCENARIO["tries"]


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_at_any_moment_loses_no_call_of_a_run(tmp_path: Path, connector: Connector, seed: int) -> None:
    options = ("--sandbox-dir", str(tmp_path / "worlds"), "--sandbox-calls", "50")
    with KilledSandbox(tmp_path / "sandbox", *options) as service:
        world = World(service)
        freeze(world)
        register(world, connector, operations=STATISTICS)
        assert world.ask("POST", RUN, json={"clientsId": 1, **SCENARIO, "tries": 100_000}).status_code == 201
        await_(lambda: connector.received)
        time.sleep(random.Random(seed).uniform(0, 0.3))
    with SandboxService(tmp_path / "sandbox", *options) as later:
        world.move_to(later)
        with world:
            assert world.ask("GET", RUN).json()["state"] == "interrupted"
            await_all_told(world, connector)
            # Only what was sent and not noted comes again.
            assert len(connector.received) <= len({*list_told(connector)}) + 1


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe", "europe//berlin"])
def test_target_with_unknown_time_zone_is_refused(world: World, connector: Connector, name: str) -> None:
    answer = world.ask("POST", "/outgoing/targets", json={"url": connector.url, "timeZone": name})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("timeZone: must be a time zone")


@pytest.mark.parametrize(("now", "zone"), [("9999-12-31T23:59:00.000", "Asia/Tokyo"), (NOW, "UTC")])
def test_time_that_has_no_local_one_is_told_in_utc(world: World, connector: Connector, now: str, zone: str) -> None:
    freeze(world, now)
    register(world, connector, operations=STATISTICS, timeZone=zone)
    with world.client() as api:
        contact = make_contact(api)
    play(world, contact["ID"], "callIn")
    await_(lambda: connector.received)
    assert connector.bodies[0]["dtCallEnd"] == now[:19]
