"""Whatever happens to contacts, what is stored of them agrees: counters, history and the contacts themselves."""

import secrets
from collections import Counter
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contacts import Record, make_campaign
from tests.support.dialler import (
    CODED,
    NUMBERS,
    RUN,
    ask_try,
    count_calls,
    freeze,
    make_contact,
    read_codes,
    read_contacts,
    read_counts,
    read_history,
    run,
    sum_counts,
)
from tests.support.sandbox import SandboxService, World
from tests.support.service import Killed
from tests.support.waiting import await_

NUMBERED: list[dict[str, Any]] = [
    {"PhoneNumber1": "+4989111"},
    {"PhoneNumber1": "+4989111", "PhoneNumber2": "+4989222"},
    {"PhoneNumber1": "", "PhoneNumber2": "+4989222", "PhoneNumber6": "+4989666", "ReservedUsersUID": "anna"},
]
CAMPAIGNS = (500, 535, 536, 538)
KEYS = ("ABG", "Aufleger", "WV120", "TERMIN", "SOLD")
UNANSWERED = ("noAnswer", "busy", "invalidNumber", "error", "agentAborts", "machine", "callIn")
ROUNDS = 3

answered = st.builds(
    lambda key, agent: {
        **{"outcome": "answered", "code": key, "agent": agent},
        **({"appointment": "2026-12-01T12:00:00.000"} if key == "TERMIN" else {}),
    },
    st.sampled_from(KEYS),
    st.sampled_from(["anna", "ben"]),
)
outcomes = st.one_of(
    st.builds(lambda outcome: {"outcome": outcome}, st.sampled_from(UNANSWERED)),
    st.builds(lambda number: {"outcome": "noAnswer", "number": number}, st.sampled_from([1, 2, 6])),
    answered,
)
steps = st.lists(st.tuples(st.integers(0, len(NUMBERED) - 1), outcomes, st.sampled_from([0, 60, 3600])), max_size=14)


def count_tries(contact: Record) -> int:
    """Return how often a contact was called."""
    return sum(contact[f"nTriesPhoneNumber{number}"] for number in NUMBERS)


def is_final(contact: Record) -> bool:
    """Return whether a contact is never called again."""
    code = contact["DiallerCampaignsResultCodes"]
    return code is not None and (code["bDone"] or code["bAborted"])


def check_step(before: Record, after: Record, is_played: bool) -> None:
    """Check how a contact has changed in one step."""
    if not is_played:
        assert after == before
        return
    assert not is_final(before)
    added = after["DiallerContactsHistory"][len(before["DiallerContactsHistory"]) :]
    assert after["DiallerContactsHistory"][: len(before["DiallerContactsHistory"])] == before["DiallerContactsHistory"]
    assert len(added) == 1
    assert count_tries(after) - count_tries(before) == added[0]["StatisticsPartA"]["bOutbound"]
    for number in NUMBERS:
        assert after[f"nTriesPhoneNumber{number}"] >= before[f"nTriesPhoneNumber{number}"]
        assert bool(after[f"bPhoneNumber{number}Invalid"]) >= bool(before[f"bPhoneNumber{number}Invalid"])


def check_whole(world: World, api: httpx.Client, ids: list[int]) -> None:
    """Check that what is stored of contacts agrees."""
    records = read_contacts(api, *ids)
    for record in records:
        outbound = [call["StatisticsPartA"]["bOutbound"] for call in record["DiallerContactsHistory"]]
        assert count_tries(record) == sum(outbound)
        tried = Counter(call["nPhoneNumber"] for call in record["DiallerContactsHistory"])
        assert all(record[f"nTriesPhoneNumber{number}"] == tried[number] for number in NUMBERS)
        if is_final(record):
            assert record["dtNextTry"] is None
        given = [call["DiallerCampaignsResultCodesID"] for call in record["DiallerContactsHistory"]]
        assert record["DiallerCampaignsResultCodesID"] == next((code for code in reversed(given) if code), None)
    codes = {
        code: each
        for campaign in {record["DiallerCampaignsID"] for record in records}
        for code, each in read_codes(api, campaign).items()
    }
    assert read_counts(world) == count_calls(read_history(api, *ids), codes)
    total = sum_counts(world)
    assert sum(total[name] for name in CODED.values()) <= total["nTriesConnected"]
    assert total["nTriesAnsweringMachine"] <= total["nTriesConnected"]


