"""Fixtures as folders: what is saved is loaded again to the byte, and what cannot be is refused by name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data import tokens
from data.dialler import history
from data.lists.pages import ALL, Page
from data.opening import open_database
from handlers.files.fixtures import load_folder, write_folder
from handlers.files.records import load
from tests.support.command import assert_fails
from tests.support.dialler import NOW, STATISTICS, run
from tests.support.operations import OPERATIONS
from tests.support.sandbox import SandboxService, World
from tests.support.service import Service, run_freiton

LISTS = {
    "/acd/events": "/acd/events/event/",
    "/acd/groups": "/acd/groups/group/",
    "/dialler/campaigns": "/dialler/campaigns/",
    "/dialler/contacts": "/dialler/contacts/",
    "/users": "/users/user/",
    "/serviceNumbers": "/serviceNumbers/serviceNumber/",
    "/cockpitVariables": "/cockpitVariables/cockpitVariable/",
    "/networkIVRLists": "/networkIVRLists/",
}
# There is no operation for one of their records.
WHOLE = ("/acd/events/types", "/acd/events/status", "/routingApplications", "/calls")
CODES = "/dialler/campaigns/campaign/{}/resultCodes?languagesID={}"
GROUP = {"ID": 7, "Name": "Order Desk", "Location": "Köln", "Weights": [1, 2.5, {"b": None, "a": 1e30}]}
CAMPAIGN = {"ID": 9, "Name": "Winback", "UserData": "crm-9"}
CODE = {
    **{"ID": 3, "DiallerCampaignsID": 9, "DiallerResultCodesTypesID": 1, "ExportKey": "SOLD"},
    **{"bDone": True, "bAborted": False, "bDelay": False, "bAppointment": False, "bAllowDelete": False},
}
CONTACT = {"ID": 50, "DiallerCampaignsID": 9, "Name": "Größer", "Amount": 12.0, "dtLocked": "2026-01-02T03:04:05.678"}
EVENT = {
    **{"ID": 4, "AcdEventTypesID": 5, "AcdEventStatusID": 20, "AcdGroupsID": 7, "Sender": "anna@example.org"},
    **{"Subject": "Offer", "dtCreated": "2026-01-02T03:04:05.678", "dtLastModified": "2026-01-02T03:04:05.678"},
}
INSTANT = "2022-01-04T13:31:37.477546Z"
COUNTERS = {"CounterAbsolute": 4, "Counter10Minutes": 0, "Counter30Minutes": 0, "CounterDay": 1}
FOLDER: dict[str, Any] = {
    "accounts.json": [{"ID": 4711, "Name": "Musterfirma GmbH"}],
    "4711/groups.json": [GROUP],
    "4711/users.json": [{"ID": 17, "UID": "Größer", "Floor": 3}],
    "4711/service-numbers.json": [{"ID": 5, "Name": "4922112345", "dtReset": "2022-06-17T15:19:12.484+02:00"}],
    "4711/cockpit-variables.json": [
        {**COUNTERS, "ID": 2, "Name": "Open", "dtLastModified": "2022-01-04T13:31:37.477546Z"}
    ],
    "4711/routing-applications.json": [{"ID": 8, "Name": "Menu"}],
    "4711/network-ivr-lists.json": [{"ID": 6, "Name": "Postcodes"}],
    "4711/network-ivr-list-entries.json": [{"ID": 1, "NetworkIVRListsID": 6, "Name": "50667"}],
    "4711/calls.json": [{"ID": 3, "UFN": "x-3", "CallState": "held", "bOutbound": 1, "dtCallStart": INSTANT}],
    "4711/events.json": [EVENT],
    "4711/campaigns.json": [CAMPAIGN],
    "4711/result-codes.en.json": [{**CODE, "Content": "Sold"}, {**CODE, "ID": 5, "Content": "Lost"}],
    "4711/result-codes.de.json": [{**CODE, "Content": "Verkauft"}, {**CODE, "ID": 6, "Content": "Vertagt"}],
    "4711/contacts.json": [CONTACT],
    "815/groups.json": [],
}


def write(folder: Path, files: dict[str, Any]) -> Path:
    """Write files to a folder, and return it."""
    for path, value in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return folder


def read(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file of a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def save(world: World, service: Service, folder: Path) -> dict[str, bytes]:
    """Save a world by the command, and return the bytes of each file."""
    run = run_freiton("fixture", "save", str(folder), "--world", world.described["id"], "--url", service.url)
    assert (run.returncode, run.stderr) == (0, "")
    return read(folder)


def without_moments(answer: httpx.Response) -> str:
    """Return the body of an answer without the times in it."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]{12}", "", answer.text)


