"""A deletion removes the campaign with everything that belongs to it, and nothing else."""

import time
import unicodedata
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.campaigns import clone
from tests.support.files import read_contents, read_rows
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

Record = dict[str, Any]

SOURCE = "Campaign 1000"
BY_NAME = "/dialler/campaigns/campaign"
NOT_FOUND = {"status": 404, "error": "Dialler campaign not found"}
SECONDS_TO_PURGE = 60
NEIGHBOURS = [
    "Rabatt 50%",
    "Rabatt 50_",
    "Rabatt 50*",
    "Rabatt 50",
    "Rabatt 5",
    "Rabatt 50%%",
    "Rabatt 50% Süd",
    "Der Rabatt 50%",
    "rabatt 50%",
    "RABATT 50%",
    "Rabatt 50% ",
    " Rabatt 50%",
    "Rabatt  50%",
    "Rabatt+50%",
    "Rabatt%2050%",
    "Rabatt\t50%",
    "Rabätt 50%",
    unicodedata.normalize("NFD", "Rabätt 50%"),
    "Rabattß",
    "Rabattss",
    "'Rabatt' or 1=1 --",
    "%",
    "_",
    "*",
    " ",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server for the deletions of this file."""
    with Service(tmp_path_factory.mktemp("delete") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def client(server: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def neighbours(client: httpx.Client) -> None:
    """Clones with names that are easily taken for one another."""
    for name in NEIGHBOURS:
        clone(client, name)


def code_ids(client: httpx.Client, campaign_id: int) -> list[int]:
    codes = client.get(f"{BY_NAME}/{campaign_id}/resultCodes", params={"languagesID": 1}).json()["records"]
    return [code["ID"] for code in codes]


def contents(server: Service) -> dict[str, list[Record]]:
    deadline = time.monotonic() + SECONDS_TO_PURGE
    while read_rows(server.database, "select DiallerCampaignsID from DiallerContactsPurges"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return read_contents(server.database)


def belongs(row: Record, table: str, campaign_id: int, codes: set[int]) -> bool:
    if table == "DiallerCampaigns":
        return bool(row["ID"] == campaign_id)
    return row.get("DiallerCampaignsID") == campaign_id or row.get("DiallerCampaignsResultCodesID") in codes


def assert_gone(client: httpx.Client, campaign_id: int, name: str) -> None:
    answers = [
        client.get(f"/dialler/campaigns/{campaign_id}"),
        client.get(f"{BY_NAME}/{campaign_id}/resultCodes", params={"languagesID": 1}),
        client.post("/dialler/campaigns/clone", json={"source": name, "destination": "Never made"}),
        client.delete(f"{BY_NAME}/{campaign_id}"),
        client.delete(BY_NAME, params={"name": name}),
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, NOT_FOUND)] * 5
    assert client.get(BY_NAME, params={"name": name}).json()["records"] == []


@pytest.mark.parametrize(
    ("path", "params", "campaign_id", "name", "contacts"),
    [
        (f"{BY_NAME}/536", None, 536, "Newsletter-Reaktivierung", 6),
        (BY_NAME, {"name": "Kundenzufriedenheit Herbst"}, 535, "Kundenzufriedenheit Herbst", 8),
    ],
    ids=["by ID", "by name"],
)
def test_delete_removes_all_that_belongs_to_the_campaign_and_nothing_else(
    server: Service,
    client: httpx.Client,
    path: str,
    params: dict[str, str] | None,
    campaign_id: int,
    name: str,
    contacts: int,
) -> None:
    codes = set(code_ids(client, campaign_id))
    before = contents(server)
    assert client.delete(path, params=params).content == b'{"status":200}'
    after = contents(server)
    for total in before["DiallerContactsTotals"]:
        total["nContacts"] -= contacts * (total["ClientsID"] == 1)
    gone = {table: [row for row in rows if belongs(row, table, campaign_id, codes)] for table, rows in before.items()}
    assert {table: len(rows) for table, rows in gone.items() if rows} == {
        "DiallerCampaigns": 1,
        "DiallerCampaignsResultCodes": 7,
        "DiallerCampaignsResultCodesTexts": 14,
        "DiallerContacts": contacts,
        "DiallerContactsCounts": 1,
    }
    assert after == {table: [row for row in rows if row not in gone[table]] for table, rows in before.items()}
    assert_gone(client, campaign_id, name)


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_delete_by_name_never_touches_a_neighbour(client: httpx.Client, name: str) -> None:
    before = client.get("/dialler/campaigns").json()["records"]
    assert name in [campaign["Name"] for campaign in before]
    assert client.delete(BY_NAME, params={"name": name}).json() == {"status": 200}
    after = client.get("/dialler/campaigns").json()["records"]
    assert after == [campaign for campaign in before if campaign["Name"] != name]


@pytest.mark.parametrize(
    "name",
    [
        "Campaign",
        "1000",
        "campaign 1000",
        "CAMPAIGN 1000",
        "Campaign 1000 ",
        " Campaign 1000",
        "Campaign%",
        "Campaign_1000",
        "Campaign*",
        "C",
        "500",
        "x" * 255,
    ],
)
def test_delete_by_name_that_is_only_similar_is_not_found(server: Service, client: httpx.Client, name: str) -> None:
    before = contents(server)
    answer = client.delete(BY_NAME, params={"name": name})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert contents(server) == before


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    [
        ("", "name", "is missing"),
        ("name=", "name", "must not be empty"),
        ("name=" + "x" * 256, "name", "must have at most 255 characters"),
        ("name=Campaign+1000&name=Campaign+1000", "name", "is given twice"),
        ("name=Campaign+1000&filter=x", "filter", "is not a parameter of this operation"),
        ("Name=Campaign+1000", "Name", "is not a parameter of this operation"),
    ],
)
def test_delete_by_bad_name_is_refused(
    server: Service, client: httpx.Client, query: str, field: str, problem: str
) -> None:
    before = contents(server)
    answer = client.delete(f"{BY_NAME}?{query}")
    assert (answer.status_code, answer.json()) == (400, {"status": 400, "error": f"{field}: {problem}"})
    assert answer.headers["X-Error-Pointer"] == f"#/query/{field}"
    assert contents(server) == before


def test_clone_after_deletion_of_newest_gets_ids_never_given_before(client: httpx.Client) -> None:
    given: list[tuple[int, list[int]]] = []
    for _ in range(3):
        campaign_id = clone(client, "Newest")
        given.append((campaign_id, code_ids(client, campaign_id)))
        client.delete(f"{BY_NAME}/{campaign_id}")
    campaigns = [campaign_id for campaign_id, _ in given]
    codes = [code for _, of_campaign in given for code in of_campaign]
    assert len(codes) == 21
    assert campaigns == sorted(set(campaigns))
    assert codes == sorted(set(codes))
