"""Files of contacts: NDJSON, and the vendor's CSV from before and since its release 3.19."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO, TextIO

import jsonschema_rs

from data.imports import Item
from handlers import contract
from handlers.errors import LONGEST_NAME
from handlers.validation import explain, parse_json

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
# Freiton says itself when a contact was imported.
UNUSED = {MARK, "dtImported"}
# Most amounts; JSON has others too.
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", re.ASCII)
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def read_items(file: BinaryIO, media_type: str, campaign: Mapping[str, Any]) -> Iterator[Item]:
    """Return the contacts of a file one by one, each valid by the contract or with what is wrong with it.

    :param file: the file; no more than one record of it is held in memory.
    :param media_type: `application/x-ndjson` or `text/csv`.
    :param campaign: the fields that name the campaign of all contacts; without any, each names its own.
    """
    for line, contact in {NDJSON: _read_ndjson, CSV: _read_csv}[media_type](file):
        if isinstance(contact, dict) and campaign:
            contact.pop("DiallerCampaignsID", None)
            contact.pop("DiallerCampaignsName", None)
            contact.update(campaign)
        yield Item(line, None, str(contact)) if isinstance(contact, ValueError) else _check(line, contact)


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


def _check(line: int, contact: Any) -> Item:
    if _fast_validator().is_valid(contact):
        return Item(line, contact)
    error = next(contract.request_validator("DiallerContactImport").iter_errors(contact))
    path, problem = explain(error)
    return Item(line, None, ": ".join([*(name[:LONGEST_NAME] for name in path), problem]))


@cache
def _fast_validator() -> Any:
    return jsonschema_rs.Draft4Validator(_with_null(contract.schemas()["DiallerContactImport"]))


def _with_null(schema: Any) -> Any:
    # What OpenAPI 3.0 calls nullable, JSON Schema knows as a further type.
    if isinstance(schema, list):
        return [_with_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: _with_null(part) for name, part in schema.items()}
    return {**parts, "type": [parts["type"], "null"]} if parts.get("nullable") is True else parts


def _read_ndjson(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    for number, line in _read_lines(file):
        try:
            if isinstance(line, ValueError):
                raise line
            if line.strip():
                yield number, parse_json(line)
        except ValueError as error:
            yield number, error


def _read_csv(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    columns: Sequence[str] = ()
    for number, record in _read_records(file):
        try:
            values = _split(record, first=not columns)
            if not values:
                continue
            if not columns:
                columns = _find_columns(values)
                if columns == values:
                    continue
            if len(values) > len(columns):
                raise ValueError(f"has more than {len(columns)} values")
            yield number, _to_contact(dict(zip(columns, values, strict=False)))
        except ValueError as error:
            yield number, error


def _find_columns(values: list[str]) -> Sequence[str]:
    known = {*LEGACY_COLUMNS, *COLUMNS, *contract.schemas()["DiallerContactImport"]["properties"]}
    if "Name" in values and known.issuperset(values) and len(set(values)) == len(values):
        return values
    return LEGACY_COLUMNS if values[0] == MARK else COLUMNS


def _split(record: bytes | ValueError, first: bool) -> list[str]:
    if isinstance(record, ValueError):
        raise record
    try:
        text = record.decode("utf-8-sig" if first else "utf-8")
        (values,) = csv.reader([text], delimiter=";", strict=True)
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    except csv.Error as error:
        raise ValueError(f"is not CSV: {error}") from error
    return values


def _to_contact(values: Mapping[str, str]) -> dict[str, Any]:
    contact: dict[str, Any] = {name: value for name, value in values.items() if value and name not in UNUSED}
    if "FollowUpDateTime" in contact:
        contact["dtNextTry"] = _to_moment(contact.pop("FollowUpDateTime"))
    if "ResetContact" in contact:
        contact["ResetContact"] = TRUTHS.get(contact["ResetContact"].lower(), contact["ResetContact"])
    for name in ("Amount", "RandomSortOrder", "DiallerCampaignsID"):
        if name in contact:
            contact[name] = _to_number(contact[name])
    return contact


def _to_moment(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").isoformat(timespec="milliseconds")
    except ValueError as error:
        raise ValueError("FollowUpDateTime: must be YYYY-MM-DD HH:mm:SS") from error


def _to_number(text: str) -> Any:
    if DECIMAL.fullmatch(text):
        return float(text)
    try:
        return parse_json(text.encode())
    except ValueError:
        # Not of the type that the contract asks for, which then says so.
        return text


def _read_records(file: BinaryIO) -> Iterator[tuple[int, bytes | ValueError]]:
    """Return the records of a CSV file: a line, or several where one breaks inside quotes."""
    record, start, quotes = bytearray(), 0, 0
    for number, line in _read_lines(file):
        start = start or number
        if isinstance(line, bytes):
            record += line
            quotes += line.count(b'"')
            if quotes % 2 and len(record) <= LONGEST_RECORD:
                continue
        if isinstance(line, ValueError) or len(record) > LONGEST_RECORD + LONGEST_END:
            yield start, ValueError(TOO_LONG)
        elif record.strip():
            yield start, bytes(record).rstrip(b"\r\n")
        record, start, quotes = bytearray(), 0, 0
    if record:
        yield start, ValueError("has quotes that do not end")


def _read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | ValueError]]:
    number = 0
    while line := file.readline(LONGEST_RECORD + LONGEST_END):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_RECORD)
        too_long = len(line.removesuffix(b"\n").removesuffix(b"\r")) > LONGEST_RECORD
        yield number, ValueError(TOO_LONG) if too_long else line
