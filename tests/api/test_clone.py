"""A clone is whole, or there is none."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.campaigns import ask_to_clone
from tests.support.command import carry_out
from tests.support.files import read_contents
from tests.support.service import Service
from tests.support.triggers import Trigger

pytestmark = pytest.mark.uncovered

Record = dict[str, Any]

SOURCE = "Kundenzufriedenheit Herbst"
SOURCE_ID = 535
# The tables of the last IDs, of one engine and of the other.
LAST_IDS = ("sqlite_sequence", "Sequences")
FAILING = Trigger("failing", "before insert", "DiallerCampaignsResultCodesTexts")
TAKEN = "Campaign 1000"
REFERENCES = ("AbortOnNoTelNumberResultCodesID", "IncomingCallResultCodesID")
OF_ITS_OWN = {"ID", "ShortText", "DiallerCampaignsID"}
NOT_FOUND = {"status": 404, "error": "Dialler campaign not found"}
EXISTS = {"status": 409, "error": "Dialler campaign already exists"}
RICH_CAMPAIGN = {
    "ID": 9000,
    "Name": "Rich",
    "UserData": "R",
    "AbortOnNoTelNumberResultCodesID": 9102,
    "IncomingCallResultCodesID": 9101,
    "bShowScript": True,
    "Weights": {"Süd": [1, 2.5, None]},
    "dtFrom": "2026-01-01T00:00:00.000",
}
RICH_CODE = {
    "DiallerCampaignsID": 9000,
    "DiallerResultCodesTypesID": 3,
    "bDone": False,
    "bAborted": False,
    "bDelay": True,
    "bAppointment": False,
    "bAllowDelete": True,
}
RICH_CODES = [
    {**RICH_CODE, "ID": 9101, "Content": "Später", "TimeOffset": 30, "bAgentBound": True, "Colour": "#ff0000"},
    {**RICH_CODE, "ID": 9102, "Content": "Nie", "DiallerResultCodesTypesContent": "Eigener Text", "ExportKey": "NIE"},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server for the clones of this file."""
    with Service(tmp_path_factory.mktemp("clone") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def client(server: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with server.client() as client:
        yield client


def cloned(client: httpx.Client, source: str, destination: str, **more: str | None) -> Record:
    answer = ask_to_clone(client, source, destination, **more).json()
    assert (list(answer), answer["count"], answer["status"]) == (["records", "count", "status"], 1, 200)
    (record,) = answer["records"]
    assert client.get(f"/dialler/campaigns/{record['ID']}").json() == answer
    return dict(record)


def campaign_of(client: httpx.Client, name: str) -> Record:
    records = client.get("/dialler/campaigns").json()["records"]
    (record,) = (record for record in records if record["Name"] == name)
    return dict(record)


def codes_of(client: httpx.Client, campaign_id: int, language: int) -> list[Record]:
    path = f"/dialler/campaigns/campaign/{campaign_id}/resultCodes"
    return list(client.get(path, params={"languagesID": language}).json()["records"])


def contents(server: Service) -> dict[str, list[Record]]:
    return read_contents(server.database)


def assert_copied(client: httpx.Client, source: Record, copy: Record) -> None:
    own = codes_of(client, copy["ID"], 1)
    counterparts = dict(
        zip((code["ID"] for code in codes_of(client, source["ID"], 1)), (code["ID"] for code in own), strict=True)
    )
    references = {field: counterparts[source[field]] if source[field] else None for field in REFERENCES}
    changed = {"Name": copy["Name"], "ID": copy["ID"], "UserData": copy["UserData"]}
    assert json.dumps(copy) == json.dumps({**source, **changed, **references})
    for language in (1, 2):
        expected = [
            {
                **code,
                "ID": counterparts[code["ID"]],
                "ShortText": f"DiallerCampaignsResultCodes.{counterparts[code['ID']]}",
                "DiallerCampaignsID": copy["ID"],
            }
            for code in codes_of(client, source["ID"], language)
        ]
        assert json.dumps(codes_of(client, copy["ID"], language)) == json.dumps(expected)


@pytest.mark.parametrize("source", [SOURCE, TAKEN, "Order Confirmation UK"])
def test_clone_has_settings_and_result_codes_of_source(client: httpx.Client, source: str) -> None:
    original = campaign_of(client, source)
    copy = cloned(client, source, f"Copy of {source}")
    assert copy["Name"] == f"Copy of {source}"
    assert_copied(client, original, copy)


def test_clone_gets_new_ids_and_leaves_everything_else(server: Service, client: httpx.Client) -> None:
    before = contents(server)
    copy = cloned(client, SOURCE, "New IDs")
    after = contents(server)
    added = {table: [row for row in after[table] if row not in before[table]] for table in after}
    assert {
        table: len(rows) for table, rows in added.items() if rows and table not in ("sqlite_sequence", "Sequences")
    } == {
        "DiallerCampaigns": 1,
        "DiallerCampaignsResultCodes": 7,
        "DiallerCampaignsResultCodesTexts": 14,
    }
    for table in ("DiallerCampaigns", "DiallerCampaignsResultCodes"):
        assert min(row["ID"] for row in added[table]) > max(row["ID"] for row in before[table])
        assert [row for row in after[table] if row not in added[table]] == before[table]
    assert added["DiallerCampaigns"][0]["ID"] == copy["ID"]


def test_clone_has_no_contacts(server: Service, client: httpx.Client) -> None:
    before = contents(server)["DiallerContacts"]
    assert SOURCE_ID in {contact["DiallerCampaignsID"] for contact in before}
    cloned(client, SOURCE, "No contacts")
    assert contents(server)["DiallerContacts"] == before


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, None),
        ({"userData": None}, None),
        ({"userData": ""}, ""),
        ({"userData": "UserData Field Contents"}, "UserData Field Contents"),
        ({"userData": ' "ö"\n\\😀'}, ' "ö"\n\\😀'),
        ({"userData": "😀" * 255}, "😀" * 255),
    ],
)
def test_clone_has_the_user_data_given(client: httpx.Client, more: dict[str, str | None], kept: str | None) -> None:
    assert campaign_of(client, SOURCE)["UserData"] == "KZ-2026-H2"
    assert cloned(client, SOURCE, f"User data {more}"[:64], **more)["UserData"] == kept


