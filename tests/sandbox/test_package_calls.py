"""`freiton.calls` and `freiton.events` play calls and move events in the tests of others."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from freiton import Sandbox, SandboxError, World

from tests.support.service import Service

pytestmark = pytest.mark.uncovered

EVENT = {"AcdEventTypesID": 5, "AcdGroupsID": 137, "Sender": "anna@example.org", "Subject": "?"}


@pytest.fixture
def own(sandbox: Service) -> Iterator[World]:
    """A world of one test's own, whose clock stands still."""
    with Sandbox(url=sandbox.url).world() as world:
        world.clock.freeze(datetime(2026, 12, 24, 18, tzinfo=UTC))
        yield world


def test_call_that_is_started_is_played_to_its_end(own: World) -> None:
    call = own.calls.start("493023125112", group_id=105, service_number_id=6, language_id=2)
    assert call.ring(12)["UsersID"] == 12
    assert call.ring(17, result=3)["UsersID"] == 17
    assert call.connect()["CallState"] == "connected"
    assert call.hold()["CallState"] == "held"
    assert call.resume()["CallState"] == "connected"
    assert call.start_second_leg("4711")["Leg2Number"] == "4711"
    assert call.end_second_leg(3, cause=18)["Leg2Number"] is None
    assert call.statistics() is None
    statistics = call.end(1, cause=31, caller_hangs_up=False)
    assert [(leg["CONNRES"], leg["CauseCodesID"]) for leg in statistics["StatisticsPartB"]] == [
        (3, 17),
        (3, 18),
        (1, 31),
    ]
    assert (call.describe(), call.statistics(), own.calls.ended()) == (None, statistics, [statistics])
    assert own.calls.ended(after=statistics["StatisticsPartA"]["ID"]) == own.calls.ended(client_id=2) == []


def test_connector_acts_on_a_call_that_is_started(own: World) -> None:
    call = own.calls.start("442079460291", agent_id=5, outbound=True, client_id=2)
    second = own.accounts[1]
    headers = {"Authorization": f"Bearer {second.token}"}
    assert httpx.get(f"{second.base_url}/calls/{call.ufn}/answer", headers=headers).status_code == 200
    described = own.calls.find(call.ufn).describe()
    assert described is not None
    assert described["CallState"] == "connected"


def test_call_that_is_not_possible_says_why(own: World) -> None:
    with pytest.raises(SandboxError, match="agentId: is missing"):
        own.calls.start("1")
    with pytest.raises(SandboxError, match="Call rings: only a call that is connected can be held"):
        own.calls.start("1", agent_id=17).hold()


def test_event_is_moved_to_its_end(own: World) -> None:
    event = own.events.enter(EVENT)["ID"]
    assert own.events.change_status(event, 1)["AcdEventStatusID"] == 1
    assert own.events.walk(event, 20, agent_id=17)["UsersID"] == 17
    assert own.events.walk(event, 99)["AcdEventStatusID"] == 99
    with pytest.raises(SandboxError, match="status 30 cannot follow 99, which is final"):
        own.events.change_status(event, 30)
    with pytest.raises(SandboxError, match="ACD group not found"):
        own.events.enter(EVENT, client_id=2)