def list_paths(client: httpx.Client) -> Iterator[str]:
    """Return the paths of all lists and all single records of a client account."""
    yield from WHOLE
    for path, single in LISTS.items():
        yield path
        for record in client.get(path).json()["records"]:
            yield f"{single}{record['ID']}"
            if path == "/dialler/campaigns":
                yield from (CODES.format(record["ID"], language) for language in (1, 2))


def ask_all(world: World) -> dict[tuple[int, str], bytes]:
    """Return the bytes of every answer of a world, by place of the client account and path."""
    answers = {}
    for place in range(len(world.described["accounts"])):
        with world.client(place) as client:
            for path in list_paths(client):
                answers[place, path] = client.get(path).content
            ids = [record["ID"] for record in client.get("/dialler/contacts").json()["records"]]
            for language in (1, 2):
                body = {"UserDataList": [], "IDList": ids[:100]}
                answer = client.post(f"/dialler/contacts?languagesID={language}", json=body)
                answers[place, f"contacts {language}"] = answer.content
    return answers


@pytest.fixture(scope="module")
def demo_folder(sandbox: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as it is saved."""
    folder = tmp_path_factory.mktemp("fixtures") / "saved"
    with World(sandbox) as world:
        save(world, sandbox, folder)
    return folder


@pytest.fixture(scope="module")
def loaded(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxService]:
    """A sandbox with the demo as it was saved, and with a folder that was written by hand."""
    folder = tmp_path_factory.mktemp("loaded")
    crm = write(folder / "crm", FOLDER)
    options = ("--fixture", f"saved={demo_folder}", "--fixture", f"crm={crm}")
    with SandboxService(folder / "sandbox", *options) as service:
        yield service


def test_world_of_the_saved_demo_answers_like_the_demo(world: World, loaded: Service) -> None:
    with World(loaded, "saved") as other:
        answers = ask_all(world)
        assert len(answers) > 200
        assert ask_all(other) == answers


def test_world_of_the_saved_demo_goes_on_like_the_demo(world: World, loaded: Service) -> None:
    with World(loaded, "saved") as other, world.client() as first, other.client() as second:
        for identity in ("cloneDiallerCampaign", "importDiallerContact", "deleteDiallerCampaign"):
            ours, theirs = (OPERATIONS[identity].of(client) for client in (first, second))
            assert ours.status_code == 200
            assert without_moments(ours) == without_moments(theirs)


def test_saving_again_gives_the_same_bytes(demo_folder: Path, loaded: Service, tmp_path: Path) -> None:
    with World(loaded, "saved") as world:
        assert save(world, loaded, tmp_path) == read(demo_folder)


def test_saved_calls_are_loaded_and_counted_again(sandbox: Service, tmp_path: Path) -> None:
    with World(sandbox) as world:
        run(world, seed=1, tries=80, agents=["anna", "Zoë"])
        counted = world.ask("GET", STATISTICS, params={"clientsId": 1}).json()["hours"]
        files = save(world, sandbox, tmp_path / "saved")
    saved = json.loads(files["1/history.json"])
    assert len(saved) == 80
    with open_database(tmp_path / "loaded.db", create=True):
        load_folder(tmp_path / "saved")
        listing = history.list_all(1, Page("", 0, ALL, "ID", ascending=True))
        assert json.loads(b"[%b]" % b",".join(chunk.text for chunk in listing.chunks if chunk.size)) == saved
        assert without_ids(history.list_counts(1)) == without_ids(counted)
        # Loading them again changes nothing.
        load(files["1/history.json"], 1, None, "history")
        assert without_ids(history.list_counts(1)) == without_ids(counted)


def without_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without their IDs."""
    return [{name: value for name, value in row.items() if name != "ID"} for row in rows]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"Mood": "good"}, "Mood: is not a field of a call"),
        ({"ClientsID": 2}, "ClientsID: must be 1"),
        ({"DiallerContactsID": 1}, "DiallerContactsID: is no contact of the campaign"),
        ({"StatisticsPartA": {}}, "StatisticsPartA/ID: is missing"),
        ({"CONNRES": "1"}, "CONNRES: must be of type integer"),
    ],
)
def test_call_that_does_not_fit_is_refused(tmp_path: Path, changed: dict[str, Any], error: str) -> None:
    part = {"ID": 1, "ClientsID": 1, "bOutbound": True, "dtCallStart": NOW, "dtCallConnect": None, "dtCallEnd": NOW}
    call = {
        **{"ID": 1, "ClientsID": 1, "DiallerCampaignsID": 500, "DiallerContactsID": 215380, "CONNRES": 2},
        **{"bAnsweringMachine": False, "StatisticsPartA": {**part, "CauseCodesID": 19}},
    }
    with open_database(tmp_path / "loaded.db", create=True, demo=True):
        assert load(json.dumps([call]).encode(), 1, None, "history") == (1, "history")
        with pytest.raises(ValueError, match=re.escape(f"record 1: {error}")):
            load(json.dumps([{**call, **changed}]).encode(), 1, None, "history")


