"""Requests at the same time, to several processes, come out as if one came after the other, and none fails of it."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count, takewhile
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.conformance import BASE_PATH
from tests.support.model import CAMPAIGNS, Campaign, Record, read_campaign, refused
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

AT_ONCE = 32
CLONES_OF_DELETED = 4
WRITERS = 16
SOURCE = "Campaign 1000"
EVENT = {"AcdEventTypesID": 5, "AcdGroupsID": 106, "Sender": "anna@example.org", "Subject": "At once"}
HEADERS = {"Authorization": "Bearer freiton-demo-1", "Content-Type": "application/json"}
MISSING = refused(404, "Dialler campaign not found")

Request = tuple[str, str, Record | None]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server of two processes."""
    with Service(tmp_path_factory.mktemp("two") / "freiton.db", "--demo", "--workers", "2") as service:
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of that server."""
    with service.client() as client:
        yield client


@pytest.fixture(scope="module")
def original(client: httpx.Client) -> Campaign:
    """The campaign that is cloned."""
    (record,) = client.get("/dialler/campaigns/500").json()["records"]
    return read_campaign(client, record)


def test_clone_many_times_to_one_name_gives_one_clone(
    service: Service, client: httpx.Client, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    total = rounds(3, 20)
    for number in range(total):
        answers = _ask_at_once(service, [_clone(SOURCE, f"Only one {number}")] * AT_ONCE)
        assert Counter(answer["status"] for answer in answers) == {200: 1, 409: AT_ONCE - 1}
        assert answers.count(refused(409, "Dialler campaign already exists")) == AT_ONCE - 1
        found = client.get("/dialler/campaigns/campaign", params={"name": f"Only one {number}"}).json()
        assert found in answers
        _delete(client, found["records"][0]["ID"])
    figure(f"concurrency: {total} x {AT_ONCE} clones to one name, each time 1 x 200 and {AT_ONCE - 1} x 409")


def test_create_many_events_gives_each_its_own_id(service: Service) -> None:
    answers = _ask_at_once(service, [("POST", "/acd/events/create", EVENT)] * AT_ONCE)
    assert len({answer["records"][0]["ID"] for answer in answers}) == AT_ONCE


def test_delete_one_campaign_many_times_succeeds_once(
    service: Service, client: httpx.Client, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    total = rounds(3, 20)
    for number in range(total):
        campaign_id = _made(client, f"Deleted {number}")["ID"]
        answers = _ask_at_once(service, [_deletion(campaign_id)] * AT_ONCE)
        assert sorted(answers, key=str) == [{"status": 200}, *[MISSING] * (AT_ONCE - 1)]
    figure(f"concurrency: {total} x {AT_ONCE} deletions of one ID, each time 1 x 200 and {AT_ONCE - 1} x 404")


def test_clone_while_source_is_deleted_is_whole_or_not_there(
    service: Service,
    client: httpx.Client,
    original: Campaign,
    rounds: Callable[[int, int], int],
    figure: Callable[[str], None],
) -> None:
    statuses: Counter[int] = Counter()
    for number in range(rounds(20, 200)):
        source = _made(client, f"Source {number}")
        names = [f"Clone {number}-{index}" for index in range(CLONES_OF_DELETED)]
        requests = [_clone(source["Name"], name) for name in names]
        place = random.randint(0, CLONES_OF_DELETED)
        answers = _ask_at_once(service, [*requests[:place], _deletion(source["ID"]), *requests[place:]])
        assert answers.pop(place) == {"status": 200}
        assert {answer["status"] for answer in answers} <= {200, 404}
        _require_whole_or_missing(client, original, names, answers)
        statuses.update(answer["status"] for answer in answers)
    figure(f"concurrency: clones of a campaign that is being deleted: {statuses[200]} whole, {statuses[404]} x 404")


def test_writing_by_many_gives_no_server_error_and_loses_nothing(
    service: Service, client: httpx.Client, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    before = _names(client)
    end = time.monotonic() + rounds(3, 60)
    with ThreadPoolExecutor(WRITERS) as pool:
        written = list(pool.map(lambda writer: _write(service, writer, end), range(WRITERS)))
    statuses = sum((statuses for statuses, _ in written), Counter[int]())
    assert set(statuses) == {200}, statuses
    assert _names(client) == before.union(*(names for _, names in written))
    figure(f"concurrency: {WRITERS} writers: {statuses.total()} clones and deletions acknowledged, 0 errors, 0 lost")


def _ask_at_once(service: Service, requests: list[Request]) -> list[Record]:
    connections = [HTTPConnection(urlsplit(service.url).netloc, timeout=SECONDS_TO_ANSWER) for _ in requests]
    for connection in connections:
        connection.connect()
    for connection, (method, path, body) in zip(connections, requests, strict=True):
        connection.request(method, f"{BASE_PATH}/1{path}", json.dumps(body) if body else None, HEADERS)
    answers = [json.load(connection.getresponse()) for connection in connections]
    for connection in connections:
        connection.close()
    return answers


def _require_whole_or_missing(
    client: httpx.Client, original: Campaign, names: list[str], answers: list[Record]
) -> None:
    for name, answer in zip(names, answers, strict=True):
        found = client.get("/dialler/campaigns/campaign", params={"name": name}).json()["records"]
        if answer["status"] == 404:
            assert (answer, found) == (MISSING, [])
            continue
        assert found == answer["records"]
        clone = read_campaign(client, found[0])
        assert clone == original.clone(name, None, found[0]["ID"], clone.code_ids)
        _delete(client, found[0]["ID"])


def _write(service: Service, writer: int, end: float) -> tuple[Counter[int], set[str]]:
    statuses: Counter[int] = Counter()
    kept = set()
    with service.client() as client:
        for number in takewhile(lambda _: time.monotonic() < end, count()):
            name = f"Writer {writer}, {number}"
            answer = client.post("/dialler/campaigns/clone", json={"source": SOURCE, "destination": name})
            statuses[answer.status_code] += 1
            if answer.status_code == 200 and number % 10 == 0:
                kept.add(name)
            elif answer.status_code == 200:
                campaign_id = answer.json()["records"][0]["ID"]
                statuses[client.delete(f"/dialler/campaigns/campaign/{campaign_id}").status_code] += 1
    return statuses, kept


def _clone(source: str, destination: str) -> Request:
    return "POST", "/dialler/campaigns/clone", {"source": source, "destination": destination}


def _deletion(campaign_id: int) -> Request:
    return "DELETE", f"/dialler/campaigns/campaign/{campaign_id}", None


def _made(client: httpx.Client, name: str) -> Record:
    answer = client.post("/dialler/campaigns/clone", json={"source": SOURCE, "destination": name}).json()
    record: Record = answer["records"][0]
    return record


def _delete(client: httpx.Client, campaign_id: int) -> None:
    assert client.delete(f"/dialler/campaigns/campaign/{campaign_id}").json() == {"status": 200}


def _names(client: httpx.Client) -> set[str]:
    return {record["Name"] for record in client.get(CAMPAIGNS).json()["records"]}
