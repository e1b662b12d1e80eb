"""A contact of a file has the same outcome in any company, and a wrong value is named and spoils its own row only."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.contact_rows import SETTINGS, SIZE, Batch
from handlers.files.contacts import CSV, NDJSON, read_batches

pytestmark = pytest.mark.sqlite

CAMPAIGN = {"DiallerCampaignsID": 1}
LENGTHS = {"Name": 64, "UserData": 64, "Title": 16, "PostalCode": 10, "PhoneNumber1": 32, "ResultCodesExportKey": 32}
# What each column may have, beside nothing, and what not.
TEXTS = {name: (["x", "'", "y" * length], ["z" * (length + 1)]) for name, length in LENGTHS.items()}
CELLS: dict[str, tuple[list[str], list[str]]] = {
    **TEXTS,
    "Amount": (
        ["0", "-3", "1.5", "2.0", "1e3", "1E-3", "-0.0", "999999999999999", "-999999999999999", "1." + "0" * 30],
        [
            "1000000000000000",
            "-1000000000000000",
            "null",
            " 1",
            "1 ",
            '""""""',
            "[1]",
            "1,5",
            "+1",
            "\u0661",
            "NaN",
            "1e999",
        ],
    ),
    "RandomSortOrder": (
        ["0", "-7", "9007199254740991", "-9007199254740991"],
        ["9007199254740992", "-9007199254740992", "1.5", "1.0", "null", "true", "01", "9" * 5_000],
    ),
    "ResetContact": (["true", "FALSE", "1", "0"], ["maybe", "2", "null"]),
    "FollowUpDateTime": (
        ["2026-11-25 10:00:00", "2024-02-29 23:59:59", "2026-11-25 10:00:00.123"],
        [
            "2026-13-25 10:00:00",
            "2026-12-1 1:2:3",
            "\uff12\uff10\uff12\uff16-12-01 10:00:00",
            "2026-02-31 10:00:00",
            "0000-01-01 00:00:00",
            "2026-11-25T10:00:00",
            "2026-11-25",
        ],
    ),
}
NAMES = [*CELLS]
NEEDED = ("Name", "PhoneNumber1")

row = st.tuples(
    *(st.sampled_from(good) if name in NEEDED else st.sampled_from(["", *good]) for name, (good, _) in CELLS.items())
)
wrong = st.sampled_from([(name, text) for name, (_, bad) in CELLS.items() for text in bad])


def read(rows: list[tuple[str, ...]]) -> tuple[dict[int, Any], dict[int, str]]:
    """Return the contacts of a CSV file by row, from 0, without what is empty, and what is wrong with the others."""
    content = "\n".join(";".join(cells) for cells in [tuple(NAMES), *rows])
    return merge([*read_batches(io.BytesIO(content.encode()), CSV, CAMPAIGN)])


def merge(batches: list[Batch]) -> tuple[dict[int, Any], dict[int, str]]:
    contacts = {}
    for batch in batches:
        for line, row, others in zip(batch.lines, batch.rows, batch.settings, strict=True):
            named = {**dict(zip(batch.fields, row, strict=True)), **dict(zip(SETTINGS, others, strict=True))}
            contacts[line - 2] = {name: (type(value), value) for name, value in named.items() if value is not None}
    return contacts, {line - 2: error for batch in batches for line, error in batch.errors.items()}


@settings(deadline=None, max_examples=300)
@given(st.lists(row, min_size=1, max_size=5), st.integers(0, 4), wrong)
def test_read_row_with_wrong_cell_fails_alone_and_names_it(
    rows: list[tuple[str, ...]], at: int, spoilt: tuple[str, str]
) -> None:
    contacts, errors = read(rows)
    assert ([*contacts], errors) == ([*range(len(rows))], {})
    at %= len(rows)
    name, text = spoilt
    changed = tuple(text if each == name else cell for each, cell in zip(NAMES, rows[at], strict=True))
    left, failed = read([*rows[:at], changed, *rows[at + 1 :]])
    assert left == {number: contact for number, contact in contacts.items() if number != at}
    assert failed.keys() == {at}
    assert failed[at].startswith(f"{name}: ")
    assert read([changed]) == ({}, {0: failed[at]})


@settings(deadline=None, max_examples=100)
@given(st.lists(row, min_size=1, max_size=5))
def test_read_rows_together_is_like_each_alone(rows: list[tuple[str, ...]]) -> None:
    assert read(rows)[0] == {number: read([each])[0][0] for number, each in enumerate(rows)}


@pytest.mark.parametrize("name", NEEDED)
def test_read_row_without_needed_value_among_others_fails_alone(name: str) -> None:
    good = tuple("1" if each in NEEDED else "" for each in NAMES)
    bad = tuple("" for _ in NAMES)
    one = tuple(text if each != name else "" for each, text in zip(NAMES, good, strict=True))
    contacts, errors = read([good, one, good, bad])
    assert ([*contacts], [*errors]) == ([0, 2], [1, 3])
    assert errors[1].startswith(f"{name}: is missing")


@pytest.mark.parametrize("media_type", [CSV, NDJSON])
@pytest.mark.parametrize("count", [SIZE - 1, SIZE, SIZE + 1])
def test_read_batches_have_a_thousand_contacts_at_most(media_type: str, count: int) -> None:
    lines = [json.dumps({"Name": "A", "PhoneNumber1": "1"})] * count if media_type == NDJSON else ["A;1"] * count
    content = "\n".join([*["Name;PhoneNumber1"] * (media_type == CSV), *lines])
    sizes = [len(batch.lines) for batch in read_batches(io.BytesIO(content.encode()), media_type, CAMPAIGN)]
    assert sizes == [min(count, SIZE), *[1] * (count > SIZE)]


@pytest.mark.parametrize("media_type", [CSV, NDJSON])
@pytest.mark.parametrize("campaign", [{"DiallerCampaignsID": 1}, {"DiallerCampaignsName": "Autumn"}])
def test_read_row_that_names_another_campaign_takes_that_of_the_file(media_type: str, campaign: dict[str, Any]) -> None:
    own = {"Name": "A", "PhoneNumber1": "1", "DiallerCampaignsID": 7, "DiallerCampaignsName": "Spring"}
    content = json.dumps(own) if media_type == NDJSON else f"{';'.join(own)}\n{';'.join(map(str, own.values()))}"
    contacts, errors = merge([*read_batches(io.BytesIO(content.encode()), media_type, campaign)])
    (contact,) = contacts.values()
    assert {name: value for name, (_, value) in contact.items() if name in own} == {
        **{"Name": "A", "PhoneNumber1": "1"},
        **campaign,
    }
    assert errors == {}
