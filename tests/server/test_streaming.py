"""Streaming: long lists are sent while they are read, in constant memory, and never look whole when they are not."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.command import await_line, read_troubles
from tests.support.files import ADD_GROUPS, damage, execute
from tests.support.memory import AT_MOST, read_memory
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

PATH = "/acd/groups"
COUNT = 3_500
HEADERS = {"Authorization": "Bearer freiton-demo-1"}
# Of each answer.
OWN = {"date", "x-request-id"}
# What SQLite may keep of a database, and some.
CACHE = 80 << 20


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with so many groups that a list of them is sent in parts."""
    with Service(tmp_path_factory.mktemp("streaming") / "freiton.db", "--demo") as service:
        execute(service.database, [ADD_GROUPS.format(COUNT, "")])
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with service.client() as client:
        yield client


def assert_same_header(*answers: httpx.Response) -> None:
    """Fail if the answers' headers differ in more than the moment and the ID."""
    headers = [[(name, value) for name, value in answer.headers.items() if name not in OWN] for answer in answers]
    assert sorted(headers[0]) == sorted(headers[1])


@pytest.mark.parametrize("order_by", ["Name", "ID", "TarifAnnouncementWavesID"])
@pytest.mark.parametrize("ascending", ["true", "false"])
def test_list_of_many_is_the_same_in_parts(client: httpx.Client, order_by: str, ascending: str) -> None:
    asked = {"orderBy": order_by, "ascending": ascending}
    long = client.get(PATH, params=asked)
    assert long.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in long.headers
    assert long.json()["count"] == len(long.json()["records"]) == COUNT + 40
    starts = range(0, COUNT + 40, 1000)
    pages = [client.get(PATH, params={**asked, "limitPageSize": 1000, "limitStart": start}) for start in starts]
    assert [record for page in pages for record in page.json()["records"]] == long.json()["records"]
    assert all("Content-Length" in page.headers for page in pages)


@pytest.mark.parametrize("asked", ["", "?limitPageSize=1500", "?limitPageSize=1500&limitStart=9", "?filter=ID gt 9"])
def test_list_of_many_is_the_same_through_connexion(service: Service, client: httpx.Client, asked: str) -> None:
    with Service(service.database, "--demo", "--no-fast") as slow, slow.client() as connexion:
        answers = [each.get(f"{PATH}{asked}", headers={"Accept": "*/*"}) for each in (client, connexion)]
    assert [answer.headers.get("Transfer-Encoding") for answer in answers] == ["chunked"] * 2
    assert answers[0].content == answers[1].content
    assert_same_header(*answers)


def test_list_of_many_is_logged(service: Service, client: httpx.Client) -> None:
    identity = client.get(PATH).headers["X-Request-ID"]
    line = await_line(service.log, identity)
    assert re.search(r" GET /rest/v1\.0/\{ClientsID\}/acd/groups 1 200 ", line), line


@pytest.mark.parametrize("order_by", ["Name", "TarifAnnouncementWavesID"])
@pytest.mark.parametrize("ascending", ["true", "false"])
def test_walk_long_pages_gives_the_list_both_ways(client: httpx.Client, order_by: str, ascending: str) -> None:
    asked = {"orderBy": order_by, "ascending": ascending}
    whole = client.get(PATH, params=asked).json()["records"]
    pages = [client.get(PATH, params={**asked, "limitPageSize": 1500})]
    while "next" in pages[-1].links:
        pages.append(client.get(f"{PATH}{pages[-1].links['next']['url']}"))
    assert [page.json()["count"] for page in pages] == [1500, 1500, 540]
    assert [record for page in pages for record in page.json()["records"]] == whole
    back = [pages[-1]]
    while "prev" in back[-1].links:
        back.append(client.get(f"{PATH}{back[-1].links['prev']['url']}"))
    assert [page.json() for page in reversed(back)] == [page.json() for page in pages]


def test_ask_for_more_than_the_rest_is_the_rest(client: httpx.Client) -> None:
    answer = client.get(PATH, params={"limitPageSize": 3000, "limitStart": 1000})
    assert (answer.json()["count"], list(answer.links)) == (COUNT - 960, ["prev", "first", "last"])


def test_head_of_long_list_has_no_body(service: Service, client: httpx.Client) -> None:
    answer = httpx.head(f"{service.url}/rest/v1.0/1{PATH}", headers=HEADERS, timeout=SECONDS_TO_ANSWER)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(PATH, params={"limitPageSize": 1}).json()["count"] == 1


def test_list_of_far_more_takes_no_more_memory(tmp_path: Path, figure: Callable[[str], None]) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service:
        url = f"{service.url}/rest/v1.0/1{PATH}"
        sizes, peaks = [], []
        for more in (2_000, 50_000):
            execute(service.database, [ADD_GROUPS.format(more, "x" * 3_000)])
            with httpx.stream("GET", url, headers=HEADERS, timeout=SECONDS_TO_ANSWER) as answer:
                sizes.append(sum(len(part) for part in answer.iter_bytes()))
            peaks.append(read_memory(service, AT_MOST))
        figure(f"a list of {sizes[1] >> 20} MiB took {peaks[1] - peaks[0]} KiB more than one of {sizes[0] >> 20} MiB")
    assert sizes[1] > 10 * sizes[0]
    assert (peaks[1] - peaks[0]) * 1024 < CACHE < sizes[1] / 1.5


@pytest.mark.sqlite
def test_database_damaged_in_the_middle_cuts_the_answer(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service:
        execute(service.database, [ADD_GROUPS.format(20_000, "x" * 2_000), "pragma wal_checkpoint(truncate)"])
        url = f"{service.url}/rest/v1.0/1{PATH}?orderBy=ID"
        with httpx.stream("GET", url, headers=HEADERS, timeout=SECONDS_TO_ANSWER) as answer:
            parts = answer.iter_bytes()
            received = next(parts)
            damage(service.database)
            with pytest.raises(httpx.RemoteProtocolError):
                received += b"".join(parts)
        assert answer.status_code == 200
        assert received.startswith(b'{"filter":""')
        with pytest.raises(json.JSONDecodeError):
            json.loads(received)
        service.stop()
        assert read_troubles(service.log) == ["ERROR An answer was cut off: EngineError"]


def test_client_that_leaves_ends_the_reading(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service:
        execute(service.database, [ADD_GROUPS.format(20_000, "x" * 2_000)])
        url = f"{service.url}/rest/v1.0/1{PATH}"
        with httpx.stream("GET", url, headers=HEADERS, timeout=SECONDS_TO_ANSWER) as answer:
            next(answer.iter_bytes())
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while "/acd/groups 1 200" not in service.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert service.stop() == 0
        assert read_troubles(service.log) == []
