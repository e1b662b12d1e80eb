"""All dates that the API stores or compares follow the clock of the world, and no other world's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.contacts import contact, make_campaign, store_contact
from tests.support.sandbox import EVENT, SandboxService, World

CHRISTMAS = "2027-12-24T18:00:00.000"


def read_clock(world: World) -> dict[str, Any]:
    """Return the clock of a world."""
    clock: dict[str, Any] = world.ask("GET", "/clock").json()
    return clock


def write_dates(world: World) -> set[str]:
    """Return the dates that the API sets in new records."""
    with world.client() as api:
        stored = store_contact(api, contact(make_campaign(api), Name="Mustermann"))
        locked = api.post(f"/dialler/contacts/contact/{stored['ID']}/lock").json()["records"][0]
        event = api.post("/acd/events/create", json=EVENT).json()["records"][0]
        assert world.ask("POST", "/reset").status_code == 200
    return {stored["dtImported"], locked["dtLocked"], event["dtCreated"]}


def is_now(text: str, offset: float = 0) -> bool:
    """Return whether a date-time is the time plus an offset in seconds."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return abs(moment - datetime.now(UTC) - timedelta(seconds=offset)) < timedelta(seconds=60)


def test_new_world_has_real_time(world: World) -> None:
    clock = read_clock(world)
    assert clock["isFrozen"] is False
    assert is_now(clock["now"])


def test_frozen_clock_gives_all_dates(sandbox: SandboxService, world: World) -> None:
    assert world.ask("POST", "/clock/freeze").json()["isFrozen"] is True
    assert world.ask("PUT", "/clock", json={"now": CHRISTMAS}).json() == {"now": CHRISTMAS, "isFrozen": True}
    assert write_dates(world) == {CHRISTMAS}
    with World(sandbox) as other:
        assert all(map(is_now, write_dates(other)))


def test_clock_that_runs_goes_on_from_what_it_is_set_to(world: World) -> None:
    assert world.ask("PUT", "/clock", json={"now": "2001-02-03T04:05:06.789"}).json()["isFrozen"] is False
    assert read_clock(world)["now"].startswith("2001-02-03T04:0")
    assert world.ask("POST", "/clock/advance", json={"seconds": 86_400}).json()["now"].startswith("2001-02-04T04:0")
    frozen = world.ask("POST", "/clock/freeze").json()
    assert read_clock(world) == frozen
    assert world.ask("POST", "/clock/run").json()["isFrozen"] is False
    assert read_clock(world)["now"] >= frozen["now"]


def test_reset_brings_real_time_back(world: World) -> None:
    assert world.ask("POST", "/clock/freeze").status_code == 200
    assert world.ask("POST", "/clock/advance", json={"seconds": -1.5}).status_code == 200
    assert world.ask("POST", "/reset").status_code == 200
    assert is_now(read_clock(world)["now"])


@pytest.mark.parametrize(
    "body", [{"now": "2026-02-31T10:00:00.000"}, {"now": "now"}, {"now": 1}, {}, {"time": CHRISTMAS}]
)
def test_time_that_there_is_not_is_refused(world: World, body: object) -> None:
    assert world.ask("PUT", "/clock", json=body).status_code == 400
    assert is_now(read_clock(world)["now"])


@pytest.mark.parametrize("seconds", [1e12, -1e12, 1e300])
def test_clock_does_not_leave_the_years_of_dates(world: World, seconds: float) -> None:
    answer = world.ask("POST", "/clock/advance", json={"seconds": seconds})
    assert (answer.status_code, answer.json()["error"]) == (409, "the clock would leave the years 1 to 9999")
    assert is_now(read_clock(world)["now"])


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00.000", "9999-12-31T23:59:59.999"])
def test_clock_at_the_end_of_time_can_be_read_and_stored(world: World, moment: str) -> None:
    assert world.ask("POST", "/clock/freeze").status_code == 200
    assert world.ask("PUT", "/clock", json={"now": moment}).json()["now"] == moment
    with world.client() as api:
        assert store_contact(api, contact(make_campaign(api)))["dtImported"] == moment
        # An event is never older than the one before it.
        event = api.post("/acd/events/create", json=EVENT).json()["records"][0]
        assert event["dtCreated"] == max(moment, "2020-08-10T08:20:00.000")
