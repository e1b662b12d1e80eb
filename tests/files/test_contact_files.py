"""Each contact of a file is stored, or the answer says of its line why it is not."""

import json
from typing import Any

import httpx
import pytest

from tests.support.contacts import (
    CSV,
    NDJSON,
    contact,
    import_file,
    list_contacts,
    list_names,
    post_file,
    read_outcomes,
    to_ndjson,
)
from tests.support.hostile import CHUNKED, in_chunks
from tests.support.raw import exchange, request
from tests.support.service import Service

MEBIBYTE = 1024 * 1024
TARGET, TYPE = b"/rest/v1.0/1/dialler/contacts/import/batch", b"Content-Type: application/x-ndjson"
TOO_LONG = f"has more than {MEBIBYTE} bytes"
LOST = "; if the file has lost its line ends, it was sent by curl --data: use --data-binary"
NO_OBJECT, NO_CAMPAIGN = "must be of type object", "Dialler campaign not found"
HEADER = '"Name";"PhoneNumber1";"UserData"\n'


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own, whose campaigns nobody counts."""
    return own_demo


def valid(campaign: int, number: int, **fields: Any) -> dict[str, Any]:
    return contact(campaign, UserData=f"File {number}", **fields)


def test_import_ndjson_stores_each_line(api: httpx.Client, campaign: int) -> None:
    records = import_file(api, to_ndjson(valid(campaign, number, Name=f"Ü{number}") for number in range(3)))
    ids = [record["ID"] for record in list_contacts(api, campaign)]
    assert records == [
        {"line": line, "outcome": "created", "ID": contact_id, "error": None}
        for line, contact_id in zip((1, 2, 3), ids, strict=True)
    ]
    assert list_names(api, campaign) == ["Ü0", "Ü1", "Ü2"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\r\n\n  \t\n"])
@pytest.mark.parametrize("last", [True, False])
def test_import_lines_however_they_end_are_numbered_as_they_stand(
    api: httpx.Client, campaign: int, end: str, last: bool
) -> None:
    lines = [line.decode() for line in to_ndjson(valid(campaign, number) for number in (1, 2)).splitlines()]
    for text, media_type, first in [
        (end.join(lines), NDJSON, 1),
        (end.join([HEADER.strip(), "A;1;a", '"B";"2";"b"']), CSV, 1 + end.count("\n")),
    ]:
        content = (text + end * last).encode()
        records = import_file(api, content, media_type, diallerCampaignsID=campaign)
        assert [record["line"] for record in records] == [first, first + end.count("\n")]
    assert list_names(api, campaign) == ["Mustermann"] * 2 + ["A", "B"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "is not JSON: "),
        (b"\xef\xbb\xbf{}", "is not JSON: "),
        (b"null", NO_OBJECT),
        (b"[]", NO_OBJECT),
        (b'"Name"', NO_OBJECT),
        (b"\xff", "is not UTF-8"),
        (b'{"Name":"\\u0000"}', "has a NUL character or a lone surrogate"),
        (b'{"Name":"\\ud800"}', "has a NUL character or a lone surrogate"),
        (b'{"Name":"a","Name":"b"}', "has a duplicate key"),
        (b'{"Amount":1e999}', "has a number out of range"),
        (b'{"Amount":NaN}', "has NaN, which is not a number in JSON"),
        (b'{"Amount":-Infinity}', "has -Infinity, which is not a number in JSON"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"{}", "Name: is missing"),
        (b'{"%b":1}' % (b"x" * 5000), "x" * 64 + ": is not a field of this request"),
        (b'{"Name":"A","PhoneNumber1":"1","DiallerCampaignsID":539}', NO_CAMPAIGN),
        (b'{"Name":"A","PhoneNumber1":"1","DiallerCampaignsName":"Spring Renewals"}', NO_CAMPAIGN),
        (b'{"Name":"A","PhoneNumber1":"1","DiallerCampaignsID":500,"ResultCodesExportKey":"-"}', "Dialler result code"),
        (b"x" * (MEBIBYTE + 1), TOO_LONG),
        (b"x" * (3 * MEBIBYTE), TOO_LONG),
    ],
    ids=lambda value: str(value[:20]),
)
def test_import_line_with_something_wrong_cancels_all_or_is_skipped(
    api: httpx.Client, campaign: int, line: bytes, error: str
) -> None:
    good = to_ndjson([valid(campaign, 1)])
    for content, wrong in [(good + line + b"\n" + good, 2), (good + good + line, 3)]:
        cancelled = import_file(api, content)
        assert [record["outcome"] for record in cancelled if record["line"] != wrong] == ["cancelled"] * 2
        assert cancelled[wrong - 1]["error"][: len(error)] == error
        assert {record["ID"] for record in cancelled} == {None}
    assert list_names(api, campaign) == []
    skipped = import_file(api, good + line + b"\n" + good, onError="skip")
    assert [record["outcome"] for record in skipped] == ["created", "failed", "created"]
    assert skipped[1]["error"][: len(error)] == error
    assert list_names(api, campaign) == ["Mustermann"] * 2


@pytest.mark.parametrize(
    ("content", "media_type", "error"),
    [
        ('{"Name":"A"}{"Name":"B"}', NDJSON, "is not JSON: Extra data at character 12" + LOST),
        ('{"Name":"A"}{"Name":"B"}' + " " * MEBIBYTE, NDJSON, TOO_LONG + LOST),
        ('{"Name":"A"} {', NDJSON, "is not JSON: Extra data at character 13"),
    ],
    ids=range(3),
)
def test_import_file_that_has_lost_its_line_ends_says_so(
    api: httpx.Client, campaign: int, content: str, media_type: str, error: str
) -> None:
    (outcome,) = import_file(api, content.encode(), media_type, diallerCampaignsID=campaign)
    assert outcome["error"] == error


def test_import_ndjson_with_byte_order_mark_takes_each_line(api: httpx.Client, campaign: int) -> None:
    content = b"\xef\xbb\xbf" + to_ndjson(valid(campaign, number) for number in (1, 2))
    assert read_outcomes(import_file(api, content)) == [(1, "created", None), (2, "created", None)]


@pytest.mark.parametrize("size", [MEBIBYTE - 1, MEBIBYTE])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_import_line_of_greatest_length_is_taken(api: httpx.Client, campaign: int, size: int, end: bytes) -> None:
    line = to_ndjson([valid(campaign, 1)]).strip()
    assert read_outcomes(import_file(api, line.ljust(size) + end)) == [(1, "created", None)]


@pytest.mark.parametrize("media_type", [NDJSON, CSV])
@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n \n\t\n"])
def test_import_file_without_contacts_does_nothing(api: httpx.Client, media_type: str, content: bytes) -> None:
    assert import_file(api, content, media_type) == []
    assert import_file(api, content, media_type, onError="skip") == []


def test_import_with_campaign_of_all_overrides_that_of_each(api: httpx.Client, campaign: int) -> None:
    body = {"Name": "A", "PhoneNumber1": "1"}
    lines = to_ndjson([body, {**body, "DiallerCampaignsID": 500}, {**body, "DiallerCampaignsName": "None"}])
    assert [record["outcome"] for record in import_file(api, lines, diallerCampaignsID=campaign)] == ["created"] * 3
    assert list_names(api, campaign) == ["A"] * 3


@pytest.mark.parametrize("campaign_id", [539, 2**53 - 1])
def test_import_with_campaign_of_all_that_client_has_not_fails(api: httpx.Client, campaign_id: int) -> None:
    records = import_file(api, to_ndjson([contact(500)]), diallerCampaignsID=campaign_id)
    assert read_outcomes(records) == [(1, "failed", NO_CAMPAIGN)]


def test_import_in_chunks_is_like_one_with_length(demo: Service, api: httpx.Client, campaign: int) -> None:
    content = to_ndjson(valid(campaign, number) for number in range(20))
    chunks = in_chunks(*(content[at : at + 77] for at in range(0, len(content), 77)))
    (answer,) = exchange(demo.url, request("POST", TARGET, TYPE, CHUNKED, body=chunks))
    assert (answer.status, json.loads(answer.body)["count"]) == (200, 20)
    assert len(list_contacts(api, campaign)) == 20


@pytest.mark.parametrize("media_type", ["text/csv; charset=iso-8859-1", "application/x-ndjson;charset=utf-16"])
def test_import_file_of_another_charset_is_refused(api: httpx.Client, media_type: str) -> None:
    answer = post_file(api, b"{}", media_type)
    assert (answer.status_code, answer.json()["error"]) == (415, "Content-Type: its charset must be utf-8")


@pytest.mark.parametrize("media_type", ["", "application/json", "text/plain"])
def test_import_file_of_another_media_type_is_refused(api: httpx.Client, media_type: str) -> None:
    answer = post_file(api, b"{}", media_type)
    assert (answer.status_code, answer.json()["error"]) == (
        *(415, "Content-Type: must be application/x-ndjson or text/csv"),
    )
