"""Contacts of a file are checked together where that can be told, and one by one otherwise: with the same outcome."""

import io
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from data.batches import SETTINGS, Batch
from handlers.columns import check_columns
from handlers.contactfile import CSV, read_batches

TEXTS = {"Name": 64, "UserData": 64, "Title": 16, "PostalCode": 10, "PhoneNumber1": 32, "PhoneNumber2": 32}
NUMBERS = ["", "0", "-3", "1.5", "2.0", "1e3", "999999999999999", "1000000000000000", "9223372036854775808", "x", "[1]"]
OTHERS = {
    "Amount": NUMBERS,
    "RandomSortOrder": NUMBERS,
    "ResetContact": ["", "true", "0", "maybe"],
    "FollowUpDateTime": ["", "2026-11-25 10:00:00", "2026-13-25 10:00:00"],
    "ResultCodesExportKey": ["", "Busy", "x" * 33],
    "DiallerCampaignsID": ["", "7", "-1"],
}
NAMES = [*TEXTS, *OTHERS]
# One that is wrong by itself, so that all that come with it are looked at one by one.
WRONG = ";" * (len(NAMES) + 1)
CAMPAIGN = {"DiallerCampaignsID": 1}

# Mostly valid, or all would be looked at one by one.
rows = st.tuples(
    *(st.sampled_from(["x", "y" * size]) | st.sampled_from(["", "z" * (size + 1)]) for size in TEXTS.values()),
    *(st.just("") | st.sampled_from(values) for values in OTHERS.values()),
)


def read(lines: list[str], campaign: dict[str, Any]) -> tuple[dict[int, dict[str, Any]], dict[int, str]]:
    """Return the contacts of a file by line, without what is empty, and what is wrong with the others."""
    contacts: dict[int, dict[str, Any]] = {}
    errors: dict[int, str] = {}
    for batch in read_batches(io.BytesIO("\n".join([";".join(NAMES), *lines]).encode()), CSV, campaign):
        contacts |= to_contacts(batch)
        errors |= batch.errors
    return contacts, errors


def to_contacts(batch: Batch) -> dict[int, dict[str, Any]]:
    """Return the contacts of a batch by line, without what is empty."""
    found = {}
    for line, row, others in zip(batch.lines, batch.rows, batch.settings, strict=True):
        named = {**dict(zip(batch.fields, row, strict=True)), **dict(zip(SETTINGS, others, strict=True))}
        found[line] = {name: (type(value), value) for name, value in named.items() if value is not None}
    return found


@settings(deadline=None, max_examples=500)
@given(
    table=st.lists(rows, min_size=1, max_size=5),
    width=st.integers(1, len(NAMES)),
    campaign=st.sampled_from([CAMPAIGN, {}]),
)
def test_contacts_together_are_what_they_are_one_by_one(
    table: list[tuple[str, ...]], width: int, campaign: dict[str, Any]
) -> None:
    lines = [";".join(row) for row in table]
    lines[-1] = ";".join(table[-1][:width]) if width % 2 else lines[-1]
    contacts, errors = read([*lines, WRONG], campaign)
    del errors[len(lines) + 2]
    assert read(lines, campaign) == (contacts, errors)


def test_records_of_other_kinds_are_not_checked_together() -> None:
    assert check_columns({"Name": ["x"]}, "Filter") is None