@settings(max_examples=20)
@given(steps=steps, max_tries=st.integers(1, 4), campaign=st.sampled_from(CAMPAIGNS))
def test_play_any_sequence_of_outcomes_keeps_what_is_stored_in_agreement(
    sandbox: SandboxService, steps: list[tuple[int, dict[str, Any], int]], max_tries: int, campaign: int
) -> None:
    with World(sandbox) as world, world.client() as api:
        freeze(world)
        ids = [make_contact(api, campaign, **fields)["ID"] for fields in NUMBERED]
        for place, outcome, seconds in steps:
            (before,) = read_contacts(api, ids[place])
            answer = ask_try(world, ids[place], **outcome, maxTries=max_tries)
            assert answer.status_code in (200, 409), answer.text
            (after,) = read_contacts(api, ids[place])
            check_step(before, after, answer.status_code == 200)
            world.ask("POST", "/clock/advance", json={"seconds": seconds})
        check_whole(world, api, ids)


@settings(max_examples=5)
@given(seed=st.integers(0, 2**31 - 1), agents=st.integers(1, 4), tries=st.integers(1, 200))
def test_run_any_scenario_keeps_what_is_stored_in_agreement(
    sandbox: SandboxService, seed: int, agents: int, tries: int
) -> None:
    with World(sandbox) as world, world.client() as api:
        freeze(world)
        ids = [make_contact(api, campaign, **fields)["ID"] for campaign in CAMPAIGNS for fields in NUMBERED]
        campaigns = [{"id": campaign, "weight": 1} for campaign in CAMPAIGNS]
        uids = ["anna", "ben", "carl", "dora"][:agents]
        ended = run(world, seed=seed, agents=uids, tries=tries, maxTries=3, campaigns=campaigns)
        assert ended["state"] == "finished"
        everybody = [record["ID"] for record in api.get("/dialler/contacts").json()["records"]]
        assert len(read_history(api, *everybody)) == ended["tries"]
        check_history(api, everybody)
        assert set(ids) <= set(everybody)


def check_history(api: httpx.Client, ids: list[int]) -> None:
    """Check that no contact was called after it was closed, and none twice at a time."""
    for record in read_contacts(api, *ids):
        calls = [call["StatisticsPartA"] for call in record["DiallerContactsHistory"]]
        for earlier, later in pairwise(calls):
            assert earlier["dtCallEnd"] <= later["dtCallStart"]
        given = [call["DiallerCampaignsResultCodesID"] for call in record["DiallerContactsHistory"]]
        if is_final(record) and given:
            assert given.index(record["DiallerCampaignsResultCodesID"]) == len(given) - 1


class KilledSandbox(Killed, SandboxService):
    """A sandbox that is killed at the end."""


def test_kill_server_in_runs_keeps_what_is_stored_in_agreement(tmp_path: Path) -> None:
    seed = secrets.randbelow(2**31)
    chance = Random(seed)
    folder = ("--sandbox-dir", str(tmp_path / "worlds"), "--workers", "2")
    with KilledSandbox(tmp_path / "first", *folder) as service:
        world = World(service)
        freeze(world)
        with world.client() as api:
            campaign = make_campaign(api)
            ids = [make_contact(api, campaign, **NUMBERED[number % 3])["ID"] for number in range(60)]
            for contact in ids[:10]:
                ask_try(world, contact, chance.choice(UNANSWERED))
    scenario = {
        **{"clientsId": 1, "seed": seed, "maxTries": 1000, "outcomes": {"noAnswer": 0.8, "busy": 0.1, "answered": 0.1}},
        **{"campaigns": [{"id": campaign, "weight": 1}], "codes": [{"code": "WV120", "share": 1}]},
    }
    for number in range(ROUNDS):
        with KilledSandbox(tmp_path / f"round {number}", *folder) as service, closing(world.control):
            world.move_to(service)
            with world.client() as api:
                check_whole(world, api, ids)
            assert world.ask("POST", RUN, json=scenario).status_code == 201, seed
            wanted = chance.randrange(1, 300)
            await_(partial(has_called, world, wanted))
    with SandboxService(tmp_path / "last", *folder) as service:
        world.move_to(service)
        with world, world.client() as api:
            check_whole(world, api, ids)
            ended = world.ask("GET", RUN).json()
            assert (ended["state"], ended["reason"]) == ("interrupted", "the process that played it has ended")
            # No call is in the future.
            assert max(call["StatisticsPartA"]["dtCallEnd"] for call in read_history(api, *ids)) <= ended["now"]


def has_called(world: World, tries: int) -> bool:
    """Return whether the run of a world has made so many calls."""
    return bool(world.ask("GET", RUN).json()["tries"] >= tries)