def test_saved_files_read_well_in_a_diff(demo_folder: Path) -> None:
    for path, content in read(demo_folder).items():
        records = json.loads(content)
        assert [record["ID"] for record in records] == sorted(record["ID"] for record in records), path
        assert content.count(b"\n") > sum(map(len, records)), path


def test_world_of_a_folder_has_its_accounts_and_records(loaded: Service) -> None:
    with World(loaded, "crm") as world:
        assert [account["clientsId"] for account in world.described["accounts"]] == [815, 4711]
        with world.client(1) as client:
            (group,) = client.get("/acd/groups/group/7").json()["records"]
            (contact,) = client.get("/dialler/contacts/50").json()["records"]
            assert group.items() >= GROUP.items()
            assert contact.items() >= CONTACT.items()
            assert client.delete("/dialler/contacts/contact/50").status_code == 409
            for language, texts in ((1, ["Sold", "Lost", "Vertagt"]), (2, ["Verkauft", "Lost", "Vertagt"])):
                records = client.get(CODES.format(9, language)).json()["records"]
                assert [record["Content"] for record in records] == texts


def test_saving_a_folder_keeps_texts_of_one_language_apart(loaded: Service, tmp_path: Path) -> None:
    with World(loaded, "crm") as world:
        files = save(world, loaded, tmp_path)
        assert files.keys() == FOLDER.keys() - {"815/groups.json"}
        for path in ("4711/result-codes.en.json", "4711/result-codes.de.json"):
            assert [record["Content"] for record in json.loads(files[path])] == [
                record["Content"] for record in FOLDER[path]
            ]
        (group,) = json.loads(files["4711/groups.json"])
        assert list(group)[-2:] == ["Location", "Weights"]


def test_saving_into_a_folder_replaces_its_files_and_keeps_others(loaded: Service, tmp_path: Path) -> None:
    write(tmp_path, {"README.md": "Ours", "1/groups.json": [], "4711/groups.json": "{", "4711/note.txt": "x"})
    with World(loaded, "crm") as world:
        files = save(world, loaded, tmp_path)
    assert files.keys() == FOLDER.keys() - {"815/groups.json"} | {"README.md", "4711/note.txt"}
    assert not (tmp_path / "1").exists()


def test_saving_into_a_folder_of_something_else_is_refused(loaded: Service, tmp_path: Path) -> None:
    before = read(write(tmp_path, {"package.json": "{}"}))
    run = run_freiton("fixture", "save", str(tmp_path), "--url", loaded.url)
    assert_fails(run, 1, "package.json: is no file of a fixture")
    assert read(tmp_path) == before


def test_files_outside_a_fixture_are_neither_written_nor_read(tmp_path: Path) -> None:
    for path in ("../1/groups.json", "1/groups.txt", "0/groups.json", "groups.json"):
        with pytest.raises(ValueError, match="is no file of a fixture"):
            write_folder(tmp_path / "folder", {path: []})
    with pytest.raises(ValueError, match="is no folder"):
        load_folder(tmp_path / "missing")


