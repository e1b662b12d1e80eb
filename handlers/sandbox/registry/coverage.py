"""The coverage of the contract: how often each part of it was met, in one world and in all."""

import json
from collections.abc import Iterable, Mapping

from data import store

# A place of an operation, such as `status` or `query/orderBy`, and a value; empty where any value will do.
Item = tuple[str, str]
Counts = Mapping[tuple[str, str, str], int]


def add(world_id: str, operation_id: str, met: Iterable[Item]) -> None:
    """Count what a request and its answer met, in the transaction that is open.

    :param world_id: ID of the world.
    :param operation_id: the operation.
    :param met: the places and values.
    """
    store.execute(
        "insert into Coverage (world, operationId, place, value, count)"
        " select :world, :operation, json_extract(value, '$[0]'), json_extract(value, '$[1]'), 1"
        " from json_each(:met) where true on conflict do update set count = count + 1",
        world=world_id,
        operation=operation_id,
        met=json.dumps([*met]),
    )


def count(world_id: str | None = None) -> Counts:
    """Return how often each place and value of an operation was met.

    :param world_id: ID of the world; None for all worlds, also those that were deleted.
    """
    rows = store.query(
        "select operationId, place, value, sum(count) as count from Coverage"
        " where :world is null or world = :world group by operationId, place, value",
        world=world_id,
    )
    return {(row["operationId"], row["place"], row["value"]): row["count"] for row in rows}
