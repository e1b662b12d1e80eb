"""The dialler keeps the same history on each engine, and what deletes or moves contacts deletes or moves it too."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from data import campaigns, contacts, imports, store
from data.contact_rows import make_batch
from data.dialler import history, tries
from data.dialler.rules import ANSWERED, BUSY, NO_ANSWER, Call, Campaign, Settings
from data.dialler.scenarios import Range, Scenario
from data.dialler.simulation import Simulation
from data.lists.pages import ALL, Page
from data.purges import end_all
from tests.support.databases import open_database

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
SCENARIO = Scenario(
    clients_id=1,
    seed=5,
    agents=("anna", "ben", "Zoë"),
    weights={500: 1.0, 535: 2.0, 536: 1.0, 537: 1.0, 538: 1.0},
    outcomes={NO_ANSWER: 0.4, BUSY: 0.2, "invalidNumber": 0.1, "machine": 0.1, ANSWERED: 0.2},
    codes={},
    ring=Range(5, 25),
    talk=Range(20, 300),
    pause=Range(0, 30),
    appointment=Range(60, 2880),
    until=None,
    most_tries=300,
    settings=Settings(max_tries=6),
)
UPLOADED = 2_500
NEW = {"Name": "N", "PhoneNumber1": "+4989", "DiallerCampaignsID": 500}
CALL_IN = {
    **{"ID": None, "ClientsID": 1, "DiallerCampaignsID": 500, "DiallerContactsID": 215380, "CONNRES": 1},
    **{"bAnsweringMachine": 0, "bOutbound": 0, "CauseCodesID": 16},
    **dict.fromkeys(("dtCallStart", "dtCallEnd"), "2026-12-01T08:00:00.000"),
}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[store.Store]:
    """A demo database of one test's own."""
    with open_database(tmp_path / "freiton.db", create=True, demo=True) as opened:
        opened.clock = lambda: NOW
        yield opened


def list_history(client: int = 1) -> list[dict[str, Any]]:
    """Return all calls with the contacts of a client account."""
    listing = history.list_all(client, Page("", 0, ALL, "ID", ascending=True))
    calls: list[dict[str, Any]] = json.loads(b"[%b]" % b",".join(chunk.text for chunk in listing.chunks if chunk.size))
    return calls


def play(contact_id: int, outcome: str = NO_ANSWER, key: str | None = None) -> dict[str, Any]:
    """Play a call and return it."""

    def make(contact: store.Row, campaign: Campaign) -> Call:
        code = next((each for each in campaign.codes.values() if each.key == key), None)
        return Call(outcome, tries.find_number(contact, None), NOW, 10, 60, "anna", code)

    call: dict[str, Any] = json.loads(tries.play_one(1, contact_id, make, Settings())[0])
    return call


def is_none(left: Iterator[int]) -> bool:
    """Return whether an iterator has ended."""
    return next(left, None) is None


def simulate(scenario: Scenario = SCENARIO, step: int = 50) -> Simulation:
    """Run a scenario in transactions of so many events."""
    simulation, now = Simulation(scenario), NOW
    while True:
        simulation.refresh()
        if simulation.reason is not None:
            return simulation
        is_over = partial(is_none, iter(range(step)))
        with store.atomic():
            now = simulation.play(now, is_over)


def change(opened: store.Store, deleted: int, locked: int) -> None:
    """Delete a contact and lock another one, in a thread with a connection of its own."""
    with opened.use():
        contacts.delete(1, deleted)
        contacts.lock(1, locked)
    opened.close_connection()


def play_and_fail(simulation: Simulation) -> None:
    """Play some calls in a transaction that fails."""
    with store.atomic():
        simulation.play(NOW, lambda: simulation.tries > 20)
        raise RuntimeError


def test_play_call_is_read_with_its_contact(opened: store.Store) -> None:
    call = play(215380, ANSWERED, "ABG")
    (record,) = contacts.get_batch(1, [], [215380], 1)
    assert json.loads(record)["DiallerContactsHistory"] == [call] == list_history()
    assert json.loads(record)["DiallerCampaignsResultCodes"]["ExportKey"] == "ABG"
    assert (call["bAnsweringMachine"], call["StatisticsPartA"]["bOutbound"]) == (False, True)


def test_latest_calls_say_when_the_contact_was_to_be_called_again(opened: store.Store) -> None:
    for _ in range(3):
        play(215380, NO_ANSWER)
    play(215380, ANSWERED, "ABG")
    rows = history.list_latest(1, 215380, 3)
    assert [history.find_outcome(row) for row in rows] == [NO_ANSWER, NO_ANSWER, ANSWERED]
    assert [row["dtNextTry"] for row in rows] == ["2026-12-01T09:00:00.000"] * 2 + [None]
    assert history.list_latest(2, 215380, 3) == []


def test_run_gives_the_same_history_in_small_and_large_transactions(tmp_path: Path) -> None:
    kept = []
    for step in (1, 7, 1000):
        with open_database(tmp_path / f"{step}.db", create=True, demo=True):
            assert simulate(step=step).tries == SCENARIO.most_tries
            kept.append((list_history(), history.list_counts(1)))
    assert kept[0] == kept[1] == kept[2]
    assert len(kept[0][0]) == SCENARIO.most_tries


def test_run_that_is_undone_leaves_nothing(opened: store.Store) -> None:
    simulation = Simulation(SCENARIO)
    simulation.refresh()
    with pytest.raises(RuntimeError):
        play_and_fail(simulation)
    assert (list_history(), history.list_counts(1)) == ([], [])


