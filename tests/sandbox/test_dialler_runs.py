"""A run of the dialler calls the contacts in the documented order, the same ones with the same seed, until its end."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.contacts import import_file, list_contacts, make_campaign, to_ndjson
from tests.support.dialler import (
    NOW,
    RUN,
    await_run,
    count_calls,
    find_code,
    freeze,
    make_contact,
    play,
    read_codes,
    read_counts,
    read_history,
    run,
    sum_counts,
)
from tests.support.sandbox import SandboxService, World
from tests.support.waiting import await_

ENDLESS = {"clientsId": 1, "seed": 1, "tries": 1_000_000, "maxTries": 1000, "outcomes": {"noAnswer": 1}}
FIXED = {name: {"from": 10, "to": 10} for name in ("ringSeconds", "talkSeconds", "pauseSeconds")}
DEMO = (500, 535, 536, 537, 538)


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    """The API of a world whose clock stands still."""
    freeze(world)
    with world.client() as api:
        yield api


def list_ids(api: httpx.Client, campaign: int | None = None) -> list[int]:
    """Return the IDs of all contacts, or of those of a campaign."""
    return [record["ID"] for record in list_contacts(api, campaign)]


def called(api: httpx.Client, campaign: int) -> list[int]:
    """Return the IDs of the contacts of a campaign in the order in which they were called."""
    return [call["DiallerContactsID"] for call in read_history(api, *list_ids(api, campaign))]


def play_out(world: World, **scenario: Any) -> bytes:
    """Run the dialler in a world whose clock stands still, and return all that it has left."""
    freeze(world)
    ended = run(world, **scenario)
    assert ended["state"] == "finished", ended
    with world.client() as api:
        ids = list_ids(api)
        answer = api.post("/dialler/contacts", json={"IDList": ids}, params={"languagesID": 1})
    statistics = world.ask("GET", "/dialler/statistics", params={"clientsId": 1})
    return answer.content + statistics.content + world.ask("GET", "/clock").content


def test_run_with_same_seed_gives_the_same_bytes(sandbox: SandboxService) -> None:
    scenario = {"seed": 7, "tries": 300, "agents": ["anna", "ben", "Zoë"]}
    with World(sandbox) as one, World(sandbox) as two, World(sandbox) as three:
        first = play_out(one, **scenario)
        assert play_out(two, **scenario) == first
        assert play_out(three, **{**scenario, "seed": 8}) != first


def test_run_after_restart_gives_the_same_bytes(sandbox: SandboxService, tmp_path: Path) -> None:
    scenario = {"seed": 7, "tries": 60, "agents": ["anna", "ben"]}
    with World(sandbox) as world:
        freeze(world)
        run(world, **scenario)
        expected = play_out(world, **scenario)
    folder = ("--sandbox-dir", str(tmp_path / "worlds"))
    with SandboxService(tmp_path / "one", *folder) as service:
        world = World(service)
        freeze(world)
        run(world, **scenario)
    with SandboxService(tmp_path / "two", *folder) as service:
        world.move_to(service)
        with world:
            assert play_out(world, **scenario) == expected


def test_run_counts_what_it_has_called(world: World, api: httpx.Client) -> None:
    ended = run(world, seed=3, tries=250)
    calls = read_history(api, *list_ids(api))
    assert len(calls) == ended["tries"] == 250
    codes = {code: each for campaign in DEMO for code, each in read_codes(api, campaign).items()}
    assert read_counts(world) == count_calls(calls, codes)
    assert [call["StatisticsPartA"]["dtCallEnd"] for call in calls] == sorted(
        call["StatisticsPartA"]["dtCallEnd"] for call in calls
    )
    assert ended["now"] == calls[-1]["StatisticsPartA"]["dtCallEnd"] == world.ask("GET", "/clock").json()["now"]


def test_run_ends_when_nothing_is_left(world: World, api: httpx.Client) -> None:
    campaign = make_campaign(api)
    made = [make_contact(api, campaign)["ID"] for _ in range(3)]
    ended = run(world, campaigns=[{"id": campaign, "weight": 1}], outcomes={"noAnswer": 1}, maxTries=2)
    assert (ended["state"], ended["reason"], ended["tries"]) == ("finished", "no contact is left to call", 6)
    assert {record["DiallerCampaignsResultCodesID"] for record in list_contacts(api, campaign)} == {
        find_code(api, campaign, "Max Tries (Abort)")
    }
    # The hour between the two rounds was skipped.
    history = read_history(api, *made)
    began = [datetime.fromisoformat(call["StatisticsPartA"]["dtCallStart"]) for call in history]
    assert began[3] - began[0] >= timedelta(hours=1)


def test_run_until_a_time_leaves_the_clock_there(world: World, api: httpx.Client) -> None:
    until = "2026-12-01T09:30:00.000"
    ended = run(world, seed=1, until=until, agents=["anna", "ben"])
    assert (ended["state"], ended["reason"], ended["now"]) == ("finished", "the time is reached", until)
    assert world.ask("GET", "/clock").json() == {"now": until, "isFrozen": True}
    ends = [call["StatisticsPartA"]["dtCallEnd"] for call in read_history(api, *list_ids(api))]
    assert NOW < min(ends) <= max(ends) <= until


def test_run_lets_a_clock_that_ran_run_on(world: World) -> None:
    started = world.ask("GET", "/clock").json()["now"]
    ended = run(world, tries=20)
    after = world.ask("GET", "/clock").json()
    assert after["isFrozen"] is False
    assert started <= ended["started"] < ended["now"] <= after["now"]


def test_run_follows_the_ten_steps(world: World, api: httpx.Client) -> None:
    campaign = make_campaign(api)
    early, later = "2026-12-01T07:00:00.000", "2026-12-01T07:30:00.000"
    kinds: list[dict[str, Any]] = [
        {"ResultCodesExportKey": "TERMIN", "dtNextTry": later, "FollowUpUsersUID": "anna"},
        {"ResultCodesExportKey": "TERMIN", "dtNextTry": early},
        {"ResultCodesExportKey": "WV120", "dtNextTry": later, "FollowUpUsersUID": "anna"},
        {"ResultCodesExportKey": "WV120", "dtNextTry": early},
        {"ReservedUsersUID": "anna", "Tag": "busy series that is reserved for the agent"},
        {"Tag": "busy series of the agent"},
        {"Tag": "busy series of another agent"},
        {"dtNextTry": later, "ReservedUsersUID": "anna"},
        {"dtNextTry": early},
        {"ReservedUsersUID": "anna"},
        {"RandomSortOrder": 1},
        {"RandomSortOrder": 2},
        {"Tag": "no order"},
    ]
    # In the opposite order, so that it is not that of the IDs.
    made = [make_contact(api, campaign, **kind)["ID"] for kind in reversed(kinds)][::-1]
    others = [
        make_contact(api, campaign, ReservedUsersUID="somebody")["ID"],
        make_contact(api, campaign, ResultCodesExportKey="TERMIN", dtNextTry=early, FollowUpUsersUID="other")["ID"],
        make_contact(api, campaign, ResultCodesExportKey="ABG", dtNextTry=early)["ID"],
    ]
    locked = make_contact(api, campaign)["ID"]
    assert api.post(f"/dialler/contacts/contact/{locked}/lock").status_code == 200
    # Series come in the order of their beginning, those of the agent before those of others.
    series = [(made[6], "06:00", "ben"), (made[4], "06:30", "ben"), (made[5], "07:00", "anna")]
    for contact, hour, agent in series:
        world.ask("PUT", "/clock", json={"now": f"2026-12-01T{hour}:00.000"})
        play(world, contact, "busy", agent=agent)
    freeze(world)
    run(
        world,
        **{"campaigns": [{"id": campaign, "weight": 1}], "agents": ["anna"], **FIXED},
        outcomes={"answered": 1},
        codes=[{"code": "ABG", "share": 1}],
    )
    order = called(api, campaign)
    # The first three are the calls that were played.
    assert order[:3] == [contact for contact, *_ in series]
    assert order[3:] == made
    assert not {*others, locked} & {*order}


def test_run_chooses_campaigns_by_weight(world: World, api: httpx.Client) -> None:
    campaigns = [make_campaign(api) for _ in range(3)]
    for campaign in campaigns:
        import_file(
            api, to_ndjson({"Name": "N", "PhoneNumber1": "+4989"} for _ in range(40)), diallerCampaignsID=campaign
        )
    weights = [{"id": campaign, "weight": weight} for campaign, weight in zip(campaigns, (2, 1, 1), strict=True)]
    run(world, campaigns=weights, tries=40, outcomes={"answered": 1}, codes=[{"code": "ABG", "share": 1}])
    assert [len(called(api, campaign)) for campaign in campaigns] == [20, 10, 10]


def test_run_calls_nobody_after_the_end_of_the_campaign(world: World, api: httpx.Client) -> None:
    # Campaign 535 ends with the year 2026.
    world.ask("PUT", "/clock", json={"now": "2027-01-01T00:00:00.000"})
    ended = run(world, campaigns=[{"id": 535, "weight": 1}])
    assert (ended["reason"], ended["tries"]) == ("no contact is left to call", 0)


def test_run_reports_its_progress_and_can_be_stopped(world: World, api: httpx.Client) -> None:
    assert world.ask("GET", RUN).status_code == 404
    assert world.ask("DELETE", RUN).status_code == 404
    started = world.ask("POST", RUN, json=ENDLESS)
    assert (started.status_code, started.json()["state"]) == (201, "running")
    assert started.headers["Location"] == f"{world.path}{RUN}"
    again = world.ask("POST", RUN, json=ENDLESS)
    assert again.status_code == 409
    assert again.json()["error"].startswith("the dialler is running in this world")
    await_(lambda: world.ask("GET", RUN).json()["tries"] > 0)
    # Others read and write meanwhile.
    made = make_contact(api)
    assert api.delete(f"/dialler/contacts/contact/{made['ID']}").status_code == 200
    stopped = world.ask("DELETE", RUN).json()
    assert (stopped["state"], stopped["reason"]) == ("stopped", "it was stopped")
    assert sum_counts(world) == {"nTriesNoAnswer": stopped["tries"]}
    assert world.ask("GET", "/clock").json() == {"now": stopped["now"], "isFrozen": True}
    assert world.ask("DELETE", RUN).json() == stopped
    assert run(world, tries=1)["tries"] == 1


def test_run_sees_contacts_that_come_while_it_plays(world: World, api: httpx.Client) -> None:
    campaign = make_campaign(api)
    first = make_contact(api, campaign)["ID"]
    scenario = {**ENDLESS, "campaigns": [{"id": campaign, "weight": 1}]}
    assert world.ask("POST", RUN, json=scenario).status_code == 201
    await_(lambda: bool(read_history(api, first)) or world.ask("GET", RUN).json()["state"] != "running")
    second = make_contact(api, campaign)["ID"]
    await_(lambda: bool(read_history(api, second)) or world.ask("GET", RUN).json()["state"] != "running")
    world.ask("DELETE", RUN)
    assert read_history(api, second)


@pytest.mark.parametrize("path", ["/reset", "/snapshots/one/restore"])
def test_world_that_gets_another_state_ends_its_run(world: World, api: httpx.Client, path: str) -> None:
    assert world.ask("POST", "/snapshots/one").status_code == 200
    assert world.ask("POST", RUN, json=ENDLESS).status_code == 201
    assert world.ask("POST", path).status_code == 200
    ended = await_run(world)
    assert (ended["state"], ended["reason"]) == ("interrupted", "the world was reset or restored")
    assert sum_counts(world) == {}
    assert read_history(api, *list_ids(api)) == []


def test_server_that_stops_ends_the_run_and_leaves_the_world_whole(tmp_path: Path) -> None:
    folder = ("--sandbox-dir", str(tmp_path / "worlds"))
    with SandboxService(tmp_path / "one", *folder) as service:
        world = World(service)
        assert world.ask("POST", RUN, json=ENDLESS).status_code == 201
        await_(lambda: world.ask("GET", RUN).json()["tries"] > 0)
    with SandboxService(tmp_path / "two", *folder) as service:
        world.move_to(service)
        with world:
            ended = world.ask("GET", RUN).json()
            assert (ended["state"], ended["reason"]) == ("stopped", "the server was stopped")
            assert sum_counts(world) == {"nTriesNoAnswer": ended["tries"]}
            assert world.ask("GET", "/clock").json()["isFrozen"] is False


def test_run_whose_registry_fails_is_interrupted_and_lets_the_clock_run_on(tmp_path: Path) -> None:
    folder = tmp_path / "worlds"

    def change(sql: str) -> None:
        with closing(sqlite3.connect(folder / "registry.db", timeout=60)) as registry, registry:
            registry.execute(sql)

    with SandboxService(tmp_path / "one", "--sandbox-dir", str(folder)) as service, World(service) as world:
        assert world.ask("POST", RUN, json=ENDLESS).status_code == 201
        await_(lambda: world.ask("GET", RUN).json()["tries"] > 0)
        change("alter table Runs rename to Gone")
        await_(lambda: "the end of a run of the dialler cannot be stored" in service.log.read_text(encoding="utf-8"))
        change("alter table Gone rename to Runs")
        # As if nobody had played for long.
        change("update Runs set beat = 0")
        ended = world.ask("GET", RUN).json()
        assert (ended["state"], ended["reason"]) == ("interrupted", "the process that played it has ended")
        assert sum_counts(world) == {"nTriesNoAnswer": ended["tries"]}
        assert world.ask("GET", "/clock").json()["isFrozen"] is False
        assert run(world, tries=1)["state"] == "finished"


@pytest.mark.parametrize(
    ("scenario", "status", "error"),
    [
        ({"outcomes": {}}, 400, "outcomes: must have a share above 0"),
        ({"outcomes": {"noAnswer": 0}}, 400, "outcomes: must have a share above 0"),
        ({"codes": [{"code": "ABG", "share": 0}]}, 400, "codes: must have a share above 0"),
        ({"agents": []}, 400, "agents: must name at least one agent, and none twice"),
        ({"agents": ["a", "a"]}, 400, "agents: must name at least one agent, and none twice"),
        ({"ringSeconds": {"from": 2, "to": 1}}, 400, "ringSeconds/to: must be at least 2"),
        ({"until": "tomorrow"}, 400, "until: must be an existing date-time YYYY-MM-DDTHH:MM:SS.mmm"),
        ({"tries": 0}, 400, "tries: must be at least 1"),
        ({"campaigns": [{"id": 1, "weight": 1}]}, 409, "there is no campaign 1; there are 500, 535, 536, 537, 538"),
        ({"clientsId": 9}, 404, "Client account not found; there are 1, 2"),
    ],
)
def test_run_of_impossible_scenario_is_refused(world: World, scenario: dict[str, Any], status: int, error: str) -> None:
    answer = world.ask("POST", RUN, json={"clientsId": 1, **scenario})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert world.ask("GET", RUN).status_code == 404


def test_run_of_unknown_code_names_those_that_there_are(world: World) -> None:
    answer = world.ask("POST", RUN, json={"clientsId": 1, "codes": [{"code": "SOLD", "share": 1}]})
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("there is no result code SOLD; there are ABG, ")


def test_run_to_the_end_of_time_ends_there(world: World, api: httpx.Client) -> None:
    world.ask("PUT", "/clock", json={"now": "9999-12-31T23:59:00.000"})
    ended = run(world, outcomes={"noAnswer": 1})
    assert (ended["state"], ended["reason"]) == ("finished", "the clock would leave the years 1 to 9999")
    assert sum_counts(world) == ({"nTriesNoAnswer": ended["tries"]} if ended["tries"] else {})
