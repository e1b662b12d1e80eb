"""Which requests and outgoing calls of a world are about a record: a contact, or an ACD event."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast
from urllib.parse import quote

from data import store
from handlers.contract.problems import Refusal
from handlers.contract.url import parse_query
from handlers.sandbox.documented import compile_routes, cut_path
from handlers.sandbox.registry import mentions

IMPORTS = ("importDiallerContact", "importDiallerContacts")
# How an answer ends that the journal has kept as a whole.
COMPLETE = '"status":200}'
# The fields of requests that name contacts; one has a value or several.
IDS, USER_DATA = ("ID", "IDList"), ("UserData", "UserDataList", "userData")
DECODER = json.JSONDecoder()
# A part of a text that JSON and URLs have as it is.
PLAIN = re.compile(r"[A-Za-z0-9]+")


class Subject(NamedTuple):
    """A record, and what names it.

    :param path: what the paths of the operations on such records begin with, without the client account.
    :param field: the field of outgoing calls with its ID.
    :param mark: a field that only such records have.
    :param account: ID of its client account.
    :param id: its ID.
    :param user_data: its user data, if requests name it by that.
    :param numbers: its telephone numbers, if calls name it by them.
    """

    path: str
    field: str
    mark: str
    account: int
    id: int
    user_data: str | None = None
    numbers: Sequence[str] = ()


class Request(NamedTuple):
    """A request that is about a record.

    :param entry: its entry of the journal.
    :param record: the record as the answer had it; None if it had not.
    """

    entry: store.Row
    record: Mapping[str, Any] | None


def list_requests(world_id: str, subject: Subject) -> list[Request]:
    """Return the requests that are about a record, in their order.

    :param world_id: ID of the world.
    :param subject: the record.
    """
    operations = [
        each.identity for each in compile_routes().operations if cut_path(each.template).startswith(subject.path)
    ]
    texts = [str(subject.id), *_list_needles([subject.user_data or ""])]
    found = []
    for entry in mentions.list_entries(world_id, operations, texts):
        record = _find_record(entry, subject)
        if entry["clientsId"] == subject.account and (record is not None or _is_named(entry, subject)):
            found.append(Request(entry, record))
    return found


def list_calls(world_id: str, subject: Subject) -> list[dict[str, Any]]:
    """Return the outgoing calls that are about a record, in their order.

    :param world_id: ID of the world.
    :param subject: the record.
    """
    texts = [str(subject.id), *_list_needles([subject.user_data or "", *subject.numbers])]
    return [call for call in mentions.list_calls(world_id, texts) if _is_told_of(call["data"], subject)]


def _list_needles(texts: Sequence[str]) -> list[str]:
    """Return what a request or call that has one of some texts holds: the longest plain part of each, if it has one."""
    found = []
    for text in filter(None, texts):
        parts = PLAIN.findall(text)
        found += [max(parts, key=len)] if parts else [text, quote(text), json.dumps(text)[1:-1]]
    return found


def _find_record(entry: store.Row, subject: Subject) -> Mapping[str, Any] | None:
    """Return the record that an answer has; None if it has not, or has it behind what the journal keeps.

    Answers can be long and cut off: only the record itself is parsed. Other records may have the same ID within it.
    """
    body, begin = entry["response"].get("body", ""), f'{{"ID":{subject.id},'
    place = body.find(begin)
    while place >= 0:
        with suppress(ValueError):
            record, _ = DECODER.raw_decode(body, place)
            if subject.mark in record:
                return cast(Mapping[str, Any], record)
        place = body.find(begin, place + 1)
    return None


def _is_named(entry: store.Row, subject: Subject) -> bool:
    """Return whether a request names a record; what an answer says of the records that it has imported is better."""
    answer = entry["response"].get("body", "")
    if entry["operationId"] in IMPORTS and answer.startswith('{"records":'):
        if f'"ID":{subject.id},"error"' in answer:
            return True
        if answer.endswith(COMPLETE):
            return False
    if str(subject.id) in cut_path(entry["path"]).split("/"):
        return True
    with suppress(Refusal):
        if _has(parse_query(entry["query"].encode()), subject):
            return True
    body = entry["request"].get("body", "")
    given = _parse(body)
    if isinstance(given, dict) and _has(given, subject):
        return True
    return entry["operationId"] in IMPORTS and _stands_in(body, subject.user_data)


def _stands_in(file: str, text: str | None) -> bool:
    """Return whether a file of contacts, NDJSON or CSV, has a text as a value."""
    if not text:
        return False
    written = "|".join(re.escape(each) for each in {text, json.dumps(text)[1:-1], text.replace('"', '""')})
    return re.search(rf'(?:^|[";,\n])(?:{written})(?:$|[";,\r\n])', file) is not None


def _has(given: Mapping[str, Any], subject: Subject) -> bool:
    ids, texts = ([each for name in names for each in _list(given.get(name))] for names in (IDS, USER_DATA))
    return subject.id in ids or (bool(subject.user_data) and subject.user_data in texts)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_told_of(data: Mapping[str, Any], subject: Subject) -> bool:
    if data.get(subject.field) == subject.id or (subject.user_data and data.get("UserData") == subject.user_data):
        return True
    numbers = {_plain(number) for number in subject.numbers}
    return any(isinstance(value, str) and _plain(value) in numbers for value in data.values())


def _plain(number: str) -> str:
    return number.removeprefix("+")


def _parse(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