def test_run_calls_contacts_again_that_were_deleted_or_changed_meanwhile_as_they_are_now(opened: store.Store) -> None:
    simulation = Simulation(SCENARIO)
    simulation.refresh()
    with store.atomic():
        now = simulation.play(NOW, lambda: True)
    called = [draft.contact_id for *_, draft in simulation.calls]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(change, opened, *called).result()
    with store.atomic():
        simulation.play(now, lambda: simulation.tries > 30)
    assert not {*called[:2]} & {call["DiallerContactsID"] for call in list_history()}


def test_run_leaves_out_contacts_that_were_deleted_or_locked_before_their_turn(opened: store.Store) -> None:
    simulation = Simulation(SCENARIO)
    simulation.refresh()
    with store.atomic():
        now = simulation.play(NOW, lambda: True)
    waiting = [*simulation.selection.places][:2]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(change, opened, *waiting).result()
    with store.atomic():
        simulation.play(now, lambda: False)
    assert simulation.reason is not None
    assert not {*waiting} & {call["DiallerContactsID"] for call in list_history()}


def test_run_that_reads_the_contacts_again_makes_no_second_call_with_those_it_calls(opened: store.Store) -> None:
    simulation = Simulation(SCENARIO)
    simulation.refresh()
    with store.atomic():
        simulation.play(NOW, lambda: True)
    waiting = [*simulation.selection.places][:2]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(change, opened, *waiting).result()
    # As if the time had passed after which it reads them again.
    simulation.next_load = 0.0
    simulation.refresh()
    called = {draft.contact_id for *_, draft in simulation.calls}
    assert called
    assert not {*called, *waiting} & simulation.selection.places.keys()


def test_import_that_overwrites_contacts_that_a_run_has_called_meanwhile_begins_again(opened: store.Store) -> None:
    rows = {1: {**NEW, "UserData": "CON6174"}, 2: {**NEW, "UserData": "CON6175"}}
    others = {line: {**NEW, "UserData": f"U{line}"} for line in range(3, UPLOADED)}
    batches = [make_batch(rows, {}), make_batch(others, {}), make_batch({UPLOADED: others[3]}, {})]
    scenario = SCENARIO._replace(weights={500: 1.0}, outcomes={NO_ANSWER: 1.0}, most_tries=20)
    import_them = partial(imports.import_all, 1, overwrite=True, finish=lambda: None)
    with pytest.raises(imports.Overtaken):
        import_them(iter(batches), report=lambda _: simulate(scenario))
    import_them(iter(batches), report=lambda _: None)
    end_all()
    called = [call["DiallerContactsID"] for call in list_history()]
    assert len(called) == 20
    for record in map(json.loads, contacts.get_batch(1, [], [215380, 215381], 1)):
        assert record["Name"] == "N"
        tries_made = sum(record[f"nTriesPhoneNumber{number}"] for number in range(1, 7))
        assert tries_made == called.count(record["ID"]) > 0


def test_call_in_of_a_file_is_kept_and_not_counted(opened: store.Store) -> None:
    with store.atomic():
        call = json.loads(history.save(CALL_IN))
    assert (list_history(), history.list_counts(1)) == ([call], [])


def test_purge_of_campaign_deletes_the_history(opened: store.Store) -> None:
    play(215380)
    play(215396)
    campaigns.delete(1, 500)
    assert [call["DiallerContactsID"] for call in list_history()] == [215396]
    end_all()
    assert store.values("select count(*) from DiallerContactsHistory") == (1,)
    assert [hour["DiallerCampaignsID"] for hour in history.list_counts(1)] == [535]


def test_large_import_with_reset_hides_the_history_when_it_is_published(opened: store.Store) -> None:
    first, second = play(215380), play(215381)
    rows = {1: {**NEW, "UserData": "CON6174", "ResetContact": True}}
    rows |= {2: {**NEW, "UserData": "CON6175"}}
    others = {line: {**NEW, "UserData": f"U{line}"} for line in range(3, UPLOADED)}
    seen: list[list[dict[str, Any]]] = []
    imports.import_all(
        1,
        iter([make_batch(rows, {}), make_batch(others, {}), make_batch({UPLOADED: others[3]}, {})]),
        overwrite=True,
        report=lambda _: seen.append(list_history()),
        finish=lambda: None,
    )
    assert seen == [[first, second]] * 3
    assert list_history() == [second]
    (record, _) = contacts.get_batch(1, [], [215380, 215381], 1)
    assert json.loads(record)["DiallerContactsHistory"] == []
    # It is moved by the first call, or in the background.
    again = play(215380)
    assert list_history() == [second, again]
    end_all()
    assert list_history() == [second, again]
    assert store.values("select count(*) from DiallerContactsHistory") == (2,)


def test_import_with_reset_that_fails_keeps_the_history(opened: store.Store) -> None:
    call = play(215380)
    row = {"Name": "N", "UserData": "CON6174", "ResetContact": True, "DiallerCampaignsID": 500}
    wrong = {"Name": "N", "DiallerCampaignsID": 1}
    with pytest.raises(imports.Failed):
        imports.import_all(
            1,
            iter([make_batch({1: row}, {}), make_batch({2: wrong}, {}), make_batch({3: wrong}, {})]),
            overwrite=True,
            report=lambda _: None,
            finish=lambda: None,
        )
    end_all()
    assert list_history() == [call]
    assert store.values("select count(*) from DiallerContactsResets") == (0,)


def test_clone_of_campaign_copies_no_counters(opened: store.Store) -> None:
    play(215380)
    campaigns.clone(1, "Campaign 1000", "Copy", None)
    assert [hour["DiallerCampaignsID"] for hour in history.list_counts(1)] == [500]
