"""A connector is told of each call that ends, and of each callback and voice mail that enters the system, once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.connectors import Connector
from tests.support.dialler import freeze
from tests.support.outgoing import find, read_journal, register
from tests.support.sandbox import EVENT, SandboxService, World

NOW, LATER = "2026-12-01T08:00:00.000", "2026-12-01T08:02:30.000"
INBOUND = {"clientsId": 1, "number": "+493023125112", "serviceNumberId": 6, "groupId": 105, "agentId": 17}
OUTBOUND = {"clientsId": 1, "number": "493023125112", "agentId": 17, "outbound": True}
QUEUED = {"clientsId": 1, "number": "493023125112", "groupId": 105}
DIRECT, TRANSFER = "INBOUND.ACD.DIRECT", "TRANSFER.NUMBER"
GROUP, SERVICE, AGENT = "Support Deutschland", "493023125100", "Fischer"


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    """The API of a world whose clock stands still."""
    freeze(world, NOW)
    with world.client() as api:
        yield api


def start(world: World, body: dict[str, Any], *actions: tuple[str, Any]) -> tuple[int, str]:
    """Start a call, do something with it, and return its ID and its UFN."""
    call = world.ask("POST", "/calls", json=body).raise_for_status().json()["call"]
    for action, given in actions:
        assert act(world, call["UFN"], action, given).status_code == 200
    return call["ID"], call["UFN"]


def act(world: World, ufn: str, action: str, given: Any = None) -> httpx.Response:
    """Return the answer to an action on a call."""
    return world.ask("POST", f"/calls/{ufn}/{action}", **({} if given is None else {"json": given}))


def wait(world: World) -> list[dict[str, Any]]:
    """Return all outgoing calls of a world, when they are answered and found to keep their contract."""
    made = world.ask("GET", "/outgoing/calls").json()["calls"]
    done = [find(world, each["id"]) for each in made]
    assert {each["status"] for each in done} <= {"answered"}
    assert [entry["violations"] for entry in read_journal(world)] == [[]] * len(made)
    return done


def list_told(connector: Connector) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the names of the events that a connector was told, without what all have, and the lines behind them."""
    events = [body["Event"].removeprefix("CallTransfer.Client.") for body in connector.bodies if "Event" in body]
    lines = [body for body in connector.bodies if "Event" not in body]
    assert connector.bodies[len(events) :] == lines
    return events, lines


def make_line(call_id: int, agent: str | None, **others: Any) -> dict[str, Any]:
    """Return a line of the statistics of an inbound call of the group and the service number."""
    usual = {"bOutbound": 0, "CallerID": "493023125112", "ServiceNumber": SERVICE, "AcdGroupsName": GROUP}
    ids = {"SalesForceID": None, "jtelStatisticsPartAID": call_id, "AgentUID": agent, "TransactionCode": None}
    return {**ids, **usual, "dtCallStart": NOW[:19], "dtCallEnd": LATER[:19], **others}


def test_end_of_a_call_tells_the_events_of_each_leg_and_a_line_for_each(
    world: World, api: httpx.Client, connector: Connector
) -> None:
    register(world, connector)
    call_id, ufn = start(world, INBOUND, ("ring", {"agentId": 12}), ("connect", None), ("leg2", {"number": "+4420"}))
    assert act(world, ufn, "leg2/end", {"result": 3}).status_code == 200
    wait(world)
    before = [f"{DIRECT}.{each}" for each in ("RINGING", "CONNRES.2", "RINGING", "CONNECTED")]
    assert list_told(connector) == ([*before, f"{TRANSFER}.RINGING", f"{TRANSFER}.CONNRES.3"], [])
    freeze(world, LATER)
    assert act(world, ufn, "end").status_code == 200
    # A repeated request tells nothing more.
    assert act(world, ufn, "end").status_code == 409
    wait(world)
    events, lines = list_told(connector)
    assert events[6:] == [f"{DIRECT}.CONNRES.1"]
    agents = [body.get("AgentUID") for body in connector.bodies[:7]]
    other = agents[6]
    assert other not in (AGENT, None)
    assert agents == [AGENT, AGENT, other, other, None, None, other]
    assert lines == [make_line(call_id, agent) for agent in (AGENT, None, other)]
    told = {"UFN": ufn, "CallerID": "493023125112", "ServiceNumber": SERVICE, "AcdGroupsName": GROUP}
    assert connector.bodies[2].items() >= told.items()


@pytest.mark.parametrize("is_connected", [True, False])
def test_hangup_by_the_api_tells_the_call_once(
    world: World, api: httpx.Client, connector: Connector, is_connected: bool
) -> None:
    register(world, connector)
    call_id, ufn = start(world, OUTBOUND, *([("connect", None)] if is_connected else []))
    freeze(world, LATER)
    assert [api.get(f"/calls/{ufn}/hangup").status_code for _ in range(2)] == [200, 409]
    wait(world)
    events, lines = list_told(connector)
    ends = ("RINGING", "CONNECTED", "CONNRES.1") if is_connected else ("RINGING", "CONNRES.4")
    assert events == [f"OUTBOUND.CLICKTOCALL.{each}" for each in ends]
    assert lines == [make_line(call_id, AGENT, bOutbound=1, ServiceNumber=None, AcdGroupsName=None)]
    assert connector.bodies[0].keys() == {"Event", "UFN", "CallerID", "AgentUID"}


