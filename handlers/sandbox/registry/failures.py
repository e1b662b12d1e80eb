"""Failures that are armed in a world, and how often they were met."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from data import store
from handlers.sandbox.registry import limits, worlds

# When a failure happens: before the application sees the request, or after it has answered.
BEFORE, AFTER = "before", "after"
FIELDS = "id, rule, operations, path, first, share, seed, met, fired"
# The condition of failures that may still fire.
ARMED = "(last is null or met < last)"


class Failure(NamedTuple):
    """A failure.

    :param id: its ID.
    :param rule: what it was armed with, as the control API shows it.
    :param operations: the operationIds that it is for.
    :param path: the one path below the client account that it is for; None for all of its operations.
    :param first: the number of the first matching request that fails.
    :param share: the share of the matching requests that fail; None for all.
    :param seed: by which they are chosen.
    :param met: how many matching requests it has met.
    :param fired: how many of them failed.
    """

    id: int
    rule: Mapping[str, Any]
    operations: Sequence[str]
    path: str | None
    first: int
    share: float | None
    seed: int | None
    met: int
    fired: int

    def matches(self, operation: str, path: str) -> bool:
        """Return whether it is for a request.

        :param operation: the operationId of the request.
        :param path: its path below the client account, decoded.
        """
        return operation in self.operations and self.path in (None, path)

    def hits(self, number: int) -> bool:
        """Return whether a matching request fails.

        :param number: its number among those that match.
        """
        chosen = self.share is None or random.Random(f"{self.seed} {number}").random() < self.share
        return number >= self.first and chosen

    def describe(self) -> Mapping[str, Any]:
        """Return it as the control API shows it."""
        return {"id": self.id, **self.rule, "met": self.met, "fired": self.fired}


def arm(world_id: str, rule: Mapping[str, Any], operations: Sequence[str], path: str | None) -> Failure:
    """Arm a failure in a world, and return it.

    :param world_id: ID of the world.
    :param rule: the failure as the control API shows it, with all of its fields but the counts.
    :param operations: the operationIds that it is for.
    :param path: the one path below the client account that it is for; None for all of the operations.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many failures as are allowed are armed.
    """
    with store.atomic():
        worlds.find(world_id)
        _make_room(world_id)
        (row,) = store.query(
            "insert into Failures (world, rule, operations, path, first, last, share, seed)"
            " values (:world, :rule, :operations, :path, :first, :first - 1 + :count, :share, :seed)"
            f" returning {FIELDS}",
            world=world_id,
            rule=json.dumps(rule),
            operations=json.dumps(operations),
            path=path,
            **{name: rule[name] for name in ("first", "count", "share", "seed")},
        )
    return _read(row)


def list_all(world_id: str) -> list[Failure]:
    """Return the failures of a world, in the order in which they were armed.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world_id)
    return _list("world = :world", world=world_id)


def list_armed(world_id: str) -> list[Failure]:
    """Return the failures of a world that may still fire, in the order in which they were armed.

    :param world_id: ID of the world.
    """
    return _list(f"world = :world and {ARMED}", world=world_id)


def find(world_id: str, failure_id: int) -> Failure:
    """Return a failure.

    :param world_id: ID of the world.
    :param failure_id: ID of the failure.
    :raises store.NotFound: there is no such world or failure.
    """
    worlds.find(world_id)
    for failure in _list("world = :world and id = :id", world=world_id, id=failure_id):
        return failure
    raise store.NotFound("Failure not found")


def disarm(world_id: str, failure_id: int) -> None:
    """Delete a failure.

    :param world_id: ID of the world.
    :param failure_id: ID of the failure.
    :raises store.NotFound: there is no such world or failure.
    """
    find(world_id, failure_id)
    store.execute("delete from Failures where id = :id", id=failure_id)


def disarm_all(world_id: str) -> None:
    """Delete all failures of a world.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world_id)
    store.execute("delete from Failures where world = :world", world=world_id)


def meet(ids: Sequence[int]) -> Failure | None:
    """Count a request that failures match, and return the one that fires; None if none does.

    The failures are asked in their order, and those behind the one that fires do not meet the request.

    :param ids: the IDs of the failures.
    """
    with store.atomic():
        for failure in _list(f"id in (select value from json_each(:ids)) and {ARMED}", ids=json.dumps(ids)):
            fires = failure.hits(failure.met + 1)
            store.execute(
                "update Failures set met = met + 1, fired = fired + :fires where id = :id", fires=fires, id=failure.id
            )
            if fires:
                return failure._replace(met=failure.met + 1, fired=failure.fired + 1)
    return None


def _make_room(world_id: str) -> None:
    most = limits.read().most_failures
    (count,) = store.values("select count(*) from Failures where world = :world", world=world_id)
    if count < most:
        return
    if not store.execute(f"delete from Failures where world = :world and not {ARMED}", world=world_id):
        raise store.Conflict(f"{count} failures are armed in the world, the most that are allowed: delete one first")


def _list(where: str, **parameters: Any) -> list[Failure]:
    return [_read(row) for row in store.query(f"select {FIELDS} from Failures where {where} order by id", **parameters)]


def _read(row: store.Row) -> Failure:
    return Failure(**{**row, "rule": json.loads(row["rule"]), "operations": json.loads(row["operations"])})
