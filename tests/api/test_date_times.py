"""A date-time is accepted on every way in exactly if a calendar has it; the error names its field."""

import json
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.store.texts import FORMS, is_moment
from handlers.contract.compiled_schemas import fast_validator
from handlers.contract.validators import request_validator
from tests.support.contacts import CONTACTS, CSV, IMPORT, NDJSON, contact, import_file, to_ndjson
from tests.support.contract_nodes import walk
from tests.support.examples import CONTRACT
from tests.support.loading import CAMPAIGN, EVENT
from tests.support.service import Service, run_freiton

Parts = tuple[int, int, int, int, int, int, int]

SCHEMA = "DiallerContactImport"
EXISTS = "must be a date-time that exists"
PROBLEM = f"{EXISTS}, as YYYY-MM-DDTHH:MM:SS.mmm"
CSV_PROBLEM = "FollowUpDateTime: must be a date-time that exists, as YYYY-MM-DD HH:mm:SS"
NOON: tuple[int, ...] = (12, 0, 0, 0)
# The first and last years, and all kinds of leap years and others.
YEARS = (0, 1, 4, 99, 100, 400, 999, 1000, 1600, 1900, 1996, 2000, 2023, 2024, 2100, 9996, 9999)
DAYS = [(*day, *NOON) for day in product(YEARS, range(14), (0, 1, 28, 29, 30, 31, 32))]
TIMES = [
    *((2026, 11, 24, *time) for time in product((0, 9, 23, 24, 25, 60), (0, 59, 60), (0, 59, 60, 61), (0, 999))),
    (2026, 11, 24, 99, 99, 99, 999),
]
MISSPELT = [
    *("", "now", "2026-11-24", "2026-11-24T09:30", "2026-11-24T09:30:00", "2026-11-24T09:30:00.0"),
    *("2026-11-24T09:30:00.0000", "2026-11-24T09:30:00.000Z", "2026-11-24T09:30:00.000+00:00"),
    *("2026-W48-2T09:30:00.000", "2026-11-24 09:30:00.000", "2026-11-24t09:30:00.000", "2026-11-24T09:30:00,000"),
    *("20261124T093000.000", "2026-1-4T09:30:00.000", "2026-11-24T9:30:00.000", "26-11-24T09:30:00.000"),
    *("02026-11-24T09:30:00.000", "-2026-11-24T09:30:00.000", "+2026-11-24T09:30:00.00"),
    *(" 2026-11-24T09:30:00.000", "2026-11-24T09:30:00.000 ", "\n2026-11-24T09:30:00.000"),
    *("2026-11-24T09:30:00.000\n", "2026-11-24T09:30:00.00\n", "2026\u201011\u201024T09:30:00.000"),
    *("\uff12\uff10\uff12\uff16-11-24T09:30:00.000", "2026-11-24T09:30:00.00\u0660", "2026-11-24T09:30:00.00\xb2"),
]


def exists(parts: tuple[int, ...]) -> bool:
    """Return whether Python's calendar has a day and time: year, month, day, hour, minute, second, millisecond."""
    *others, millisecond = parts
    try:
        datetime(*others, microsecond=1000 * millisecond)  # type: ignore[arg-type,misc]
    except ValueError:
        return False
    return True


def spell(parts: tuple[int, ...]) -> str:
    """Return a day and time as the contract has them."""
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}".format(*parts)


