"""Each contact of a file is stored, or the answer says of its line why it is not."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handlers import contactfile
from tests.contacts import (
    CSV,
    NDJSON,
    OVERWRITE,
    assert_counts_fit,
    contact,
    import_file,
    list_contacts,
    make_campaign,
    post_file,
    to_ndjson,
)
from tests.hostile import CHUNKED, in_chunks
from tests.raw import exchange, request
from tests.service import Service

MEBIBYTE = 1024 * 1024
TARGET, TYPE = b"/rest/v1.0/1/dialler/contacts/import/batch", b"Content-Type: application/x-ndjson"
TOO_LONG = f"has more than {MEBIBYTE} bytes"
LOST = "; if the file has lost its line ends, it was sent by curl --data: use --data-binary"
UNTOLD = ", so that it cannot be told what the columns are"
NO_OBJECT, NO_CAMPAIGN = "must be of type object", "Dialler campaign not found"
HEADER = '"Name";"PhoneNumber1";"UserData"\n'
NEW = {
    **{"ResetContact": "true", "dtImported": "2020-01-01 00:00:00", "DiallerCampaignsName": "Campaign 1000"},
    **{"UserData": "CON9", "Name": "Müller", "FirstName": "A", "Region": "Bayern", "Amount": "-12.5"},
    **{"PhoneNumber2": "+491", "FollowUpUsersUID": "u", "FollowUpDateTime": "2026-12-24 18:30:00"},
    **{"ResultCodesExportKey": "ABG"},
}
STORED = {
    **{"DiallerCampaignsID": 500, "UserData": "CON9", "Name": "Müller", "FirstName": "A", "Amount": -12.5},
    **{"PhoneNumber2": "+491", "FollowUpUsersUID": "u", "dtNextTry": "2026-12-24T18:30:00.000"},
    **{"DiallerCampaignsResultCodesID": 2488, "Company": None},
}


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own, whose campaigns nobody counts."""
    return own_demo


@pytest.fixture
def campaign(demo: Service, api: httpx.Client) -> Iterator[int]:
    """A campaign without contacts, which are counted well at the end."""
    yield make_campaign(api)
    assert_counts_fit(demo.database)


def valid(campaign: int, number: int, **fields: Any) -> dict[str, Any]:
    return contact(campaign, UserData=f"File {number}", **fields)


def errors(records: list[dict[str, Any]]) -> list[tuple[int, str, Any]]:
    return [(record["line"], record["outcome"], record["error"]) for record in records]


def stored_names(api: httpx.Client, campaign: int) -> list[str]:
    return [record["Name"] for record in list_contacts(api, campaign)]


def test_import_ndjson_stores_each_line(api: httpx.Client, campaign: int) -> None:
    records = import_file(api, to_ndjson(valid(campaign, number, Name=f"Ü{number}") for number in range(3)))
    ids = [record["ID"] for record in list_contacts(api, campaign)]
    assert records == [
        {"line": line, "outcome": "created", "ID": contact_id, "error": None}
        for line, contact_id in zip((1, 2, 3), ids, strict=True)
    ]
    assert stored_names(api, campaign) == ["Ü0", "Ü1", "Ü2"]


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
    assert stored_names(api, campaign) == ["Mustermann"] * 2 + ["A", "B"]


@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\n"])
def test_import_csv_with_header_takes_columns_in_any_order(api: httpx.Client, campaign: int, mark: str) -> None:
    content = f'{mark}PhoneNumber6;"Name";Comment;Amount;RandomSortOrder;Model\n+491;"Ä;""B""\r\nC";;1e2;7;"M"\n2;D\n'
    records = import_file(api, content.encode(), CSV, diallerCampaignsID=campaign)
    first = 2 + mark.count("\n")
    assert errors(records) == [(first, "created", None), (first + 2, "created", None)]
    one, two = list_contacts(api, campaign)
    fields = ("PhoneNumber6", "Name", "Comment", "Amount", "RandomSortOrder", "Model")
    assert [one[field] for field in fields] == ["+491", 'Ä;"B"\r\nC', None, 100.0, 7, "M"]
    assert [two[field] for field in fields] == ["2", "D", None, None, None, None]


@pytest.mark.parametrize(
    ("columns", "header", "own"),
    [
        (contactfile.COLUMNS, True, {"Region": "Bayern"}),
        (contactfile.COLUMNS, False, {"Region": "Bayern"}),
        (contactfile.LEGACY_COLUMNS, True, {"Region": None}),
        (contactfile.LEGACY_COLUMNS, False, {"Region": None}),
    ],
    ids=["3.19 with header", "3.19", "legacy with header", "legacy"],
)
def test_import_format_of_vendor_is_read_by_position(
    fresh_api: httpx.Client, columns: tuple[str, ...], header: bool, own: dict[str, Any]
) -> None:
    values = NEW | {"DiallerContact": "DiallerContact"}
    rows = [columns] * header + [[values.get(column, "") for column in columns]]
    content = "".join(";".join(f'"{value}"' for value in row) + "\r\n" for row in rows)
    (record,) = import_file(fresh_api, content.encode(), CSV)
    assert (record["line"], record["outcome"]) == (1 + header, "created")
    (stored,) = [each for each in list_contacts(fresh_api, 500) if each["ID"] == record["ID"]]
    assert {field: stored[field] for field in (*STORED, "Region")} == STORED | own
    assert stored["dtImported"] > "2026"


