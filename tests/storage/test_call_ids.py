"""No telephone call has the ID of a call of the dialler, on either engine, since connectors join by it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import call_statistics, calls, store
from data.dialler import history, tries
from data.dialler.rules import NO_ANSWER, Call, Campaign, Settings
from tests.support.databases import open_database

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
CONTACT = 215380
STARTED = {**dict.fromkeys(calls.GIVEN), "bOutbound": 0, "AcdGroupsID": 105}
LIVE = {**STARTED, "CallState": "ringing", "dtCallStart": "2026-12-01T08:00:00.000000Z"}
ENTRY = {
    **{"ClientsID": 1, "DiallerCampaignsID": 500, "DiallerContactsID": CONTACT, "CONNRES": 2, "bAnsweringMachine": 0},
    **{"bOutbound": 1, "dtCallStart": "2026-12-01T08:00:00.000", "dtCallEnd": "2026-12-01T08:00:00.000"},
    "CauseCodesID": 19,
}
REFUSED = "ID: is that of another call"


def start() -> dict[str, Any]:
    """Start a telephone call and return it."""
    call: dict[str, Any] = json.loads(calls.start(1, STARTED))
    return call


def end() -> int:
    """Start a telephone call, end it, and return its ID."""
    call = start()
    calls.end_call(1, call["UFN"], None, None, None)
    return int(call["ID"])


def play() -> int:
    """Play a call of the dialler and return its ID."""

    def make(contact: store.Row, campaign: Campaign) -> Call:
        return Call(NO_ANSWER, tries.find_number(contact, None), NOW, 10, 60, "anna", None)

    return int(json.loads(tries.play_one(1, CONTACT, make, Settings(max_tries=1000))[0])["ID"])


def load_call(call_id: int | None) -> int:
    """Store a telephone call as a file has it, and return its ID."""
    with store.atomic():
        return int(json.loads(calls.save(1, {**LIVE, "ID": call_id, "UFN": str(uuid4())}))["ID"])


def load_entry(entry_id: int | None) -> int:
    """Store a call of the dialler as a file has it, and return its ID."""
    with store.atomic():
        return int(json.loads(history.save({**ENTRY, "ID": entry_id}))["ID"])


STEPS = {"start": lambda: int(start()["ID"]), "end": end, "play": play}
# How a call is stored as a file has it, and how many IDs the file skips.
LOADS = {"call": load_call, "entry": load_entry}


@pytest.fixture(scope="module", autouse=True)
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A demo database."""
    path = tmp_path_factory.mktemp("calls") / "freiton.db"
    with open_database(path, create=True, demo=True) as opened:
        opened.clock = lambda: NOW
        yield


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(sorted(STEPS)), st.tuples(st.sampled_from(sorted(LOADS)), st.integers(0, 5))))
)
def test_calls_of_both_kinds_get_rising_ids(steps: list[Any]) -> None:
    last = load_call(None)
    for step in steps:
        given = STEPS[step]() if isinstance(step, str) else LOADS[step[0]](last + 1 + step[1])
        assert given > last
        last = given
    assert load_entry(None) == last + 1


def test_start_call_whose_ufn_would_be_that_of_a_stored_one_gets_the_next() -> None:
    last = int(start()["ID"])
    ufns = [f"20261201080000-{number}" for number in (last + 2, last + 3)]
    with store.atomic():
        calls.save(1, {**LIVE, "ID": last + 1, "UFN": ufns[0]})
    call = start()
    assert (call["ID"], call["UFN"]) == (last + 3, ufns[1])


def test_id_of_a_call_of_the_other_kind_is_refused() -> None:
    live, ended, played = int(start()["ID"]), end(), play()
    for taken in (live, ended):
        with pytest.raises(store.NotUnique, match=REFUSED):
            load_entry(taken)
    for taken in (ended, played):
        with pytest.raises(store.NotUnique, match=REFUSED):
            load_call(taken)
    assert json.loads(history.get(played))["UsersUID"] == "anna"
    assert [each["StatisticsPartA"]["ID"] for each in call_statistics.list_all(1, ended - 1, 1)] == [ended]
