"""Each row of a CSV file of contacts is read as its first row says, and one with something wrong is named."""

from typing import Any

import httpx
import pytest

from handlers.files import contacts
from tests.support.contacts import (
    CSV,
    OVERWRITE,
    contact,
    import_file,
    list_contacts,
    list_names,
    post_file,
    read_outcomes,
    to_ndjson,
)
from tests.support.service import Service

MEBIBYTE = 1024 * 1024
TOO_LONG = f"has more than {MEBIBYTE} bytes"
LOST = "; if the file has lost its line ends, it was sent by curl --data: use --data-binary"
UNTOLD = ", so that it cannot be told what the columns are"
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


@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\n"])
def test_import_csv_with_header_takes_columns_in_any_order(api: httpx.Client, campaign: int, mark: str) -> None:
    content = f'{mark}PhoneNumber6;"Name";Comment;Amount;RandomSortOrder;Model\n+491;"Ä;""B""\r\nC";;1e2;7;"M"\n2;D\n'
    records = import_file(api, content.encode(), CSV, diallerCampaignsID=campaign)
    first = 2 + mark.count("\n")
    assert read_outcomes(records) == [(first, "created", None), (first + 2, "created", None)]
    one, two = list_contacts(api, campaign)
    fields = ("PhoneNumber6", "Name", "Comment", "Amount", "RandomSortOrder", "Model")
    assert [one[field] for field in fields] == ["+491", 'Ä;"B"\r\nC', None, 100.0, 7, "M"]
    assert [two[field] for field in fields] == ["2", "D", None, None, None, None]


@pytest.mark.parametrize(
    ("columns", "header", "own"),
    [
        (contacts.COLUMNS, True, {"Region": "Bayern"}),
        (contacts.COLUMNS, False, {"Region": "Bayern"}),
        (contacts.LEGACY_COLUMNS, True, {"Region": None}),
        (contacts.LEGACY_COLUMNS, False, {"Region": None}),
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
    import_file(api, to_ndjson([contact(campaign, UserData="File 1", ResultCodesExportKey="ABG")]))
    content = f"ResetContact;Name;PhoneNumber1;UserData\n{text};A;1;File 1\n".encode()
    (record,) = import_file(api, content, CSV, **OVERWRITE, diallerCampaignsID=campaign)
    (stored,) = list_contacts(api, campaign)
    assert (record["outcome"], stored["DiallerCampaignsResultCodesID"] is None) == ("overwritten", reset)


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
    assert read_outcomes(outcomes[:1]) == [(2, "created", None)]
    assert (outcomes[1]["line"], outcomes[1]["outcome"]) == (3, "failed")
    assert outcomes[1]["error"].startswith(tuple(error.split("|")))
    assert list_names(api, campaign) == ["Good"]


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
    assert list_names(api, campaign) == []


def test_import_csv_without_known_name_is_read_by_position(api: httpx.Client, campaign: int) -> None:
    row = ["", "", "", "CON7", "", "", "", "Strasse", "Namen"]
    outcomes = import_file(api, ";".join(row).ljust(40, ";").encode() + b"1", CSV, diallerCampaignsID=campaign)
    assert read_outcomes(outcomes) == [(1, "created", None)]
    assert list_names(api, campaign) == ["Strasse"]


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
    assert list_names(api, campaign) == ["A", "B", "C"]


def test_import_csv_with_campaign_of_all_overrides_that_of_each(api: httpx.Client, campaign: int) -> None:
    content = b"Name;PhoneNumber1;DiallerCampaignsID;DiallerCampaignsName\nA;1;500;\nA;1;;None\nA;1;;\nA;1;x;\n"
    records = import_file(api, content, CSV, diallerCampaignsID=campaign)
    assert [record["outcome"] for record in records] == ["created"] * 4
    assert list_names(api, campaign) == ["A"] * 4
