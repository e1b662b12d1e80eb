"""The rows of a CSV file (RFC 4180), read by Python's csv module in bounded memory."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO

LONGEST_ROW = 1024 * 1024
ROW_TOO_LONG = f"has more than {LONGEST_ROW} bytes"
ENDLESS = "has quotes that do not end"
# More than the longest row with its line end (CR LF), so that a longer row is noticed.
READ_SIZE = LONGEST_ROW + 3
# A value is not longer than its row, which is bounded here.
csv.field_size_limit(READ_SIZE)
LINE_ENDS = ("\r", "\n")


# The number of the row's first line from 1, its size in bytes with the line end, and its values or its error.
CsvRow = tuple[int, int, list[str] | ValueError]


class _TooLong(Exception):
    """The row has more than `LONGEST_ROW` bytes.

    :param is_quoted: whether it has a quote: then its end can only be found by keeping it in memory.
    """

    def __init__(self, is_quoted: bool) -> None:
        super().__init__(ROW_TOO_LONG)
        self.is_quoted = is_quoted


def read_rows(file: BinaryIO) -> Iterator[CsvRow]:
    """Return the rows of a CSV file, each with its values or with its error.

    Rows end where Python's `csv.reader` with its defaults and `;` ends them: at LF, CR or both, and a quote opens a
    quoted
    value only at the start of a value. A line of blanks is no row.

    :param file: the file; at most two rows of it are held in memory. It stays open.
    """
    text = TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=";", strict=True)
    try:
        while not lines.is_ended:
            start = lines.begin_row()
            try:
                values = _read_row(reader, lines)
            except _TooLong as error:
                yield start, lines.size, _explain_end(error, lines)
                continue
            if isinstance(values, ValueError) or len(values) > 1 or not lines.are_blank:
                yield start, lines.size, values
    finally:
        # Otherwise the wrapper would close the file.
        if not file.closed:
            text.detach()


class _Lines:
    """The lines of a file, for `csv.reader`, and the state of the current row.

    :param text: the file, decoded; bytes that are not UTF-8 are surrogates.
    """

    def __init__(self, text: TextIOWrapper) -> None:
        self.text = text
        self.number = 0
        self.is_ended = False
        self.is_cut = False
        self.begin_row()

    def begin_row(self) -> int:
        """Forget the lines of the last row, and return the number of the next line."""
        self.row: list[str] = []
        self.size = 0
        self.problem: str | None = None
        return self.number + 1

    @property
    def are_blank(self) -> bool:
        """Whether the lines of the row have nothing but blanks."""
        return not "".join(self.row).strip(" \t\r\n")

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(READ_SIZE)
        if self.is_cut and line == "\n":
            # The CR of this CR LF was read with the line before.
            line = self.text.readline(READ_SIZE)
        self.is_cut = False
        if not line:
            self.is_ended = True
            raise StopIteration
        self.number += 1
        self.row.append(line)
        self.size += len(line) if line.isascii() and "\0" not in line else self._look_at(line)
        if self.size > LONGEST_ROW:
            self._check_size(line)
        return line

    def _look_at(self, line: str) -> int:
        """Return how many bytes a line has, and record what is wrong with its characters."""
        if "\0" in line:
            self.problem = "has a NUL character"
        try:
            return len(line.encode())
        except UnicodeEncodeError:
            self.problem = "is not UTF-8"
            return len(line.encode(errors="surrogateescape"))

    def _check_size(self, line: str) -> None:
        end = len(line) - len(line.rstrip("\r\n"))
        if self.size - end <= LONGEST_ROW:
            return
        is_quoted = '"' in line or len(self.row) > 1
        while line and not line.endswith(LINE_ENDS):
            line = self.text.readline(READ_SIZE)
            is_quoted = is_quoted or '"' in line
        self.is_cut = line.endswith("\r")
        raise _TooLong(is_quoted)


def _read_row(reader: Iterator[list[str]], lines: _Lines) -> list[str] | ValueError:
    """Return the values of the next row, or its error; no values at the end of the file."""
    try:
        values = next(reader, [])
    except csv.Error as error:
        # The strict reader stops at the error: read to the end of the row.
        next(csv.reader(chain([*lines.row], lines), delimiter=";"))
        problem = ENDLESS if lines.is_ended else f"is not CSV: {error}"
        return ValueError(problem + (f", in {len(lines.row)} lines" if len(lines.row) > 1 else ""))
    return values if lines.problem is None else ValueError(lines.problem)


def _explain_end(error: _TooLong, lines: _Lines) -> ValueError:
    if not error.is_quoted:
        return ValueError(ROW_TOO_LONG)
    lines.is_ended = True
    return ValueError(f"{ROW_TOO_LONG} and quotes; nothing behind it is read")
