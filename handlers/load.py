"""Records from a file, such as the vendor's own answers as saved with curl."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from data import acd, campaigns, events, records, store, tokens
from handlers import schemas
from handlers.documents import parse_json
from handlers.problems import explain, record_validator

Record = Mapping[str, Any]

# Larger IDs would leave no room for those that the database gives.
LARGEST_ID = 2**62


class Resource(NamedTuple):
    """A kind of records that can be loaded.

    :param schema: the contract's schema of a record.
    :param save: stores a record of a client, its texts in a language, and returns it as JSON text.
    """

    schema: str
    save: Callable[[int, Record, int | None], str]


def load(document: bytes, clients_id: int, languages_id: int | None) -> int:
    """Store all records of a JSON document for a client, or none of them.

    :param document: an array of records, or an answer of the API with such an array as its `records`.
    :param clients_id: the client.
    :param languages_id: the language that the texts of result codes are in.
    :returns: the number of records.
    :raises ValueError: what is wrong, with the record's number and the field; nothing is stored then.
    :raises store.NotFound: there is no such client.
    """
    given = _records(parse_json(document))
    resource = _resource(given)
    seen: set[int] = set()
    with store.atomic():
        tokens.require_client(clients_id)
        for number, record in enumerate(given, start=1):
            try:
                _check(resource.schema, record, seen)
                _compare(record, json.loads(resource.save(clients_id, record, languages_id)))
            except (ValueError, store.NotFound) as error:
                raise ValueError(f"record {number}: {error}") from error
    return len(given)


def _records(document: Any) -> list[Record]:
    given = document.get("records") if isinstance(document, dict) else document
    if not isinstance(given, list):
        raise ValueError("has no array of records")
    for number, record in enumerate(given, start=1):
        if not isinstance(record, dict):
            raise ValueError(f"record {number}: must be of type object")
    return given


def _resource(given: list[Record]) -> Resource:
    fields = {field: None for record in given for field in record}
    first, second = sorted(RESOURCES, key=lambda resource: _known(resource, fields), reverse=True)[:2]
    if given and _known(first, fields) == _known(second, fields):
        raise ValueError("the records may be of several kinds: give them more of their fields")
    for number, record in enumerate(given, start=1):
        if any(_known(other, record) > _known(first, record) for other in RESOURCES):
            raise ValueError(f"record {number}: is of another kind than most")
    return first


def _known(resource: Resource, record: Record) -> int:
    return len(record.keys() & schemas.schemas()[resource.schema]["properties"].keys())


def _check(schema: str, record: Record, seen: set[int]) -> None:
    for error in record_validator(schema).iter_errors(record):
        path, problem = explain(error)
        raise ValueError(f"{'/'.join(path)}: {problem}")
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


def _row(schema: str, record: Record) -> dict[str, Any]:
    properties = schemas.schemas()[schema]["properties"]
    columns = {field for field, definition in properties.items() if not definition.get("readOnly")}
    return records.to_row(record, columns, set(properties))


def _save_group(clients_id: int, record: Record, languages_id: int | None) -> str:
    return acd.save_group(clients_id, _row("AcdGroup", record))


def _save_event(clients_id: int, record: Record, languages_id: int | None) -> str:
    return events.save(clients_id, _row("AcdEvent", record))


def _save_campaign(clients_id: int, record: Record, languages_id: int | None) -> str:
    return campaigns.save(clients_id, _row("DiallerCampaign", record))


def _save_result_code(clients_id: int, record: Record, languages_id: int | None) -> str:
    if languages_id is None:
        raise ValueError("Content: is in a language that only you can tell, with --language")
    row = _row("DiallerResultCode", record)
    texts = {
        "LanguagesID": languages_id,
        "Content": row.pop("Content"),
        "DiallerResultCodesTypesContent": record.get("DiallerResultCodesTypesContent"),
    }
    return campaigns.save_result_code(clients_id, row, texts)


RESOURCES = (
    Resource("AcdGroup", _save_group),
    Resource("AcdEvent", _save_event),
    Resource("DiallerCampaign", _save_campaign),
    Resource("DiallerResultCode", _save_result_code),
)
