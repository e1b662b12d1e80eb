"""`freiton.dialler` plays calls in the tests of others."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from freiton import Sandbox, SandboxError, World

from tests.support.service import Service

pytestmark = pytest.mark.uncovered

CHRISTMAS = datetime(2026, 12, 24, 18, tzinfo=UTC)
CONTACT = 215380


@pytest.fixture
def own(sandbox: Service) -> Iterator[World]:
    """A world of one test's own, whose clock stands still."""
    with Sandbox(url=sandbox.url).world() as world:
        world.clock.freeze(CHRISTMAS)
        yield world


def test_play_call_returns_it_with_the_contact(own: World) -> None:
    played = own.dialler.play(CONTACT, "busy", busy_seconds=120, ring_seconds=5)
    assert (played["call"]["CONNRES"], played["contact"]["nTriesPhoneNumber1"]) == (3, 1)
    assert played["contact"]["dtNextTry"] == "2026-12-24T18:02:00.000"
    again = CHRISTMAS + timedelta(days=1)
    for moment in (again, again.replace(tzinfo=None), again.astimezone(timezone(timedelta(hours=1)))):
        played = own.dialler.play(CONTACT, "answered", code="TERMIN", agent="anna", appointment=moment)
        assert played["contact"]["dtNextTry"] == "2026-12-25T18:00:00.000"


def test_play_impossible_call_says_what_is_possible(own: World) -> None:
    own.dialler.play(CONTACT, "answered", code="ABG")
    with pytest.raises(SandboxError, match="closed by the result code ABG"):
        own.dialler.play(CONTACT, "busy")
    with pytest.raises(SandboxError, match="Dialler contact not found"):
        own.dialler.play(CONTACT, "busy", client_id=2)
    with pytest.raises(TypeError, match="the dialler has no mood; it has code, "):
        own.dialler.play(CONTACT, "busy", mood="good")


def test_run_returns_when_it_has_ended(own: World) -> None:
    ended = own.dialler.run(
        seed=1,
        agents=["anna", "ben"],
        campaigns={535: 2, 538: 1},
        outcomes={"noAnswer": 0.5, "answered": 0.5},
        codes={"ABG": 1},
        talk_seconds=(30, 60),
        until=CHRISTMAS + timedelta(hours=2),
        max_tries=3,
    )
    assert (ended["state"], ended["reason"]) == ("finished", "the time is reached")
    assert own.clock.now() == CHRISTMAS + timedelta(hours=2)
    counted = own.dialler.statistics()
    assert {hour["DiallerCampaignsID"] for hour in counted} <= {535, 538}
    assert sum(hour["nTriesNoAnswer"] + hour["nTriesConnected"] for hour in counted) == ended["tries"] > 0


def test_run_that_does_not_end_in_time_is_stopped(own: World) -> None:
    endless: dict[str, Any] = {"outcomes": {"noAnswer": 1}, "max_tries": 1000, "tries": 1_000_000}
    with pytest.raises(SandboxError, match=r"the dialler has not ended in 0\.1 seconds; it has made \d+ calls"):
        own.dialler.run(timeout=0.1, **endless)
    assert own.dialler.wait()["state"] == "stopped"
    assert own.dialler.start(**endless)["state"] == "running"
    assert own.dialler.stop()["reason"] == "it was stopped"
