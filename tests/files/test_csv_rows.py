"""Each row of a CSV file is read as Python's csv module reads it, in little memory, or is refused by itself."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.contact_rows import Batch
from handlers.files.contacts import CSV, NDJSON, BadFile, read_batches
from handlers.files.csv_rows import read_rows

pytestmark = pytest.mark.sqlite

MEBIBYTE = 1024 * 1024
MOST_MEMORY = 14 * MEBIBYTE
FILLER = b"x" * 99 + b"\n"
HEADER = b"Name;PhoneNumber1;Comment\n"
CAMPAIGN = {"DiallerCampaignsID": 1}
TOO_LONG = f"has more than {MEBIBYTE} bytes"
UNREAD = f"{TOO_LONG} and quotes; nothing behind it is read"
# Every byte that means something in a file, and some that mean nothing.
PARTS = [*b'";\r\n \t\0a1', b'""', b"\r\n", b'";"', b'\n"', "é€😀".encode(), b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf"]
files = st.lists(st.sampled_from([part if isinstance(part, bytes) else bytes([part]) for part in PARTS])).map(b"".join)


def read(content: bytes) -> list[tuple[int, list[str] | str]]:
    """Return the rows of a file by the line that they begin in, or what is wrong with them."""
    return [
        (line, values if isinstance(values, list) else str(values)) for line, _, values in read_rows(opened(content))
    ]


def opened(content: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(content))


def read_with_csv(content: bytes) -> Iterator[tuple[int, list[str], str]]:
    """Return the rows as Python's csv module has them: first line, values, and the lines as they stand."""
    lines = io.StringIO(content.decode("utf-8-sig", "surrogateescape"), newline="").readlines()
    reader = csv.reader(lines, delimiter=";")
    start = 0
    for values in reader:
        text = "".join(lines[start : reader.line_num])
        if text.strip(" \t\r\n"):
            yield start + 1, values, text
        start = reader.line_num


def is_wrong(text: str) -> bool:
    """Tell whether something is wrong with a row by itself."""
    try:
        list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    except csv.Error:
        return True
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


@settings(deadline=None, max_examples=500)
@given(files)
@example(b'A;1;12" Monitor\nB;2;ok\nC;3;ok\n')
@example(b'"A\nB";1\n"C\r\nD";2\nE;3\n')
@example(b'"A"B;"1\n2"\nC;3\n')
@example(b'A;1\rB;2\r\r"C\rD";3\r')
def test_read_rows_of_any_bytes_agrees_with_python(content: bytes) -> None:
    rows, expected = read(content), list(read_with_csv(content))
    assert [line for line, _ in rows] == [line for line, _, _ in expected]
    for (_, values), (_, theirs, text) in zip(rows, expected, strict=True):
        assert isinstance(values, str) if is_wrong(text) else values == theirs


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([b"", HEADER]), files)
def test_read_batches_of_any_bytes_has_one_outcome_a_row(header: bytes, content: bytes) -> None:
    rows = [line for line, _ in read(header + content)]
    try:
        batches = [*read_batches(opened(header + content), CSV, CAMPAIGN)]
    except BadFile:
        assert isinstance(read(content)[0][1], str)
        return
    assert sorted(line for batch in batches for line in (*batch.lines, *batch.errors)) == rows[bool(header) :]


@settings(deadline=None, max_examples=300)
@given(files)
def test_read_batches_of_any_bytes_has_one_outcome_a_line_of_ndjson(content: bytes) -> None:
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    batches = [*read_batches(opened(content), NDJSON, CAMPAIGN)]
    outcomes = sorted(line for batch in batches for line in (*batch.lines, *batch.errors))
    assert outcomes == [number for number, line in enumerate(lines, start=1) if line.strip()]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"x" * MEBIBYTE, [(1, None)]),
        (b"x" * MEBIBYTE + b"\r\nB", [(1, None), (2, ["B"])]),
        (b"x" * (MEBIBYTE + 1) + b"\r\nB", [(1, TOO_LONG), (2, ["B"])]),
        (b"x" * (MEBIBYTE + 2) + b"\r\nB\rC", [(1, TOO_LONG), (2, ["B"]), (3, ["C"])]),
        (b"x" * (MEBIBYTE + 2) + b"\rB\nC", [(1, TOO_LONG), (2, ["B"]), (3, ["C"])]),
        (b"x" * (5 * MEBIBYTE + 17) + b"\nB", [(1, TOO_LONG), (2, ["B"])]),
        ("€".encode() * (MEBIBYTE // 3), [(1, None)]),
        ("€".encode() * (MEBIBYTE // 3 + 1) + b"\nB", [(1, TOO_LONG), (2, ["B"])]),
        (b'"' + b"x" * (MEBIBYTE - 2) + b'"', [(1, None)]),
        (b'"' + b"x" * (MEBIBYTE - 1) + b'"\nB', [(1, UNREAD)]),
        (b"x" * 2 * MEBIBYTE + b'"\nB', [(1, UNREAD)]),
        (b'A\n"' + b"\n" * MEBIBYTE + b'"\nB', [(1, ["A"]), (2, UNREAD)]),
        (b'A\n"' + b"\n" * (MEBIBYTE - 2) + b'"\nB', [(1, ["A"]), (2, None), (MEBIBYTE + 1, ["B"])]),
        (b'"A"x;"' + b"\n" * 9 + b"x" * MEBIBYTE, [(1, UNREAD)]),
        (b'"A\n' + b"x" * MEBIBYTE + b"\nB", [(1, UNREAD)]),
    ],
    ids=range(15),
)
def test_read_rows_of_more_than_a_mebibyte_are_refused(
    content: bytes, expected: list[tuple[int, list[str] | str | None]]
) -> None:
    rows = read(content)
    assert [line for line, _ in rows] == [line for line, _ in expected]
    for (_, values), (_, wanted) in zip(rows, expected, strict=True):
        if isinstance(wanted, str):
            assert isinstance(values, str)
            assert values.startswith(wanted)
        else:
            assert wanted is None or values == wanted


def test_read_rows_with_quotes_that_do_not_end_says_how_many_lines_they_take() -> None:
    assert read(b'A;1\nB;"2\nC;3\nD;4') == [(1, ["A", "1"]), (2, "has quotes that do not end, in 3 lines")]
    assert read(b'A;1\nB;"2\nC";"3"x\nD;4') == [
        *((1, ["A", "1"]), (2, "is not CSV: ';' expected after '\"', in 2 lines"), (4, ["D", "4"])),
    ]


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (CSV, HEADER + b'"' + FILLER * 160_000),
        (CSV, HEADER + b'"A"x;"' + FILLER * 160_000),
        (CSV, HEADER + b"x" * 16 * MEBIBYTE),
        (CSV, HEADER + (b"A;1;" + b"x" * MEBIBYTE + b"\n") * 16),
        (CSV, HEADER + (b"A;1;" + "😀".encode() * 65_535 + b"\n") * 40),
        (CSV, (b";" * (MEBIBYTE // 4) + b"\n") * 64),
        (NDJSON, b"x" * 16 * MEBIBYTE),
        (NDJSON, (b"x" * (MEBIBYTE - 1) + b"\n") * 16),
    ],
    ids=["quotes", "wrong quotes", "line", "long rows", "long contacts", "values", "ndjson line", "ndjson lines"],
)
def test_read_batches_of_hostile_file_takes_little_memory(media_type: str, content: bytes) -> None:
    file = opened(content)
    tracemalloc.start()
    batches: Iterator[Batch] = read_batches(file, media_type, CAMPAIGN)
    try:
        for _ in batches:
            pass
    except BadFile:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY
