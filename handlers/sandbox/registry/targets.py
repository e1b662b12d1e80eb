"""Targets: where the connector under test listens, and what it gets of the calls of a world."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from data import store
from handlers.sandbox.registry import worlds

# The largest number of targets of a world.
MOST = 100
FIELDS = "id, rule, secret, token, tokenUntil"
DELETED = "the target was deleted"


class Target(NamedTuple):
    """A target.

    :param id: its ID.
    :param rule: what it was registered with, as the control API shows it.
    :param secret: its password or client secret; empty for none.
    :param token: the bearer token that was fetched last; None for none.
    :param token_until: when the token ends, in seconds since 1970.
    """

    id: int
    rule: Mapping[str, Any]
    secret: str
    token: str | None
    token_until: float

    def describe(self) -> Mapping[str, Any]:
        """Return it as the control API shows it, without secrets."""
        return {"id": self.id, **self.rule}


def register(world_id: str, rule: Mapping[str, Any], secret: str) -> Target:
    """Register a target in a world, and return it.

    :param world_id: ID of the world.
    :param rule: the target as the control API shows it, with all of its fields but the ID.
    :param secret: its password or client secret; empty for none.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has as many targets as are allowed.
    """
    with store.atomic():
        worlds.find(world_id)
        (count,) = store.values("select count(*) from Targets where world = :world", world=world_id)
        if count >= MOST:
            raise store.Conflict(f"the world has {count} targets, the most that are allowed: delete one first")
        (row,) = store.query(
            "insert into Targets (world, rule, operations, secret) values (:world, :rule, :operations, :secret)"
            f" returning {FIELDS}",
            world=world_id,
            rule=json.dumps(rule),
            operations=json.dumps(rule["operations"]),
            secret=secret,
        )
    return _read(row)


def list_all(world_id: str) -> list[Target]:
    """Return the targets of a world, in the order in which they were registered.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world_id)
    return _list("world = :world", world=world_id)


def find(world_id: str, target_id: int) -> Target:
    """Return a target.

    :param world_id: ID of the world.
    :param target_id: ID of the target.
    :raises store.NotFound: there is no such world or target.
    """
    worlds.find(world_id)
    for target in _list("world = :world and id = :id", world=world_id, id=target_id):
        return target
    raise store.NotFound("Target not found")


def choose(world_id: str, operation_id: str) -> Target | None:
    """Return the target that gets an operation: the one that was registered last; None if there is none.

    :param world_id: ID of the world.
    :param operation_id: the operation.
    """
    where = "world = :world and exists (select 1 from json_each(operations) where value = :operation)"
    return next(reversed(_list(where, world=world_id, operation=operation_id)), None)


def delete(world_id: str, target_id: int) -> None:
    """Delete a target; its calls that are not sent yet fail.

    :param world_id: ID of the world.
    :param target_id: ID of the target.
    :raises store.NotFound: there is no such world or target.
    """
    with store.atomic():
        find(world_id, target_id)
        store.execute("delete from Targets where id = :id", id=target_id)
        store.execute(
            "update OutgoingCalls set status = 'failed', reason = :reason"
            " where target = :id and status in ('queued', 'sent')",
            id=target_id,
            reason=DELETED,
        )


def save_token(target_id: int, token: str | None, until: float) -> None:
    """Keep the bearer token of a target for all processes.

    :param target_id: ID of the target.
    :param token: the token; None if the one that was kept is not valid any more.
    :param until: when it ends, in seconds since 1970.
    """
    store.execute(
        "update Targets set token = :token, tokenUntil = :until where id = :id", id=target_id, token=token, until=until
    )


def _list(where: str, **parameters: Any) -> list[Target]:
    return [_read(row) for row in store.query(f"select {FIELDS} from Targets where {where} order by id", **parameters)]


def _read(row: store.Row) -> Target:
    return Target(row["id"], json.loads(row["rule"]), row["secret"], row["token"], row["tokenUntil"])