@pytest.mark.parametrize(("text", "reset"), [("TRUE", True), ("1", True), ("false", False), ("0", False), ("", False)])
def test_import_csv_resets_contact_if_it_says_so(api: httpx.Client, campaign: int, text: str, reset: bool) -> None:
    import_file(api, to_ndjson([valid(campaign, 1, ResultCodesExportKey="ABG")]))
    content = f"ResetContact;Name;PhoneNumber1;UserData\n{text};A;1;File 1\n".encode()
    (record,) = import_file(api, content, CSV, **OVERWRITE, diallerCampaignsID=campaign)
    (stored,) = list_contacts(api, campaign)
    assert (record["outcome"], stored["DiallerCampaignsResultCodesID"] is None) == ("overwritten", reset)


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
    assert stored_names(api, campaign) == []
    skipped = import_file(api, good + line + b"\n" + good, onError="skip")
    assert [record["outcome"] for record in skipped] == ["created", "failed", "created"]
    assert skipped[1]["error"][: len(error)] == error
    assert stored_names(api, campaign) == ["Mustermann"] * 2


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ("A", "PhoneNumber1: is missing; give one of"),
        ('"A";"1', "has quotes that do not end"),
        ('"A"B;1', "is not CSV: "),
        ('"A"x;1', "is not CSV: "),
        ("A;1;2;3", "has more than 3 values"),
        (b"M\xfcller;1", "is not UTF-8"),
        ("A\0;1", "has a NUL character"),
        (f'"{"x" * 200_000}";1', "Name: must have at most 64 characters"),
        (f"{'x' * (MEBIBYTE + 1)};1", TOO_LONG),
        ('"' + "\n" * (MEBIBYTE - 1) + "x" * 99 + '";1', TOO_LONG),
        ('"A\n' + "x" * (MEBIBYTE + 1) + '";1', TOO_LONG),
        ("A;1;" + "x" * 65, "UserData: must have at most 64 characters"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_import_csv_record_with_something_wrong_is_named(
    api: httpx.Client, campaign: int, record: str | bytes, error: str
) -> None:
    content = f"{HEADER}Good;1;\n".encode() + (record if isinstance(record, bytes) else record.encode())
    outcomes = import_file(api, content, CSV, diallerCampaignsID=campaign, onError="skip")
    assert errors(outcomes[:1]) == [(2, "created", None)]
    assert (outcomes[1]["line"], outcomes[1]["outcome"]) == (3, "failed")
    assert outcomes[1]["error"].startswith(tuple(error.split("|")))
    assert stored_names(api, campaign) == ["Good"]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ("Amount;1,5", "Amount: must be of type number"),
        ("Amount;1e999", "Amount: must be of type number"),
        ("Amount;[1]", "Amount: must be of type number"),
        ("RandomSortOrder;1.5", "RandomSortOrder: must be of type integer"),
        ("DiallerCampaignsID;x", "DiallerCampaignsID: must be of type integer"),
        ("ResetContact;ja", "ResetContact: must be of type boolean"),
        ("FollowUpDateTime;24.12.2026", "FollowUpDateTime: must be a date-time that exists, as YYYY-MM-DD HH:mm:SS"),
    ],
)
def test_import_csv_value_of_wrong_type_is_named(api: httpx.Client, campaign: int, values: str, error: str) -> None:
    column, _, value = values.partition(";")
    content = f"Name;PhoneNumber1;DiallerCampaignsName;{column}\nA;1;Campaign 1000;{value}\n"
    (outcome,) = import_file(api, content.encode(), CSV)
    assert (outcome["outcome"], outcome["error"][: len(error)]) == ("failed", error)


@pytest.mark.parametrize(
    ("first", "error"),
    [
        ("PhoneNumber1;Strasse;FirstName;Name", "column 2 of line 1, 'Strasse', is not a column of contacts"),
        ("Name;PhoneNumber1;Name", "column 3 of line 1, 'Name', is the same field as column 1"),
        ("FollowUpDateTime;Name;dtNextTry", "column 3 of line 1, 'dtNextTry', is the same field as column 1"),
        ("name;PHONENUMBER1", "column 1 of line 1, 'name', is not a column of contacts"),
        (" Name;x", "column 1 of line 1, ' Name', is not a column of contacts"),
        ("Name;PhoneNumber1;", "column 3 of line 1, '', is not a column of contacts"),
        ("\n\nDiallerContact;Service;A", "column 3 of line 3, 'A', is not a column of contacts"),
        (f"Name;{'x' * 99}", f"column 2 of line 1, '{'x' * 64}', is not a column of contacts{LOST}"),
        ('Name;"PhoneNumber1', "line 1 has quotes that do not end, in 3 lines" + UNTOLD),
        ('"Name"x;PhoneNumber1', "line 1 is not CSV: ';' expected after '\"'" + UNTOLD),
        (f"Name;{'x' * MEBIBYTE}", f"line 1 {TOO_LONG}{UNTOLD}"),
        (b"Name;Stra\xdfe", f"line 1 is not UTF-8{UNTOLD}"),
    ],
    ids=lambda value: str(value[:20]),
)
@pytest.mark.parametrize("mode", [{}, {"onError": "skip"}])
def test_import_csv_whose_first_row_names_no_columns_is_refused(
    api: httpx.Client, campaign: int, first: str | bytes, error: str, mode: dict[str, str]
) -> None:
    content = (first if isinstance(first, bytes) else first.encode()) + b"\nA;1\nB;2\n"
    answer = post_file(api, content, CSV, diallerCampaignsID=campaign, **mode)
    assert (answer.status_code, answer.json()["error"]) == (400, f"body: {error}")
    assert answer.headers["X-Error-Pointer"] == "#/body"
    assert stored_names(api, campaign) == []


