"""The calls to connectors: what the control API shows of them. How they are queued and sent is in `queue`."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from data import store
from handlers.sandbox.registry import worlds

QUEUED, SENT, ANSWERED, FAILED = "queued", "sent", "answered", "failed"
FIELDS = "id, operationId, target, status, reason, attempts, created, data, answer"
CONDITIONS = {
    "operation_id": "operationId = :operation_id",
    "status": "status = :status",
    "after": "id > :after",
}


class CallFilter(NamedTuple):
    """What calls are searched by; None for what does not matter.

    :param operation_id: the operation.
    :param status: `queued`, `sent`, `answered` or `failed`.
    :param after: ID of a call; only later ones.
    """

    operation_id: str | None = None
    status: str | None = None
    after: int | None = None


def list_some(world_id: str, given: CallFilter, most: int) -> list[Mapping[str, Any]]:
    """Return the first calls of a world that a filter matches, in the order in which they were made.

    :param world_id: ID of the world.
    :param given: the filter.
    :param most: the most calls to return.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world_id)
    sql = f"select {FIELDS} from OutgoingCalls where {_render(given)} order by id limit :most"
    return [read(row) for row in store.query(sql, world=world_id, most=most, **given._asdict())]


def list_latest(world_id: str, most: int) -> list[Mapping[str, Any]]:
    """Return the latest calls of a world, the last one first.

    :param world_id: ID of the world.
    :param most: the most calls to return.
    """
    sql = f"select {FIELDS} from OutgoingCalls where world = :world order by id desc limit :most"
    return [read(row) for row in store.query(sql, world=world_id, most=most)]


def count(world_id: str, given: CallFilter) -> int:
    """Return how many calls of a world a filter matches.

    :param world_id: ID of the world.
    :param given: the filter.
    """
    sql = f"select count(*) from OutgoingCalls where {_render(given)}"
    (number,) = store.values(sql, world=world_id, **given._asdict())
    return int(number)


def find(world_id: str, call_id: int) -> Mapping[str, Any]:
    """Return a call as the control API shows it.

    :param world_id: ID of the world.
    :param call_id: ID of the call.
    :raises store.NotFound: there is no such world or call.
    """
    worlds.find(world_id)
    row = store.one(f"select {FIELDS} from OutgoingCalls where world = :world and id = :id", world=world_id, id=call_id)
    if row is None:
        raise store.NotFound("Outgoing call not found")
    return read(row)


def read(row: store.Row) -> Mapping[str, Any]:
    """Return a call as the control API shows it.

    :param row: the row, with `FIELDS`.
    """
    answer = row["answer"]
    return {**row, "data": json.loads(row["data"]), "answer": None if answer is None else json.loads(answer)}


def _render(given: CallFilter) -> str:
    conditions = [CONDITIONS[name] for name, value in given._asdict().items() if value is not None]
    return " and ".join(["world = :world", *conditions])
