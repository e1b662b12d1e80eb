"""A file of contacts of any length is stored as a whole, in little memory, or not at all."""

import json
import resource
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.command import read_troubles
from tests.support.conformance import BASE_PATH
from tests.support.contacts import (
    BATCH,
    CSV,
    NDJSON,
    OVERWRITE,
    assert_counts_fit,
    contact,
    import_file,
    list_contacts,
    make_campaign,
    post_file,
    store_contact,
    to_ndjson,
)
from tests.support.files import read_rows
from tests.support.hostile import CHUNKED, in_chunks
from tests.support.memory import AT_MOST, read_memory
from tests.support.raw import AUTHORIZATION, SECONDS_TO_ANSWER, request
from tests.support.service import Service

MANY = 100_000
MOST_GROWTH_KIB = 30 * 1024
TARGET = f"{BASE_PATH}/1{BATCH}"
HEADERS = {"Authorization": AUTHORIZATION.decode().partition(": ")[2], "Content-Type": NDJSON}
UNAVAILABLE = {"status": 503, "error": "The database cannot be used now"}


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own, whose campaigns nobody counts."""
    return own_demo


def outcomes(records: list[dict[str, Any]]) -> set[tuple[str, str | None]]:
    return {(record["outcome"], record["error"]) for record in records}


def send(service: Service, parts: Iterator[bytes]) -> bytes:
    address = urlsplit(service.url)
    with closing(HTTPConnection(f"{address.hostname}:{address.port}", timeout=120)) as connection:
        connection.request("POST", TARGET, parts, HEADERS, encode_chunked=True)
        answer = connection.getresponse()
        body = answer.read()
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(body)))
        return body


def test_import_many_contacts_needs_little_memory(fresh_demo: Service, figure: Callable[[str], None]) -> None:
    with fresh_demo.client() as api:
        campaign = make_campaign(api)
        fields = {"Company": "x" * 64, "Comment": "x" * 150}

        def lines() -> Iterator[bytes]:
            return (to_ndjson([contact(campaign, UserData=f"M{number}", **fields)]) for number in range(MANY))

        # Fills what SQLite may keep of the database in memory.
        send(fresh_demo, lines())
        before = read_memory(fresh_demo, AT_MOST)
        body = send(fresh_demo, lines())
        growth = read_memory(fresh_demo, AT_MOST) - before
        figure(f"memory while {MANY:,} contacts are imported: {growth / 1024:+.1f} MiB")
        assert growth < MOST_GROWTH_KIB
        assert json.loads(body)["count"] == MANY
        assert api.get("/dialler/contacts/contact", params={"userData": f"M{MANY - 1}"}).json()["count"] == 2
    assert_counts_fit(fresh_demo.database)


def test_import_whose_last_line_fails_in_database_stores_nothing(api: httpx.Client, campaign: int) -> None:
    lines = to_ndjson(contact(campaign) for _ in range(5_000)) + to_ndjson([contact(539)])
    records = import_file(api, lines)
    assert records[-1] == {"line": 5_001, "outcome": "failed", "ID": None, "error": "Dialler campaign not found"}
    assert outcomes(records[:-1]) == {("cancelled", None)}
    assert [record["line"] for record in records] == list(range(1, 5_002))
    assert list_contacts(api, campaign) == []


def test_import_with_errors_in_several_steps_names_each_it_has_read(api: httpx.Client, campaign: int) -> None:
    good = [contact(campaign) for _ in range(1_499)]
    records = import_file(api, (to_ndjson(good) + b"{\n") * 3, onError="skip")
    assert [record["line"] for record in records if record["outcome"] == "failed"] == [1_500, 3_000, 4_500]
    cancelled = import_file(api, (to_ndjson(good) + b"{\n") * 3)
    assert [record["line"] for record in cancelled if record["outcome"] == "failed"] == [1_500, 3_000, 4_500]
    assert len(list_contacts(api, campaign)) == 3 * 1_499


@pytest.mark.parametrize("mode", [{}, {"onError": "skip"}])
def test_import_overwriting_knows_duplicates_of_the_same_file(
    api: httpx.Client, campaign: int, mode: dict[str, str]
) -> None:
    old = store_contact(api, contact(campaign, UserData="D0"))["ID"]
    other = make_campaign(api)
    # Each value stands three times: twice in the first step of a thousand, once in the third.
    values = [*range(400), *range(400), *[None] * 1_300, *range(400)]
    lines = [
        contact(campaign, UserData=None if value is None else f"D{value}", Name=f"N{line}")
        for line, value in enumerate(values, start=1)
    ]
    records = import_file(api, to_ndjson([*lines, contact(other, UserData="D0")]), **OVERWRITE, **mode)
    created = [record for record in records if record["outcome"] == "created"]
    assert [record["line"] for record in created] == [*range(2, 401), *range(801, 2_101), 2_501]
    assert [records[line]["ID"] for line in (0, 400, 2_100)] == [old] * 3
    assert {records[at]["ID"] == records[at + 400]["ID"] == records[at + 2_100]["ID"] for at in range(400)} == {True}
    stored = list_contacts(api, campaign)
    assert [record["ID"] for record in stored] == [old, *(record["ID"] for record in created[:-1])]
    assert [record["Name"] for record in stored if record["UserData"]] == [f"N{line}" for line in range(2_101, 2_501)]


def test_import_without_overwriting_makes_all_duplicates(api: httpx.Client, campaign: int) -> None:
    records = import_file(api, to_ndjson(contact(campaign, UserData="Same") for _ in range(2_500)))
    assert outcomes(records) == {("created", None)}
    assert len(list_contacts(api, campaign)) == 2_500


@pytest.mark.parametrize("framing", ["length", "chunks", "reset"])
def test_import_that_breaks_off_stores_nothing(demo: Service, api: httpx.Client, campaign: int, framing: str) -> None:
    content = to_ndjson(contact(campaign) for _ in range(30_000))
    length = b"Content-Length: %d" % (len(content) + 1)
    head = [TARGET.encode() + b"?onError=skip", b"Content-Type: application/x-ndjson"]
    data = request("POST", *head, length, body=content)
    if framing == "chunks":
        data = request("POST", *head, CHUNKED, body=in_chunks(content)).removesuffix(b"0\r\n\r\n")
    address = urlsplit(demo.url)
    address_ = (address.hostname, address.port)
    with closing(socket.create_connection(address_, timeout=SECONDS_TO_ANSWER)) as connection:
        connection.sendall(data)
        if framing != "reset":
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
    assert store_contact(api, contact(campaign))["DiallerCampaignsID"] == campaign
    assert len(list_contacts(api, campaign)) == 1


def test_import_of_quotes_and_line_breaks_only_does_not_keep_others_waiting(
    fresh_api: httpx.Client, fresh_demo: Service
) -> None:
    content = b'Name;PhoneNumber1\n"' + b"\n" * (512 * 1024)
    with ThreadPoolExecutor(1) as thread, fresh_demo.client() as other:
        importing = thread.submit(import_file, fresh_api, content, CSV)
        while not importing.done():
            assert make_campaign(other)
    assert [outcome["outcome"] for outcome in importing.result()] == ["failed"]


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b" " * 999_999 + b"\n" + b" " * 3_000_000, {}),
        (b"{}\n" * 60_000, {}),
        (b"{}\n" * 60_000, {"onError": "skip"}),
    ],
    ids=["body", "answer", "answer of each"],
)
def test_import_without_room_for_body_or_answer_is_refused_and_stores_nothing(
    fresh_demo: Service, content: bytes, mode: dict[str, str]
) -> None:
    process = fresh_demo.process.pid
    with fresh_demo.client() as api:
        campaign = make_campaign(api)
        before = read_rows(fresh_demo.database, "select count(*) from DiallerContacts")
        unlimited = resource.prlimit(process, resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
        answer = post_file(api, content, **mode)
        assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)
        assert read_rows(fresh_demo.database, "select count(*) from DiallerContacts") == before
        resource.prlimit(process, resource.RLIMIT_FSIZE, unlimited)
        assert import_file(api, to_ndjson([contact(campaign)]))[0]["outcome"] == "created"
    troubles = read_troubles(fresh_demo.log)
    assert troubles
    assert [line for line in troubles if "there is no room" not in line] == []
    assert_counts_fit(fresh_demo.database)
