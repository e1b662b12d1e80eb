"""Files of contacts: NDJSON, and the vendor's CSV from before and since its release 3.19."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, TextIO, cast

from data.batches import SIZE, Batch, make_batch, make_batch_of_columns
from data.texts import is_moment
from handlers import schemas
from handlers.columns import Columns, check_columns
from handlers.documents import parse_json
from handlers.errors import LONGEST_NAME
from handlers.problems import explain, request_validator

NDJSON, CSV = "application/x-ndjson", "text/csv"
LONGEST_RECORD = 1024 * 1024
# CR and LF, which do not count.
LONGEST_END = 2
TOO_LONG = f"has more than {LONGEST_RECORD} bytes"
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
# Most amounts; JSON has others too.
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", re.ASCII)
# Made once, since it takes as long as reading a record.
DIALECT = csv.reader([], delimiter=";", strict=True).dialect
# The number of its line, and its values or what is wrong with it.
Row = tuple[int, list[str] | ValueError]
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def read_batches(file: BinaryIO, media_type: str, campaign: Mapping[str, Any]) -> Iterator[Batch]:
    """Return the contacts of a file a thousand at a time, valid by the contract, and what is wrong with the others.

    :param file: the file; no more than one record of it that is not valid is held in memory.
    :param media_type: `application/x-ndjson` or `text/csv`.
    :param campaign: the fields that name the campaign of all contacts; without any, each names its own.
    """
    if media_type == NDJSON:
        contacts = _read_ndjson(file)
        while chunk := [*islice(contacts, SIZE)]:
            yield _read_batch(chunk, campaign)
    else:
        table = _Table(file)
        read = iter(table)
        while rows := [*islice(read, SIZE)]:
            columns = table.to_columns(rows, campaign)
            if columns is None:
                yield _read_batch(map(table.to_contact, rows), campaign)
            else:
                yield make_batch_of_columns(columns, [number for number, _ in rows])


def write_csv(rows: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Write contacts as CSV of the vendor's format since its release 3.19, with the names of the columns.

    :param rows: the contacts; see `data.contacts.export`.
    """
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(EXPORTED)
    for row in rows:
        moments = {"dtImported": row["dtImported"], "FollowUpDateTime": row["dtNextTry"]}
        values = {**row, **{name: moment and moment[:19].replace("T", " ") for name, moment in moments.items()}}
        writer.writerow([values.get(column) for column in EXPORTED])


def _read_batch(numbered: Iterable[tuple[int, Any]], campaign: Mapping[str, Any]) -> Batch:
    contacts: dict[int, dict[str, Any]] = {}
    errors: dict[int, str] = {}
    for line, contact in numbered:
        if campaign and isinstance(contact, dict):
            contact.pop("DiallerCampaignsID", None)
            contact.pop("DiallerCampaignsName", None)
            contact.update(campaign)
        error = _find_error(contact)
        if error is None:
            contacts[line] = contact
        else:
            errors[line] = error
    return make_batch(contacts, errors)


def _find_error(contact: Any) -> str | None:
    if isinstance(contact, ValueError):
        return str(contact)
    if schemas.fast_validator("DiallerContactImport").is_valid(contact):
        return None
    error = next(request_validator("DiallerContactImport").iter_errors(contact))
    path, problem = explain(error)
    return ": ".join([*(name[:LONGEST_NAME] for name in path), problem])


