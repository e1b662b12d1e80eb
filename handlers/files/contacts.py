"""Files of contacts: NDJSON, and the vendor's CSV formats before and since its release 3.19."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, BinaryIO, TextIO

from data.contact_rows import FIELDS, SIZE, Batch, make_batch
from data.store.texts import is_moment
from handlers.contract import schemas
from handlers.contract.compiled_schemas import fast_validator
from handlers.contract.problems import LONGEST_NAME
from handlers.contract.strict_json import parse_json
from handlers.contract.validators import explain, request_validator
from handlers.files.csv_rows import LONGEST_ROW, READ_SIZE, ROW_TOO_LONG, CsvRow, read_rows

NDJSON, CSV = "application/x-ndjson", "text/csv"
# The most bytes of a file in one batch, so that large contacts do not fill the memory.
LARGEST_BATCH = 8 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ONLY_LINE = "; if the file has lost its line ends, it was sent by curl --data: use --data-binary"
MARK = "DiallerContact"
BEGINNING = (
    *("dtImported", "DiallerCampaignsName", "UserData", "Client", "Service", "ReferenceNumber", "Name", "FirstName"),
    *("Salutation", "Title", "Company", "Address", "PostalCode", "City", "Country"),
)
END = (
    *("AccountOwner", "AccountBank", "AccountNationalBankCode", "AccountBIC", "AccountNumber", "AccountIBAN"),
    *("Amount", "PhoneNumber1", "PhoneNumber2", "PhoneNumber3", "PhoneNumber4", "PhoneNumber5", "PhoneNumber6"),
    *("FaxNumber", "Email", "Website", "Comment", "ReservedUsersUID", "FollowUpUsersUID", "FollowUpDateTime"),
    "ResultCodesExportKey",
)
LEGACY_COLUMNS = (MARK, *BEGINNING, *END)
COLUMNS = ("ResetContact", *BEGINNING, "Region", *END)
EXPORTED = (*COLUMNS[1:], "ExternalSystemLink", "Model", "Tag", "RandomSortOrder")
# Matches most amounts, which are then read without a JSON parser.
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", re.ASCII)
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
# The number of the contact's first line from 1, its size in bytes in the file, and its fields or its error.
Item = tuple[int, int, Any]
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class BadFile(ValueError):
    """A CSV file whose first row does not tell what its columns are."""


def read_batches(file: BinaryIO, media_type: str, campaign: Mapping[str, Any]) -> Iterator[Batch]:
    """Return the contacts of a file in batches of a thousand, valid by the contract, and the errors of all other lines.

    :param file: the file; no more than one batch of it is held in memory.
    :param media_type: `application/x-ndjson` or `text/csv`.
    :param campaign: the fields that name the campaign of all contacts; empty if each contact names its own.
    :raises BadFile: the first row of a CSV file has an unknown or duplicate column name, or cannot be read.
    """
    items = _read_ndjson(file) if media_type == NDJSON else _read_csv(file)
    while batch := _read_batch(items, campaign):
        yield batch


def write_csv(rows: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Write contacts as CSV in the vendor's format since its release 3.19, with a first row of column names.

    :param rows: the contacts; see `data.contacts.export`.
    :param file: the file to write to.
    """
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(EXPORTED)
    for row in rows:
        imported = row["dtImported"] and row["dtImported"][:19]
        moments = {"dtImported": imported, "FollowUpDateTime": row["dtNextTry"]}
        texts = {name: moment and moment.replace("T", " ").removesuffix(".000") for name, moment in moments.items()}
        values = {**row, **texts}
        writer.writerow([values.get(column) for column in EXPORTED])