def test_saving_from_nowhere_or_an_unknown_world_says_so(loaded: Service, demo: Service, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    run = run_freiton("fixture", "save", str(folder), "--url", loaded.url, "--world", "nothing")
    assert_fails(run, 1, "404: World not found")
    run = run_freiton("fixture", "save", str(folder), "--url", demo.url)
    assert_fails(run, 1, "404: is it a server with --sandbox?")
    assert_fails(run_freiton("fixture", "save", str(folder), "--url", "http://127.0.0.1:1"), 1, "cannot be reached")
    assert_fails(run_freiton("fixture", "save", str(folder), "--url", "file:///etc/hosts"), 2, "--url")
    assert not folder.exists()


def test_unknown_fixture_names_those_that_there_are(loaded: Service) -> None:
    answer = httpx.post(f"{loaded.url}/sandbox/v1/worlds", json={"fixture": "nothing"})
    assert (answer.status_code, answer.json()["error"]) == (404, "Fixture not found; there are crm, demo, empty, saved")


def test_resetting_a_world_of_a_folder_brings_its_records_back(loaded: Service) -> None:
    with World(loaded, "crm") as world, world.client(1) as client:
        assert client.delete("/dialler/campaigns/campaign/9").status_code == 200
        world.ask("POST", "/reset").raise_for_status()
        assert client.get("/dialler/campaigns/9").status_code == 200


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({}, "has no client account"),
        ({"4711/groups.json": "{"}, "4711/groups.json: is not JSON"),
        ({"4711/groups.json": [GROUP, {**GROUP, "Name": ""}]}, "4711/groups.json: record 2: Name: must not be empty"),
        ({"4711/contacts.json": [CONTACT]}, "contacts.json: record 1: DiallerCampaignsID: is no campaign"),
        ({**FOLDER, "4711/result-codes.en.json": "{"}, "4711/result-codes.en.json: is not JSON"),
        ({"groups.json": []}, "groups.json: is no file of a fixture"),
        ({"4711/agents.json": []}, "4711/agents.json: is no file of a fixture"),
        ({"crm/groups.json": []}, "crm/groups.json: its folder must be named"),
        ({"accounts.json": [{"ID": 0, "Name": "x"}]}, "accounts.json: record 1: ID: must be an integer"),
        ({"accounts.json": [{"ID": True, "Name": "x"}]}, "accounts.json: record 1: ID: must be an integer"),
        ({"accounts.json": [{"ID": 1}]}, "accounts.json: record 1: Name: must be a text"),
        ({"accounts.json": [{"ID": 1, "Name": "x", "name": "y"}]}, "accounts.json: record 1: name: is not a field"),
        ({"accounts.json": [{"ID": 1, "Name": "x"}] * 2}, "accounts.json: record 2: ID: is given twice"),
        ({"accounts.json": [{"ID": n, "Name": "x"} for n in (1, 2)]}, "accounts.json: record 2: Name: is given twice"),
        (
            {**FOLDER, "4711/result-codes.de.json": [{**CODE, "ExportKey": "KEIN", "Content": "Verkauft"}]},
            "result-codes.de.json: record 1: ExportKey: differs from result-codes.en.json",
        ),
    ],
)
def test_starting_with_a_bad_folder_names_file_record_and_field(
    files: dict[str, Any], error: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "folder", files)
    folder.mkdir(exist_ok=True)
    with open_database(tmp_path / "my.db", create=True):
        with pytest.raises(ValueError, match=error.replace(".", r"\.")):
            load_folder(folder)
        assert tokens.list_clients() == []


def test_starting_a_sandbox_with_a_bad_folder_ends_with_one(tmp_path: Path) -> None:
    crm = write(tmp_path / "crm", {"1/groups.json": [{"ID": 1}]})
    run = run_freiton("serve", "--sandbox", "--port", "0", "--fixture", f"crm={crm}")
    assert_fails(run, 1, "crm/1/groups.json: record 1: Name: is missing")


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        ("--sandbox --fixture crm", "NAME=FOLDER"),
        ("--sandbox --fixture a/b=c", "NAME=FOLDER"),
        ("--sandbox --fixture demo=c", "there is a fixture demo already"),
        ("--sandbox --fixture a=b --fixture a=c", "there is a fixture a already"),
        ("--fixture a=b", "for --sandbox only"),
    ],
)
def test_naming_fixtures_wrongly_ends_with_two(options: str, culprit: str, tmp_path: Path) -> None:
    assert_fails(run_freiton("serve", *options.split(), cwd=tmp_path), 2, culprit)