def _read_ndjson(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    for number, line in _read_lines(file):
        try:
            if isinstance(line, ValueError):
                raise line
            if line.strip():
                yield number, parse_json(line)
        except ValueError as error:
            yield number, error


class _Table:
    """The rows of a CSV file, by the number of the line that each begins in.

    :param file: the file, whose first row may name the columns.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.names: Sequence[str] = ()

    def __iter__(self) -> Iterator[Row]:
        """Return the rows, or what is wrong with them."""
        for number, record in _read_records(self.file):
            try:
                values = _split(record, first=not self.names)
                if not values:
                    continue
                if not self.names:
                    self.names = _find_columns(values)
                    if self.names == values:
                        continue
                if len(values) > len(self.names):
                    raise ValueError(f"has more than {len(self.names)} values")
                yield number, values
            except ValueError as error:
                yield number, error

    def to_contact(self, row: Row) -> tuple[int, dict[str, Any] | ValueError]:
        """Return the contact that a row stands for."""
        number, values = row
        if isinstance(values, ValueError):
            return number, values
        contact: dict[str, Any] = {name: value for name, value in zip(self.names, values, strict=False) if value}
        try:
            for name in SPECIAL.keys() & contact:
                text = contact.pop(name)
                if target := SPECIAL[name]:
                    field, convert = target
                    contact[field] = convert(text)
        except ValueError as error:
            return number, error
        return number, contact

    def to_columns(self, rows: Sequence[Row], campaign: Mapping[str, Any]) -> Columns | None:
        """Return the values of the fields, if it can be told of them together that they are valid."""
        try:
            table = zip(*(cast(list[str], values) for _, values in rows), strict=True)
            columns: Columns = {name: column for name, column in zip(self.names, table, strict=True) if any(column)}
            for name in SPECIAL.keys() & columns:
                texts = columns.pop(name)
                if target := SPECIAL[name]:
                    field, convert = target
                    columns[field] = [convert(text) if text else None for text in texts]
        except (TypeError, ValueError):
            # Something is wrong with a row, or a row is shorter.
            return None
        if campaign:
            columns.pop("DiallerCampaignsID", None)
            columns.pop("DiallerCampaignsName", None)
            columns |= {name: [value] * len(rows) for name, value in campaign.items()}
        return check_columns(columns, "DiallerContactImport")


def _find_columns(values: list[str]) -> Sequence[str]:
    known = {*LEGACY_COLUMNS, *COLUMNS, *schemas.schemas()["DiallerContactImport"]["properties"]}
    if "Name" in values and known.issuperset(values) and len(set(values)) == len(values):
        return values
    return LEGACY_COLUMNS if values[0] == MARK else COLUMNS


def _split(record: bytes | ValueError, first: bool) -> list[str]:
    if isinstance(record, ValueError):
        raise record
    try:
        text = record.decode("utf-8-sig" if first else "utf-8")
        (values,) = csv.reader([text], DIALECT)
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    except csv.Error as error:
        raise ValueError(f"is not CSV: {error}") from error
    if "\0" in text:
        raise ValueError("has a NUL character")
    return values


def _to_moment(text: str) -> str:
    date, _, time = text.partition(" ")
    moment = f"{date}T{time}.000"
    if not is_moment(moment):
        raise ValueError("FollowUpDateTime: must be a date-time that exists, as YYYY-MM-DD HH:mm:SS")
    return moment


def _to_truth(text: str) -> bool | str:
    return TRUTHS.get(text.lower(), text)


def _to_number(text: str) -> Any:
    if DECIMAL.fullmatch(text):
        return float(text)
    try:
        return parse_json(text.encode())
    except ValueError:
        # Not of the type that the contract asks for, which then says so.
        return text


# The columns that are no texts: the field that each becomes, and how; Freiton says itself when a contact was imported.
SPECIAL: Mapping[str, tuple[str, Callable[[str], Any]] | None] = {
    MARK: None,
    "dtImported": None,
    "FollowUpDateTime": ("dtNextTry", _to_moment),
    "ResetContact": ("ResetContact", _to_truth),
    **{name: (name, _to_number) for name in ("Amount", "RandomSortOrder", "DiallerCampaignsID")},
}


def _read_records(file: BinaryIO) -> Iterator[tuple[int, bytes | ValueError]]:
    """Return the records of a CSV file: a line, or several where one breaks inside quotes."""
    record, start, quotes = bytearray(), 0, 0
    for number, line in _read_lines(file):
        if not record and isinstance(line, bytes) and line.count(b'"') % 2 == 0:
            if line.strip():
                yield number, line.rstrip(b"\r\n")
            continue
        start = start or number
        if isinstance(line, bytes):
            record += line
            quotes += line.count(b'"')
            if quotes % 2 and len(record) <= LONGEST_RECORD:
                continue
        if isinstance(line, ValueError) or len(record) > LONGEST_RECORD + LONGEST_END:
            yield start, ValueError(TOO_LONG)
        else:
            yield start, bytes(record).rstrip(b"\r\n")
        record, start, quotes = bytearray(), 0, 0
    if record:
        yield start, ValueError("has quotes that do not end")


def _read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | ValueError]]:
    number = 0
    while line := file.readline(LONGEST_RECORD + LONGEST_END):
        number += 1
        if len(line) <= LONGEST_RECORD and line.endswith(b"\n"):
            yield number, line
            continue
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_RECORD)
        too_long = len(line.removesuffix(b"\n").removesuffix(b"\r")) > LONGEST_RECORD
        yield number, ValueError(TOO_LONG) if too_long else line
