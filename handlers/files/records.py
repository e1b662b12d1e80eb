"""Records from a JSON file, such as the vendor's own answers as saved with curl."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any

from data import records, store, tokens
from handlers.contract import schemas
from handlers.contract.compiled_schemas import record_schema
from handlers.contract.strict_json import parse_json
from handlers.files.resources import RESOURCES, Record

# The database continues with the highest ID: larger ones would leave it no room.
LARGEST_ID = 2**52
# The fields that hold the ID of a record of the system, and that record's table.
OF_SYSTEM = {
    "AcdEventTypesID": "AcdEventTypes",
    "AcdEventStatusID": "AcdEventStatus",
    "DiallerResultCodesTypesID": "DiallerResultCodesTypes",
}
# The fields that tell no kind of records.
OF_ALL = {"ID", "ClientsID", "Name"}


def load(document: bytes, clients_id: int, languages_id: int | None, kind: str | None) -> tuple[int, str]:
    """Store all records of a JSON document for a client, or none of them.

    :param document: an array of records, or an answer of the API with such an array as its `records`; in UTF-8, with or
        without a byte order mark (RFC 8259, section 8.1).
    :param clients_id: ID of the client account.
    :param languages_id: the language of the texts of result codes: 1 for English, 2 for German; None if not known.
    :param kind: the kind of the records, a key of RESOURCES; None to recognise it by their fields.
    :returns: the number of records, and their kind; "record" if there are none and no kind was given.
    :raises ValueError: a record is invalid; the message has its number and the field. Nothing is stored.
    :raises store.NotFound: there is no such client.
    """
    given = read_records(parse_json(document.removeprefix(BOM_UTF8)))
    kind = _find_kind(given, kind)
    seen: set[int] = set()
    with store.atomic():
        tokens.require_client(clients_id)
        for number, record in enumerate(given, start=1):
            resource = RESOURCES[kind]
            try:
                _check(resource.schema, {**resource.defaults, **record}, seen)
                _compare(record, json.loads(resource.save(clients_id, {**resource.defaults, **record}, languages_id)))
            except (ValueError, store.NotFound) as error:
                raise ValueError(f"record {number}: {error}") from error
    return len(given), kind


def read_records(document: Any) -> list[Record]:
    """Return the records of a JSON document.

    :param document: an array of records, or an answer of the API with such an array as its `records`.
    :raises ValueError: it has no array of records, or one of them is no object.
    """
    given = document.get("records") if isinstance(document, dict) else document
    if not isinstance(given, list):
        raise ValueError("has no array of records")
    for number, record in enumerate(given, start=1):
        if not isinstance(record, dict):
            raise ValueError(f"record {number}: must be of type object")
    return given


def _find_kind(given: list[Record], wanted: str | None) -> str:
    """Return the kind of all records.

    :param wanted: the kind of records whose fields do not tell it; None to refuse those.
    :raises ValueError: the kind of a record is unknown, or differs from that of the others or the wanted one.
    """
    kind = wanted
    for number, record in enumerate(given, start=1):
        told = wanted if wanted and _fits(record, schemas.fields(RESOURCES[wanted].schema)) else _tell_kind(record)
        told = told or wanted
        if told is None:
            raise ValueError(f"record {number}: its fields do not tell its kind: give --kind {', '.join(RESOURCES)}")
        kind = kind or told
        if told != kind:
            raise ValueError(f"record {number}: has the fields of the kind {told}, not {kind}")
    return kind or "record"


def _tell_kind(record: Record) -> str | None:
    """Return the kind that fits a record, or None if no kind or several fit.

    A kind fits that has all fields of the record, or of whose fields the record has more than half.
    """
    kinds = [kind for kind, resource in RESOURCES.items() if _fits(record, schemas.fields(resource.schema))]
    return kinds[0] if len(kinds) == 1 else None


def _fits(record: Record, fields: Mapping[str, Any]) -> bool:
    known = record.keys() & fields.keys()
    return len(known) == len(record) or (2 * len(known) > len(fields) and bool(known - OF_ALL))


def _check(schema: str, record: Record, seen: set[int]) -> None:
    if problem := record_schema(schema).find_problem(record):
        path, why = problem
        raise ValueError(f"{'/'.join(path)}: {why}")
    properties = schemas.schemas()[schema]["properties"]
    for field, table in OF_SYSTEM.items():
        if field in properties and record[field] not in (known := records.list_ids(table)):
            raise ValueError(f"{field}: must be one of {', '.join(map(str, known))}")
    record_id = record.get("ID", 0)
    if record_id > LARGEST_ID:
        raise ValueError(f"ID: must be at most {LARGEST_ID}")
    if "ID" in record and record_id in seen:
        raise ValueError("ID: is given twice")
    seen.add(record_id)


def _compare(record: Record, served: Record) -> None:
    for field, value in record.items():
        if served[field] != value:
            raise ValueError(f"{field}: must be {json.dumps(served[field])}")