def test_import_csv_without_known_name_is_read_by_position(api: httpx.Client, campaign: int) -> None:
    row = ["", "", "", "CON7", "", "", "", "Strasse", "Namen"]
    outcomes = import_file(api, ";".join(row).ljust(40, ";").encode() + b"1", CSV, diallerCampaignsID=campaign)
    assert errors(outcomes) == [(1, "created", None)]
    assert stored_names(api, campaign) == ["Strasse"]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ('Name;PhoneNumber1;Comment\nA;1;12" Monitor\nB;2;ok\nC;3;ok\n', {}),
        ("Name;PhoneNumber1\rA;1\rB;2\r\nC;3", {}),
        ("Name;PhoneNumber1;Amount\nA;1;1\nX;2;null\nB;1;\nC;1;2.5\n", {3: "Amount: must be of type number"}),
        ('Name;PhoneNumber1;Amount\nA;1;\nX;2;null \nX;2;""""""\nB;1;\nC;1;2\n', dict.fromkeys((3, 4), "Amount: must")),
        ("Name;PhoneNumber1;RandomSortOrder\nA;1;1\nX;2;null\nB;1;2\nC;1;\n", {3: "RandomSortOrder: must be of"}),
        ("Name;PhoneNumber1\nA;1\n;2\nB;3\nC;3\n", {3: "Name: is missing"}),
    ],
)
def test_import_csv_skipping_errors_has_one_outcome_a_row(
    api: httpx.Client, campaign: int, content: str, wrong: dict[int, str]
) -> None:
    outcomes = import_file(api, content.encode(), CSV, diallerCampaignsID=campaign, onError="skip")
    assert [outcome["line"] for outcome in outcomes] == list(range(2, 5 + len(wrong)))
    failed = {outcome["line"]: outcome["error"] for outcome in outcomes if outcome["outcome"] == "failed"}
    assert failed.keys() == wrong.keys()
    assert all(failed[line].startswith(error) for line, error in wrong.items())
    assert stored_names(api, campaign) == ["A", "B", "C"]


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
    assert errors(import_file(api, content)) == [(1, "created", None), (2, "created", None)]


@pytest.mark.parametrize("size", [MEBIBYTE - 1, MEBIBYTE])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_import_line_of_greatest_length_is_taken(api: httpx.Client, campaign: int, size: int, end: bytes) -> None:
    line = to_ndjson([valid(campaign, 1)]).strip()
    assert errors(import_file(api, line.ljust(size) + end)) == [(1, "created", None)]


@pytest.mark.parametrize("media_type", [NDJSON, CSV])
@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n \n\t\n"])
def test_import_file_without_contacts_does_nothing(api: httpx.Client, media_type: str, content: bytes) -> None:
    assert import_file(api, content, media_type) == []
    assert import_file(api, content, media_type, onError="skip") == []


def test_import_csv_with_campaign_of_all_overrides_that_of_each(api: httpx.Client, campaign: int) -> None:
    content = b"Name;PhoneNumber1;DiallerCampaignsID;DiallerCampaignsName\nA;1;500;\nA;1;;None\nA;1;;\nA;1;x;\n"
    records = import_file(api, content, CSV, diallerCampaignsID=campaign)
    assert [record["outcome"] for record in records] == ["created"] * 4
    assert stored_names(api, campaign) == ["A"] * 4


def test_import_with_campaign_of_all_overrides_that_of_each(api: httpx.Client, campaign: int) -> None:
    body = {"Name": "A", "PhoneNumber1": "1"}
    lines = to_ndjson([body, {**body, "DiallerCampaignsID": 500}, {**body, "DiallerCampaignsName": "None"}])
    assert [record["outcome"] for record in import_file(api, lines, diallerCampaignsID=campaign)] == ["created"] * 3
    assert stored_names(api, campaign) == ["A"] * 3


@pytest.mark.parametrize("campaign_id", [539, 2**53 - 1])
def test_import_with_campaign_of_all_that_client_has_not_fails(api: httpx.Client, campaign_id: int) -> None:
    records = import_file(api, to_ndjson([contact(500)]), diallerCampaignsID=campaign_id)
    assert errors(records) == [(1, "failed", NO_CAMPAIGN)]


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