def write_ndjson(rows: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Write contacts as NDJSON, in the form in which they are imported; fields without a value are left out.

    :param rows: the contacts; see `data.contacts.export`.
    :param file: the file to write to.
    """
    fields = ("DiallerCampaignsName", *FIELDS, "ResultCodesExportKey")
    contacts = ({field: row[field] for field in fields if row[field] is not None} for row in rows)
    file.writelines(json.dumps(contact, ensure_ascii=False) + "\n" for contact in contacts)


def _read_batch(items: Iterator[Item], campaign: Mapping[str, Any]) -> Batch | None:
    contacts: dict[int, dict[str, Any]] = {}
    errors: dict[int, str] = {}
    room = LARGEST_BATCH
    for line, size, contact in items:
        if campaign and isinstance(contact, dict):
            contact.pop("DiallerCampaignsID", None)
            contact.pop("DiallerCampaignsName", None)
            contact.update(campaign)
        error = _find_error(contact)
        if error is None:
            contacts[line] = contact
        else:
            errors[line] = error
        room -= size
        if room < 0 or len(contacts) + len(errors) == SIZE:
            break
    return make_batch(contacts, errors) if contacts or errors else None


def _find_error(contact: Any) -> str | None:
    if isinstance(contact, ValueError):
        return str(contact)
    if fast_validator("DiallerContactImport").is_valid(contact):
        return None
    error = next(request_validator("DiallerContactImport").iter_errors(contact))
    path, problem = explain(error)
    return ": ".join([*(name[:LONGEST_NAME] for name in path), problem])


def _read_ndjson(file: BinaryIO) -> Iterator[Item]:
    for number, line in enumerate(_read_lines(file), start=1):
        document = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
        if document.strip():
            yield number, len(line), _parse(document)


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Return the lines of a file; of a line that is too long, only the beginning."""
    while line := file.readline(READ_SIZE):
        piece = line
        while len(piece) == READ_SIZE and not piece.endswith(b"\n"):
            piece = file.readline(READ_SIZE)
        yield line


def _parse(line: bytes) -> Any:
    try:
        if len(line.rstrip(b"\r\n")) > LONGEST_ROW:
            raise ValueError(ROW_TOO_LONG)
        return parse_json(line)
    except ValueError as error:
        # Two objects in one line.
        return ValueError(f"{error}{ONLY_LINE}") if b"}{" in line else error


def _read_csv(file: BinaryIO) -> Iterator[Item]:
    rows = read_rows(file)
    for first in rows:
        columns = _find_columns(first)
        table = _Table(columns)
        for row in rows if columns is first[-1] else chain([first], rows):
            yield table.to_item(row)


def _find_columns(first: CsvRow) -> Sequence[str]:
    """Return the names of the columns: the first row's, or if that holds a contact, those of its format.

    :raises BadFile: the row has an unknown column name or one field twice, or cannot be read.
    """
    line, _, values = first
    if isinstance(values, ValueError):
        raise BadFile(f"line {line} {values}, so that it cannot be told what the columns are")
    known = {*LEGACY_COLUMNS, *COLUMNS, *schemas.fields("DiallerContactImport")}
    # Each contact in the old format begins with this mark, the name of the first column.
    if {name.casefold() for name in known - {MARK}}.isdisjoint(name.strip().casefold() for name in values):
        return LEGACY_COLUMNS if values[0] == MARK else COLUMNS
    places: dict[str, int] = {}
    for number, name in enumerate(values, start=1):
        place = f"column {number} of line {line}, '{name[:LONGEST_NAME]}',"
        if name not in known:
            raise BadFile(f"{place} is not a column of contacts{ONLY_LINE if len(name) > LONGEST_NAME else ''}")
        field = FIELD_OF.get(name, name)
        if field in places:
            raise BadFile(f"{place} is the same field as column {places[field]}")
        places[field] = number
    return values


class _Table:
    """The columns of a CSV file.

    :param columns: their names.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.fields = [FIELD_OF.get(name, name) for name in columns]
        self.converters = [(at, CONVERTERS[name]) for at, name in enumerate(columns) if name in CONVERTERS]

    def to_item(self, row: CsvRow) -> Item:
        """Return the contact that a row stands for."""
        line, size, values = row
        if isinstance(values, ValueError):
            return row
        if len(values) > len(self.fields):
            return line, size, ValueError(f"has more than {len(self.fields)} values")
        try:
            for at, convert in self.converters:
                if at < len(values) and values[at]:
                    values[at] = convert(values[at])
        except ValueError as error:
            return line, size, error
        contact = dict(zip(self.fields, values, strict=False))
        if "" in values:
            contact = {field: value for field, value in contact.items() if value != ""}
        return line, size, contact


def _to_nothing(text: str) -> str:
    return ""


def _to_moment(text: str) -> str:
    date, _, time = text.partition(" ")
    moment = f"{date}T{time}" if "." in time else f"{date}T{time}.000"
    if not is_moment(moment):
        raise ValueError("FollowUpDateTime: must be a date-time that exists, as YYYY-MM-DD HH:mm:SS")
    return moment


def _to_truth(text: str) -> Any:
    return BOOLEANS.get(text.lower(), text)


def _to_number(text: str) -> Any:
    if DECIMAL.fullmatch(text):
        return float(text)
    try:
        return parse_json(text.encode()) if NUMBER.fullmatch(text) else text
    except ValueError:
        # Out of range: stays a text, which the contract's validator refuses.
        return text


# Columns with another name than their field, and converters for values that are no texts. `dtImported` is ignored,
# because Freiton sets it.
FIELD_OF = {"FollowUpDateTime": "dtNextTry"}
CONVERTERS: Mapping[str, Callable[[str], Any]] = {
    MARK: _to_nothing,
    "dtImported": _to_nothing,
    "FollowUpDateTime": _to_moment,
    "ResetContact": _to_truth,
    **dict.fromkeys(("Amount", "RandomSortOrder", "DiallerCampaignsID"), _to_number),
}