def test_clone_of_clone_is_as_whole(client: httpx.Client) -> None:
    copy = cloned(client, SOURCE, "First generation", userData="U")
    second = cloned(client, "First generation", "Second generation")
    assert second["UserData"] is None
    assert_copied(client, copy, second)
    assert copy[REFERENCES[0]] < second[REFERENCES[0]]


def test_clone_of_loaded_campaign_keeps_fields_that_nobody_knows(server: Service, client: httpx.Client) -> None:
    for kind, records in (("campaign", [RICH_CAMPAIGN]), ("result-code", RICH_CODES)):
        options = ("--database", str(server.database), "--client", "1", "--language", "2", "--kind", kind)
        carry_out("load", "-", *options, stdin=json.dumps(records))
    copy = cloned(client, "Rich", "Rich copy", userData="R")
    assert {field: copy[field] for field in RICH_CAMPAIGN if field not in REFERENCES} == {
        **{field: value for field, value in RICH_CAMPAIGN.items() if field not in REFERENCES},
        "ID": copy["ID"],
        "Name": "Rich copy",
    }
    assert_copied(client, campaign_of(client, "Rich"), copy)
    for language in (1, 2):
        for code, loaded in zip(codes_of(client, copy["ID"], language), RICH_CODES, strict=True):
            kept = loaded.keys() - OF_ITS_OWN - ({"DiallerResultCodesTypesContent"} if language == 1 else set())
            assert {field: code[field] for field in kept} == {field: loaded[field] for field in kept}


@pytest.mark.parametrize("destination", ["Never made", TAKEN])
@pytest.mark.parametrize(
    "source",
    [
        "campaign 1000",
        "Campaign 1000  ",
        " Campaign 1000",
        "Campaign",
        "Campaign%",
        "Campaign_1000",
        "Campaign*",
        "500",
    ],
)
def test_clone_of_missing_source_is_not_found(
    server: Service, client: httpx.Client, source: str, destination: str
) -> None:
    before = contents(server)
    answer = ask_to_clone(client, source, destination)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert contents(server) == before


@pytest.mark.parametrize("source", [SOURCE, TAKEN])
def test_clone_to_taken_destination_changes_nothing(server: Service, client: httpx.Client, source: str) -> None:
    before = contents(server)
    answer = ask_to_clone(client, source, TAKEN, userData="lost")
    assert (answer.status_code, answer.json()) == (409, EXISTS)
    assert contents(server) == before


@pytest.mark.parametrize(
    "destination", ["CAMPAIGN 1000", "Campaign 1000 ", "Cämpaign", "Ca\u0308mpaign", "x" * 64, "😀" * 64]
)
def test_clone_to_name_that_is_only_similar_is_made(client: httpx.Client, destination: str) -> None:
    assert cloned(client, TAKEN, destination)["Name"] == destination
    assert cloned(client, destination, destination[:-1] + "2")["Name"] == destination[:-1] + "2"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "must not be empty"),
        ("x" * 65, "must have at most 64 characters"),
        ("😀" * 65, "must have at most 64 characters"),
    ],
)
@pytest.mark.parametrize("field", ["source", "destination"])
def test_clone_with_name_of_bad_length_is_refused(
    server: Service, client: httpx.Client, field: str, name: str, problem: str
) -> None:
    before = contents(server)
    answer = ask_to_clone(client, **{"source": TAKEN, "destination": "Never made", field: name})
    assert (answer.status_code, answer.json()) == (400, {"status": 400, "error": f"{field}: {problem}"})
    assert answer.headers["X-Error-Pointer"] == f"#/body/{field}"
    assert contents(server) == before


@pytest.mark.parametrize("content", ["Completed", "Rückruf eingegangen"])
def test_clone_that_fails_midway_leaves_nothing_behind(server: Service, client: httpx.Client, content: str) -> None:
    before = contents(server)
    failing = Trigger(
        "failing", "before insert", "DiallerCampaignsResultCodesTexts", condition=f"new.Content = '{content}'"
    )
    failing.create(server.database)
    answer = ask_to_clone(client, SOURCE, f"Failing at {content}")
    assert (answer.status_code, answer.json()) == (500, {"status": 500, "error": "Internal server error"})
    assert contents(server) == before
    failing.drop(server.database)
    assert_copied(client, campaign_of(client, SOURCE), cloned(client, SOURCE, f"Failing at {content}"))


def test_clone_from_many_threads_keeps_every_clone(client: httpx.Client) -> None:
    names = [f"Thread {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: ask_to_clone(client, SOURCE, name), names))
    assert [answer.status_code for answer in answers] == 40 * [200]
    clones = [answer.json()["records"][0] for answer in answers]
    assert len({clone["ID"] for clone in clones}) == 40
    stored = client.get("/dialler/campaigns?filter=startswith(Name,'thread ')").json()["records"]
    assert sorted(stored, key=lambda record: str(record["Name"])) == sorted(clones, key=lambda record: record["Name"])


def test_clone_to_one_name_from_many_threads_makes_one(client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask_to_clone(client, SOURCE, "One of many threads").status_code, range(8)))
    assert sorted(answers) == [200, *(7 * [409])]
    assert client.get("/dialler/campaigns/campaign?name=One of many threads").json()["count"] == 1
