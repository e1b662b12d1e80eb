"""A connector is told of the callbacks and voice mails that are created in a world, each once."""

import pytest

from tests.support.connectors import Connector
from tests.support.failures import arm
from tests.support.outgoing import find, read_journal, register
from tests.support.sandbox import EVENT, World


@pytest.mark.parametrize(("kind", "identity"), [(3, "createCallback"), (1, "createVoiceMail")])
def test_creating_an_event_tells_the_connector(world: World, connector: Connector, kind: int, identity: str) -> None:
    register(world, connector)
    with world.client() as api:
        given = {name: value for name, value in EVENT.items() if name != "Body" or kind == 3}
        event = api.post("/acd/events/create", json={**given, "AcdEventTypesID": kind}).json()["records"][0]
        group = api.get("/acd/groups/group/137").json()["records"][0]
    (made,) = world.ask("GET", "/outgoing/calls").json()["calls"]
    assert find(world, made["id"])["status"] == "answered"
    (received,) = connector.received
    assert received.path == f"/jtelACD/{identity}"
    assert received.body["AcdEventsID"] == event["ID"]
    assert (received.body["Caller"], received.body["ServiceNumbersNumber"]) == ("493023125155", "493023125100")
    assert received.body["CallbackNumber"] == ("493023125155" if kind == 3 else None)
    assert (received.body["AcdGroupsName"], received.body["Body"]) == (group["Name"], event["Body"])
    assert received.body["dtCallEnd"] == event["dtCreated"][:19]
    assert [entry["violations"] for entry in read_journal(world)] == [[]]


def test_creating_other_events_tells_nobody(world: World, connector: Connector) -> None:
    with world.client() as api:
        assert api.post("/acd/events/create", json=EVENT).status_code == 200
        register(world, connector)
        assert api.post("/acd/events/create", json={**EVENT, "AcdEventTypesID": 6, "Body": None}).status_code == 200
        assert api.post("/acd/events/create", json={**EVENT, "Subject": ""}).status_code == 400
    assert world.ask("GET", "/outgoing/calls").json() == {"calls": [], "count": 0}


def test_event_with_an_idempotency_key_is_told_once_until_a_reset(world: World, connector: Connector) -> None:
    def create() -> int:
        register(world, connector)
        with world.client() as api:
            for _ in range(2):
                answer = api.post("/acd/events/create", json=EVENT, headers={"Idempotency-Key": '"one"'})
                assert answer.status_code == 200
        return int(world.ask("GET", "/outgoing/calls").json()["count"])

    assert create() == 1
    find(world, world.ask("GET", "/outgoing/calls").json()["calls"][0]["id"])
    world.ask("POST", "/reset").raise_for_status()
    assert create() == 2


@pytest.mark.parametrize(("when", "told"), [("before", 0), ("after", 1)])
def test_event_whose_answer_is_lost_is_told_if_it_exists(
    world: World, connector: Connector, when: str, told: int
) -> None:
    register(world, connector)
    arm(world, operationId="createAcdEvent", status=503, when=when)
    with world.client() as api:
        assert api.post("/acd/events/create", json=EVENT).status_code == 503
    assert world.ask("GET", "/outgoing/calls").json()["count"] == told
