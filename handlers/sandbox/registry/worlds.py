"""Worlds: each a database of its own, a copy of a fixture."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from data import store
from handlers.sandbox.registry import files, fixtures, limits, runs
from handlers.sandbox.registry.clocks import Clock

# The world that the demo's tokens lead to.
DEFAULT = "default"
FIELDS = "id, fixture, file, accounts, created, used, frozenAt, offset"
# A world's use is noted only so many times in its lifetime, because a note is a write.
NOTES = 60
# What a world loses by a reset, beside its records.
RESET = (
    "delete from Failures where world = :world",
    "delete from Targets where world = :world",
    "delete from OutgoingCalls where world = :world and status in ('queued', 'sent')",
)


class World(NamedTuple):
    """A world.

    :param id: its ID.
    :param fixture: the fixture that it was made of.
    :param file: the name of its database in the registry.
    :param accounts: the IDs of its client accounts.
    :param created: when it was made, in UTC.
    :param used: when it got its last request, in seconds since 1970.
    :param clock: its clock.
    """

    id: str
    fixture: str
    file: str
    accounts: list[int]
    created: str
    used: float
    clock: Clock

    @property
    def tokens(self) -> Mapping[str, int]:
        """Return its tokens that are not stored in its database: token to the ID of the client account."""
        return {name_token(self.id, account): account for account in self.accounts}


def name_token(world_id: str, account: int) -> str:
    """Return the token that leads to an account of a world.

    :param world_id: ID of the world.
    :param account: ID of the client account.
    """
    return f"world-{world_id}-{account}"


def read_token(token: str) -> str | None:
    """Return the ID of the world that a token leads to; None if it is no token of a world.

    :param token: the token, as the client sent it.
    """
    parts = token.split("-")
    return parts[1] if len(parts) == 3 and parts[0] == "world" else None


def make(fixture: str, world_id: str = "") -> World:
    """Make a world.

    :param fixture: the name of the fixture.
    :param world_id: its ID; empty for one that nobody guesses.
    :raises store.NotFound: there is no such fixture.
    :raises store.Conflict: there are as many worlds as are allowed, or one with this ID.
    :raises store.Unavailable: the disk is full.
    """
    expire()
    given = limits.read()
    (count,) = store.values("select count(*) from Worlds")
    if count >= given.most_worlds:
        raise store.Conflict(f"there are {count} worlds, the most that are allowed: delete one first")
    world_id = world_id or secrets.token_hex(8)
    file = files.copy(fixtures.find(fixture)["file"])
    with store.atomic():
        store.execute(
            "insert into Worlds (id, fixture, file, accounts, created, used)"
            " select :id, name, :file, accounts, :created, :used from Fixtures where name = :fixture",
            id=world_id,
            fixture=fixture,
            file=file,
            created=store.now(),
            used=time.time(),
        )
    return find(world_id)


def find(world_id: str) -> World:
    """Return a world.

    :param world_id: ID of the world.
    :raises store.NotFound: there is none, or it was idle for too long.
    """
    row = store.one(f"select {FIELDS} from Worlds where id = :id", id=world_id)
    if row is None:
        raise store.NotFound("World not found")
    return _read(row)


def list_all() -> list[World]:
    """Return all worlds, in the order in which they were made."""
    expire()
    return [_read(row) for row in store.query(f"select {FIELDS} from Worlds order by rowid")]


def note_use(world: World, idle_seconds: float) -> None:
    """Note that a world got a request.

    :param world: the world.
    :param idle_seconds: its lifetime, of `Limits`.
    """
    now = time.time()
    if now - world.used > idle_seconds / NOTES:
        store.execute("update Worlds set used = :now where id = :id", now=now, id=world.id)


def reset(world_id: str) -> World:
    """Bring a world back to its fixture, its clock to real time, disarm its failures, and delete its targets.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Unavailable: the disk is full.
    """
    fixture = fixtures.find(find(world_id).fixture)
    copied = files.copy(fixture["file"])
    with store.atomic():
        for sql in RESET:
            store.execute(sql, world=world_id)
        replace(world_id, copied, fixture["accounts"], Clock())
    return find(world_id)


def replace(world_id: str, file: str, accounts: str, clock: Clock) -> World:
    """Give a world another database.

    :param world_id: ID of the world.
    :param file: the name of the database, which nothing else names.
    :param accounts: the IDs of its client accounts, as JSON.
    :param clock: the clock that the world gets.
    :raises store.NotFound: there is no such world.
    """
    with store.atomic():
        files.leave(find(world_id).file)
        runs.leave(world_id)
        store.execute(
            "update Worlds set file = :file, accounts = :accounts, frozenAt = :frozen, offset = :offset, untold = null,"
            " entryBefore = coalesce((select last from Journals where world = :id), 0),"
            " callBefore = coalesce((select max(id) from OutgoingCalls where world = :id), 0) where id = :id",
            id=world_id,
            file=file,
            accounts=accounts,
            frozen=clock.frozen_at,
            offset=clock.offset,
        )
        # The IDs of records are given again.
        store.execute("update OutgoingCalls set cause = null where world = :world", world=world_id)
    files.sweep()
    return find(world_id)


def delete(world_id: str) -> None:
    """Delete a world with its snapshots.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: it is the default one.
    """
    if world_id == DEFAULT:
        raise store.Conflict(f"the world {DEFAULT} cannot be deleted")
    with store.atomic():
        _remove(find(world_id).id)
    files.sweep()


def expire() -> None:
    """Delete the worlds that were idle for too long, but not the default one."""
    before = time.time() - limits.read().idle_seconds
    sql = "select id from Worlds where used < :before and id <> :default"
    if store.one(sql, before=before, default=DEFAULT) is None:
        return
    with store.atomic():
        for row in store.query(sql, before=before, default=DEFAULT):
            _remove(row["id"])
    files.sweep()


def _remove(world_id: str) -> None:
    names = store.query(
        "select file from Worlds where id = :id union select file from Snapshots where world = :id", id=world_id
    )
    files.leave(*[row["file"] for row in names])
    store.execute("delete from Worlds where id = :id", id=world_id)


def _read(row: store.Row) -> World:
    clock = Clock(row.pop("frozenAt"), row.pop("offset"))
    accounts: list[Any] = json.loads(row.pop("accounts"))
    return World(accounts=accounts, clock=clock, **row)
