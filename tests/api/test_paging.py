"""Paging: the links lead through a list without repeating or skipping what stays, and its cursors are its own."""

import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.command import carry_out
from tests.support.files import execute
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

Record = dict[str, Any]

PATH = "/acd/groups"
# One without nulls, one with nulls and equal values, one of nulls only, and the IDs.
ORDERS = ("Name", "QueueMusicID4Sec", "QueueOffhookAnnouncementID", "ID")
# The records that refer to groups.
RELEASE = "delete from AcdEvents"
SMALLEST = -(2**53 - 1)
GROUPS = [
    {"ID": 9000 - number, "Name": f"Group {number % 7}", "QueueMusicID4Sec": [None, 1, 2, 2, SMALLEST][number % 5]}
    for number in range(60)
]
# The demo has 40 groups.
MOST_PAGES = len(GROUPS) + 40
REFUSED = "cursor: is none that this list gave for this filter, orderBy and ascending"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with further groups."""
    with Service(tmp_path_factory.mktemp("paging") / "freiton.db", "--demo") as service:
        load(service.database, GROUPS)
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with service.client() as client:
        yield client


def load(database: Path, groups: list[Record]) -> None:
    carry_out("load", "-", "--database", database, "--client", "1", stdin=json.dumps(groups))


def follow(client: httpx.Client, answer: httpx.Response, rel: str) -> httpx.Response | None:
    link = answer.links.get(rel)
    return client.get(f"{PATH}{link['url']}") if link else None


def walk(client: httpx.Client, answer: httpx.Response, rel: str) -> list[httpx.Response]:
    """Return an answer and those that its links lead to, which must not be more than there are records."""
    pages = [answer]
    while (following := follow(client, pages[-1], rel)) is not None:
        assert len(pages) < MOST_PAGES, f"{rel} does not come to an end"
        pages.append(following)
    return pages


def ask(client: httpx.Client, **params: Any) -> httpx.Response:
    answer = client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("order_by", ORDERS)
@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("filter_", ["", "ID gt 110 and QueueMusicID4Sec ne 1"])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_walk_by_links_gives_the_list_both_ways(
    client: httpx.Client, order_by: str, ascending: str, filter_: str, size: int
) -> None:
    asked = {"orderBy": order_by, "ascending": ascending, "filter": filter_}
    whole = ask(client, **asked).json()["records"]
    pages = walk(client, ask(client, **asked, limitPageSize=size), "next")
    assert [record for page in pages for record in page.json()["records"]] == whole
    assert [page.json()["limitStart"] for page in pages] == list(range(0, len(whole), size))
    assert {page.headers["X-Total-Count"] for page in pages} == {str(len(whole))}
    back = walk(client, pages[-1], "prev")
    assert [page.json() for page in reversed(back)] == [page.json() for page in pages]
    first, last = follow(client, back[0], "first"), follow(client, back[0], "last")
    assert first is not None
    assert last is not None
    assert [first.json(), last.json()] == [pages[0].json(), pages[-1].json()]


@pytest.mark.parametrize("order_by", ORDERS)
@pytest.mark.parametrize("ascending", ["true", "false"])
def test_walk_while_records_come_and_go_neither_repeats_nor_skips(
    tmp_path: Path, order_by: str, ascending: str
) -> None:
    chance = random.Random(f"{order_by} {ascending}")
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as client:
        load(service.database, GROUPS)
        execute(service.database, [RELEASE])
        asked = {"orderBy": order_by, "ascending": ascending}
        staying = [record["ID"] for record in ask(client, **asked).json()["records"]]
        answer: httpx.Response | None = ask(client, **asked, limitPageSize=5)
        met: list[int] = []
        new = count(20_000)
        for rel in ("next", "prev"):
            while answer is not None:
                met += [record["ID"] for record in answer.json()["records"]][:: 1 if rel == "next" else -1]
                last, gone = answer, chance.sample(staying, 2)
                staying = [record_id for record_id in staying if record_id not in gone]
                execute(
                    service.database,
                    [
                        f"delete from AcdGroups where ID in ({gone[0]}, {gone[1]})",
                        "insert into AcdGroups (ID, ClientsID, Name, QueueMusicID4Sec)"
                        f" values ({next(new)}, 1, 'Group {chance.randint(0, 7)}', {chance.choice(['null', 1, 2])})",
                    ],
                )
                answer = follow(client, answer, rel)
            if rel == "next":
                there, met, answer = met, [], follow(client, last, "prev")
        assert len(set(there)) == len(there)
        assert [record_id for record_id in there if record_id in staying] == staying
        assert len(set(met)) == len(met)
        back = [record_id for record_id in reversed(met) if record_id in staying]
        assert back == staying[: len(back)]
        assert len(back) >= len(staying) - 5


@pytest.mark.parametrize(
    ("query", "total", "links"),
    [
        ("", None, []),
        ("limitPageSize=-1&limitStart=0", None, []),
        ("limitPageSize=0", "100", []),
        ("limitStart=90", "100", []),
        ("limitPageSize=100", "100", ["first", "last"]),
        ("limitPageSize=60", "100", ["next", "first", "last"]),
        ("limitPageSize=9&limitStart=3", "100", ["next", "prev", "first", "last"]),
        ("limitPageSize=9&limitStart=100", "100", ["prev", "first", "last"]),
        ("limitPageSize=9&limitStart=9007199254740991", "100", ["prev", "first", "last"]),
        ("limitPageSize=9&limitStart=5&filter=ID lt 0", "0", ["first", "last"]),
        ("limitPageSize=9&filter=ID lt 0", "0", ["first", "last"]),
    ],
)
def test_ask_for_page_tells_total_and_links(
    client: httpx.Client, query: str, total: str | None, links: list[str]
) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert answer.headers.get("X-Total-Count") == total
    assert list(answer.links) == links


@pytest.mark.parametrize("at", range(0, 60, 3))
def test_follow_tampered_cursor_is_refused(client: httpx.Client, at: int) -> None:
    cursor = httpx.URL(ask(client, limitPageSize=5).links["next"]["url"]).params["cursor"]
    data = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    data[at % len(data)] ^= 1
    tampered = urlsafe_b64encode(data).rstrip(b"=").decode()
    for changed in (tampered, cursor[:-1], cursor + "A", "A" + cursor, cursor[at:] + cursor[:at] if at else "A"):
        answer = client.get(PATH, params={"limitPageSize": 5, "cursor": changed})
        assert (answer.status_code, answer.json()["error"]) == (400, REFUSED)
        assert answer.headers["X-Error-Pointer"] == "#/query/cursor"


@pytest.mark.parametrize(
    "change", [{"orderBy": "ID"}, {"ascending": "false"}, {"filter": "ID gt 0"}], ids=["order", "direction", "filter"]
)
def test_follow_cursor_of_another_list_is_refused(
    service: Service, client: httpx.Client, change: dict[str, str]
) -> None:
    cursor = httpx.URL(ask(client, limitPageSize=5).links["next"]["url"]).params["cursor"]
    assert client.get(PATH, params={"cursor": cursor, **change}).json()["error"] == REFUSED
    assert client.get("/dialler/campaigns", params={"cursor": cursor}).json()["error"] == REFUSED
    with service.client(2) as other:
        assert other.get(PATH, params={"cursor": cursor}).json()["error"] == REFUSED


def test_follow_cursor_from_where_all_is_gone_is_empty(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as client:
        middle = ask(client, limitPageSize=5, limitStart=5)
        execute(service.database, [RELEASE, "delete from AcdGroups"])
        for rel in ("next", "prev"):
            answer = follow(client, middle, rel)
            assert answer is not None
            assert (answer.json()["records"], answer.headers["X-Total-Count"]) == ([], "0")
            assert list(answer.links) == ["first", "last"]


def test_ask_with_cursor_for_all_gives_the_rest(client: httpx.Client) -> None:
    whole = ask(client).json()["records"]
    page = ask(client, limitPageSize=5, limitStart=5)
    rest = {rel: httpx.URL(page.links[rel]["url"]).params["cursor"] for rel in ("next", "prev")}
    assert ask(client, cursor=rest["next"]).json()["records"] == whole[10:]
    assert ask(client, cursor=rest["prev"]).json()["records"] == whole[:5]


@pytest.mark.parametrize("order_by", ["Name", "ID"])
@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("rel", ["next", "prev"])
def test_follow_cursor_from_where_the_rest_is_gone_leads_back(
    tmp_path: Path, order_by: str, ascending: str, rel: str
) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as client:
        whole = [record["ID"] for record in ask(client, orderBy=order_by, ascending=ascending).json()["records"]]
        middle = ask(client, orderBy=order_by, ascending=ascending, limitPageSize=5, limitStart=5)
        gone, there = (whole[10:], whole[:10]) if rel == "next" else (whole[:5], whole[5:])
        execute(service.database, [RELEASE, f"delete from AcdGroups where ID in ({','.join(map(str, gone))})"])
        empty = follow(client, middle, rel)
        assert empty is not None
        assert (empty.json()["records"], empty.headers["X-Total-Count"]) == ([], str(len(there)))
        opposite = "prev" if rel == "next" else "next"
        assert list(empty.links) == [opposite, "first", "last"]
        back = walk(client, empty, opposite)
        pages = back if rel == "prev" else reversed(back)
        assert [record["ID"] for page in pages for record in page.json()["records"]] == there
        assert back[1].json()["limitStart"] == (0 if rel == "prev" else 5)


def test_ask_with_long_filter_tells_the_links_that_carry_it(client: httpx.Client) -> None:
    filter_ = f"Name ne '{'😀' * 400}'"
    answer = ask(client, filter=filter_, limitPageSize=5, limitStart=5)
    assert list(answer.links) == ["next", "prev"]
    assert "filter" not in httpx.URL(answer.links["next"]["url"]).params
    following = follow(client, answer, "next")
    assert following is not None
    assert (following.json()["limitStart"], following.json()["filter"]) == (10, filter_)