def test_second_leg_that_is_hung_up_is_told_with_its_call(
    world: World, api: httpx.Client, connector: Connector
) -> None:
    register(world, connector, operations=["onTelephonyEventQuery"])
    _, ufn = start(world, INBOUND, ("connect", None), ("leg2", {"number": "+4420"}))
    assert api.get(f"/calls/{ufn}/hangupLeg2").status_code == 200
    assert api.get(f"/calls/{ufn}/hangup").status_code == 200
    assert len(wait(world)) == len(connector.received) == 6
    names = [each.query["Event"].removeprefix("CallTransfer.Client.") for each in connector.received]
    second = [f"{TRANSFER}.{what}" for what in ("RINGING", "CONNECTED", "CONNRES.1")]
    assert names == [f"{DIRECT}.RINGING", f"{DIRECT}.CONNECTED", *second, f"{DIRECT}.CONNRES.1"]


def test_each_event_of_a_call_is_told_at_its_moment(world: World, api: httpx.Client, connector: Connector) -> None:
    register(world, connector)
    _, ufn = start(world, INBOUND)
    wait(world)
    assert list_told(connector) == ([f"{DIRECT}.RINGING"], [])
    assert api.get(f"/calls/{ufn}/answer").status_code == 200
    wait(world)
    assert list_told(connector) == ([f"{DIRECT}.RINGING", f"{DIRECT}.CONNECTED"], [])


def test_agent_who_is_busy_after_the_ring_is_told_as_refusing(
    world: World, api: httpx.Client, connector: Connector
) -> None:
    register(world, connector)
    _, ufn = start(world, QUEUED)
    assert wait(world) == []
    assert act(world, ufn, "ring", {"agentId": 17}).status_code == 200
    assert act(world, ufn, "ring", {"agentId": 12, "result": 3}).status_code == 200
    wait(world)
    assert list_told(connector) == ([f"{DIRECT}.{each}" for each in ("RINGING", "CONNRES.6", "RINGING")], [])


def test_call_that_has_only_waited_has_a_line_without_an_agent(
    world: World, api: httpx.Client, connector: Connector
) -> None:
    register(world, connector)
    call_id, ufn = start(world, QUEUED)
    freeze(world, LATER)
    assert act(world, ufn, "end").status_code == 200
    wait(world)
    assert list_told(connector) == ([], [make_line(call_id, None, ServiceNumber=None)])


def test_calls_of_a_world_without_a_target_are_told_to_nobody(world: World, connector: Connector) -> None:
    register(world, connector, operations=["createCallback"])
    with world.client() as api:
        assert api.get(f"/calls/{start(world, INBOUND)[1]}/hangup").status_code == 200
        assert act(world, start(world, INBOUND)[1], "end").status_code == 200
    assert world.ask("GET", "/outgoing/calls").json()["count"] == 0


@pytest.mark.parametrize(("kind", "identity"), [(3, "createCallback"), (1, "createVoiceMail")])
def test_event_that_enters_tells_the_connector(world: World, connector: Connector, kind: int, identity: str) -> None:
    register(world, connector)
    for each in (kind, 6):
        body = {"clientsId": 1, "event": {**EVENT, "AcdEventTypesID": each, "Body": None}}
        assert world.ask("POST", "/events", json=body).status_code == 200
    (made,) = wait(world)
    (received,) = connector.received
    assert made["operationId"] == identity
    assert received.path == f"/jtelACD/{identity}"
    assert received.body["Caller"] == "493023125155"


def test_full_queue_lets_calls_go_on_and_no_event_enter(tmp_path: Path, connector: Connector) -> None:
    refused = {"status": 409, "error": "2 outgoing calls of the world wait, the most that are allowed"}
    with SandboxService(tmp_path / "sandbox", "--sandbox-calls", "2") as service, World(service) as world:
        _, ufn = start(world, INBOUND, ("connect", None))
        register(world, connector, delay=60)
        entry = {"clientsId": 1, "event": EVENT}
        assert [world.ask("POST", "/events", json=entry).status_code for _ in range(2)] == [200, 200]
        with world.client() as api:
            before = api.get("/acd/events").json(), api.get("/calls").json()
            assert act(world, ufn, "end").json() == refused
            assert world.ask("POST", "/calls", json=INBOUND).json() == refused
            assert world.ask("POST", "/events", json=entry).json() == refused
            assert (api.get("/acd/events").json(), api.get("/calls").json()) == before
            assert world.ask("GET", "/outgoing/calls").json()["count"] == 2
            assert api.get(f"/calls/{ufn}/hangup").status_code == 200
    assert "An outgoing call cannot be queued" in service.log.read_text(encoding="utf-8")