def decide(text: str) -> set[bool]:
    """Return what each of the checks says of a text."""
    value = {"DiallerCampaignsID": 1, "Name": "A", "PhoneNumber1": "1", "dtNextTry": text}
    return {is_moment(text), request_validator(SCHEMA).is_valid(value), fast_validator(SCHEMA).is_valid(value)}


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own, whose campaigns nobody counts."""
    return own_demo


def test_check_each_end_of_month_of_all_years_accepts_what_exists() -> None:
    days = product(range(10_000), range(1, 13), (28, 29, 30, 31))
    assert [day for day in days if is_moment(spell((*day, *NOON))) is not exists((*day, *NOON))] == []


@pytest.mark.parametrize("parts", [DAYS, TIMES], ids=["days", "times"])
def test_check_edges_of_calendar_accepts_what_exists(parts: list[tuple[int, ...]]) -> None:
    assert [spell(each) for each in parts if decide(spell(each)) != {exists(each)}] == []


@pytest.mark.parametrize("text", MISSPELT)
def test_check_other_spelling_is_refused_by_all(text: str) -> None:
    assert decide(text) == {False}


@settings(deadline=None, max_examples=500)
@given(
    moment=st.datetimes(),
    place=st.integers(0, 23),
    text=st.text(st.sampled_from("0123456789-:T. \n+Z\u0663"), max_size=2),
)
@example(moment=datetime(2026, 11, 24), place=23, text="\n")
def test_check_changed_date_time_is_decided_alike(moment: datetime, place: int, text: str) -> None:
    whole = moment.isoformat(timespec="milliseconds")
    assert decide(whole) == {True}
    assert len(decide(whole[:place] + text + whole[place + len(text) :])) == 1


@pytest.mark.parametrize("parts", [DAYS, TIMES], ids=["days", "times"])
def test_import_ndjson_stores_what_exists_and_names_the_field_of_the_rest(
    api: httpx.Client, campaign: int, parts: list[tuple[int, ...]]
) -> None:
    content = to_ndjson(contact(campaign, dtNextTry=spell(each)) for each in parts)
    outcomes = import_file(api, content, NDJSON, onError="skip")
    expected = [None if exists(each) else f"dtNextTry: {PROBLEM}" for each in parts]
    assert [outcome["error"] for outcome in outcomes] == expected


@pytest.mark.parametrize("parts", [DAYS, TIMES], ids=["days", "times"])
def test_import_csv_stores_what_exists_and_names_the_column_of_the_rest(
    api: httpx.Client, campaign: int, parts: list[tuple[int, ...]]
) -> None:
    whole_seconds = [each for each in parts if each[-1] == 0]
    rows = [f"A;1;{spell(each)[:19].replace('T', ' ')}\n" for each in whole_seconds]
    content = "".join(["Name;PhoneNumber1;FollowUpDateTime\n", *rows]).encode()
    outcomes = import_file(api, content, CSV, onError="skip", diallerCampaignsID=campaign)
    expected = [None if exists(each) else CSV_PROBLEM for each in whole_seconds]
    assert [outcome["error"] for outcome in outcomes] == expected


@pytest.mark.parametrize(
    "text",
    [
        *("2026-12-1 1:2:3", "\uff12\uff10\uff12\uff16-12-01 01:02:03", "2026-12-01T01:02:03"),
        *("2026-02-31 10:00:00", "0000-01-01 00:00:00"),
    ],
)
def test_import_csv_by_command_refuses_what_does_not_exist(demo: Service, tmp_path: Path, text: str) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text(f"Name;PhoneNumber1;FollowUpDateTime\nA;1;{text}\n", encoding="utf-8")
    run = run_freiton(
        *("contacts", "import", str(file), "--database", str(demo.database)),
        *("--client", "1", "--campaign", "Campaign 1000"),
    )
    assert run.returncode != 0
    assert CSV_PROBLEM in run.stderr


@pytest.mark.parametrize("text", ["2026-02-31T10:00:00.000", "0000-01-01T00:00:00.000", *MISSPELT[1:]])
def test_import_contact_with_what_does_not_exist_changes_nothing(api: httpx.Client, campaign: int, text: str) -> None:
    answer = api.post(IMPORT, json=contact(campaign, dtNextTry=text))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("dtNextTry: must ")
    assert answer.headers["X-Error-Pointer"] == "#/body/dtNextTry"
    assert api.get(CONTACTS, params={"diallerCampaignsID": campaign}).json()["records"] == []


@pytest.mark.parametrize(
    ("record", "field"),
    [(CAMPAIGN, "dtTo"), (EVENT, "dtCreated"), (EVENT, "dtLastModified")],
    ids=lambda part: str(part)[:9],
)
@pytest.mark.parametrize("text", ["2026-02-31T23:59:59.000", "2023-02-29T00:00:00.000", "0000-01-01T00:00:00.000"])
def test_load_what_does_not_exist_is_refused(demo: Service, record: dict[str, Any], field: str, text: str) -> None:
    document = json.dumps([{**record, field: text}])
    run = run_freiton("load", "-", "--database", str(demo.database), "--client", "1", stdin=document)
    assert run.returncode != 0
    assert f"record 1: {field}: {PROBLEM}" in run.stderr


def test_read_date_times_of_contract_finds_one_check_of_each_form() -> None:
    fields = [node for place, node in walk(CONTRACT) if place[-2:-1] == ("properties",) and place[-1].startswith("dt")]
    checks = {(field["pattern"], field["x-freiton-problem"]) for field in fields}
    assert sorted(problem for _, problem in checks) == sorted(f"{EXISTS}, as {form}" for form in FORMS.values())
    assert all("format" not in field for field in fields)
