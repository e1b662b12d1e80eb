"""The journal of a world: its requests and their answers, each with the contract's verdict."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from data import store
from handlers.sandbox.registry import coverage

# How each filter is expressed; a path may be that of the URL, or the part of it behind the client account.
CONDITIONS = {
    "operation_id": "operationId = :operation_id",
    "method": "method = :method",
    "path": "(path = :path or substr(path, -length(:path) - length(clientsId) - 1) = '/' || clientsId || :path)",
    "status": "status = :status",
    "valid": "valid = :valid",
    "direction": "direction = :direction",
    "after": "number > :after",
}
INCOMING, OUTGOING = "incoming", "outgoing"
JSON_FIELDS = ("violations", "failure", "request", "response")
HEAD_FIELDS = (
    "number, direction, call, time, requestId, operationId, method, path, query, clientsId, status, milliseconds,"
    " valid, violations, failure"
)
FIELDS = f"{HEAD_FIELDS}, request, response"
ALL_FIELDS = f"{FIELDS}, scheme"


class Entry(NamedTuple):
    """A request of a world and its answer.

    :param time: when the request arrived, in UTC.
    :param request_id: the ID of the request.
    :param operation_id: the operation; None if there is none.
    :param method: the HTTP method.
    :param path: the path of the URL, decoded.
    :param query: the query string, percent-encoded.
    :param clients_id: the client account that the URL names; None if it names none.
    :param request: its header fields, its body and the size of the body.
    :param status: the HTTP status of the answer; None if none was sent.
    :param response: the answer's header fields, its body and the size of the body.
    :param milliseconds: how long the answer took.
    :param violations: each rule of the contract that was broken, with its place.
    :param failure: the failure that was injected, if one was.
    :param direction: `incoming`, or `outgoing` for a call to a connector.
    :param call: ID of the outgoing call; None for a request that came in.
    :param moment: the time of the world when the request arrived; None for that of an outgoing call.
    :param scheme: `http` or `https`: how the request was sent.
    """

    time: str
    request_id: str
    operation_id: str | None
    method: str
    path: str
    query: str
    clients_id: int | None
    request: Any
    status: int | None
    response: Any
    milliseconds: float
    violations: list[Any]
    failure: Any
    direction: str = INCOMING
    call: int | None = None
    moment: str | None = None
    scheme: str = "http"


class EntryFilter(NamedTuple):
    """What entries are searched by; None for what does not matter.

    :param operation_id: the operation.
    :param method: the HTTP method.
    :param path: the path of the URL, or the part of it behind the client account.
    :param status: the HTTP status of the answer.
    :param valid: whether no rule of the contract was broken.
    :param direction: `incoming` or `outgoing`.
    :param after: the number of an entry; only later ones.
    """

    operation_id: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    valid: bool | None = None
    direction: str | None = None
    after: int | None = None


def add(world_id: str, entry: Entry, met: Iterable[coverage.Item], most: int) -> None:
    """Add an entry to the journal of a world, if there still is the world.

    :param world_id: ID of the world.
    :param entry: the entry.
    :param met: what the request and its answer met of the contract.
    :param most: the most entries that are kept: the oldest are dropped.
    :raises store.Unavailable: the disk is full, or the registry cannot be used now.
    """
    with store.atomic():
        numbers = store.query(
            "insert into Journals (world, last) select id, 1 from Worlds where id = :world"
            " on conflict do update set last = last + 1 returning last",
            world=world_id,
        )
        for row in numbers:
            _insert(world_id, row["last"], entry)
            if row["last"] > most:
                _drop(world_id, row["last"] - most)
            if entry.operation_id is not None:
                coverage.add(world_id, entry.operation_id, met)


def find_last(world_id: str) -> int:
    """Return the number of the last entry that the journal of a world got; 0 if it never got one.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return int(_find(world_id)["last"])


def count_dropped(world_id: str) -> int:
    """Return how many entries of a world were dropped because the journal had reached its limit.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return int(_find(world_id)["dropped"])


def count(world_id: str, given: EntryFilter) -> int:
    """Return how many entries of a world a filter matches.

    :param world_id: ID of the world.
    :param given: the filter.
    """
    (number,) = store.values(f"select count(*) from Journal where {_render(given)}", world=world_id, **given._asdict())
    return int(number)


def list_some(world_id: str, given: EntryFilter, most: int) -> list[store.Row]:
    """Return the first entries of a world that a filter matches, in the order in which they were answered.

    :param world_id: ID of the world.
    :param given: the filter.
    :param most: the most entries to return.
    """
    return _list(FIELDS, world_id, given, most)


def list_heads(world_id: str, given: EntryFilter, most: int) -> list[store.Row]:
    """Return the same entries as `list_some`, without the header fields and bodies, which may be long.

    :param world_id: ID of the world.
    :param given: the filter.
    :param most: the most entries to return.
    """
    return _list(HEAD_FIELDS, world_id, given, most)


def list_whole(world_id: str, given: EntryFilter, most: int) -> list[store.Row]:
    """Return the same entries as `list_some`, with the `scheme` of the URL.

    :param world_id: ID of the world.
    :param given: the filter.
    :param most: the most entries to return.
    """
    return _list(ALL_FIELDS, world_id, given, most)


def clear(world_id: str) -> None:
    """Delete all entries of a world; the numbers of later ones continue.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    with store.atomic():
        _find(world_id)
        store.execute("delete from Journal where world = :world", world=world_id)
        store.execute("update Journals set dropped = 0 where world = :world", world=world_id)


def _insert(world_id: str, number: int, entry: Entry) -> None:
    texts = {name: json.dumps(getattr(entry, name), ensure_ascii=False) for name in JSON_FIELDS}
    store.execute(
        f"insert into Journal (world, {ALL_FIELDS}, moment)"
        " values (:world, :number, :direction, :call, :time, :request_id, :operation_id, :method, :path, :query,"
        " :clients_id, :status, :milliseconds, :valid, :violations, :failure, :request, :response, :scheme, :moment)",
        **{**entry._asdict(), **texts},
        world=world_id,
        number=number,
        valid=not entry.violations,
    )


def _drop(world_id: str, upto: int) -> None:
    dropped = store.execute("delete from Journal where world = :world and number <= :upto", world=world_id, upto=upto)
    if dropped:
        store.execute(
            "update Journals set dropped = dropped + :dropped where world = :world", world=world_id, dropped=dropped
        )


def _find(world_id: str) -> store.Row:
    row = store.one(
        "select coalesce(last, 0) as last, coalesce(dropped, 0) as dropped"
        " from Worlds left join Journals on Journals.world = Worlds.id where Worlds.id = :world",
        world=world_id,
    )
    if row is None:
        raise store.NotFound("World not found")
    return row


def _render(given: EntryFilter) -> str:
    conditions = [CONDITIONS[name] for name, value in given._asdict().items() if value is not None]
    return " and ".join(["world = :world", *conditions])


def _list(fields: str, world_id: str, given: EntryFilter, most: int) -> list[store.Row]:
    sql = f"select {fields} from Journal where {_render(given)} order by number limit :most"
    return [read(row) for row in store.query(sql, world=world_id, most=most, **given._asdict())]


def read(row: store.Row) -> store.Row:
    """Return an entry, with its JSON parsed.

    :param row: the row, with `HEAD_FIELDS` or `FIELDS`.
    """
    parsed = {name: json.loads(row[name]) for name in JSON_FIELDS if name in row}
    return {**row, "valid": bool(row["valid"]), **parsed}
