"""Snapshots of a world: copies of its database and its clock, by name."""

import json
from pathlib import Path

from data import store
from data.store.maintenance import copy_database, find_problems
from handlers.sandbox.registry import files, fixtures, limits, worlds
from handlers.sandbox.registry.clocks import Clock

FIELDS = "name, size, created"


def take(world_id: str, name: str) -> store.Row:
    """Take a snapshot of a world, and return it; one with the same name is replaced.

    :param world_id: ID of the world.
    :param name: the name of the snapshot.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has as many snapshots as are allowed.
    :raises store.Unavailable: the disk is full.
    """
    world = worlds.find(world_id)
    with files.making() as path:
        copy_database(files.find_path(world.file), path)
        # The clock of now: while the dialler runs, one of before would be behind the calls that were copied.
        return _save(worlds.find(world_id), name, path, json.dumps(world.accounts))


def keep(world_id: str, name: str, path: Path) -> store.Row:
    """Make a file a snapshot of a world, and return it; one with the same name is replaced.

    :param world_id: ID of the world.
    :param name: the name of the snapshot.
    :param path: the file, in the folder of the registry; nobody writes to it.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has as many snapshots as are allowed.
    :raises store.Refused: the file is no sound database of this version or an earlier one.
    :raises store.Unavailable: the disk is full.
    """
    world = worlds.find(world_id)
    for problem in find_problems(path):
        raise store.Refused(problem)
    return _save(world, name, path, fixtures.read_accounts(path))


def list_all(world_id: str) -> list[store.Row]:
    """Return the snapshots of a world in name order, with `name`, `size` in bytes and `created`.

    :param world_id: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world_id)
    return store.query(f"select {FIELDS} from Snapshots where world = :world order by name", world=world_id)


def find_path(world_id: str, name: str) -> Path:
    """Return the database of a snapshot, which nobody writes to.

    :param world_id: ID of the world.
    :param name: the name of the snapshot.
    :raises store.NotFound: there is no such world or snapshot.
    """
    return files.find_path(_find(world_id, name)["file"])


def restore(world_id: str, name: str) -> worlds.World:
    """Bring a world and its clock back to a snapshot.

    :param world_id: ID of the world.
    :param name: the name of the snapshot.
    :raises store.NotFound: there is no such world or snapshot.
    :raises store.Unavailable: the disk is full.
    """
    row = _find(world_id, name)
    return worlds.replace(world_id, files.copy(row["file"]), row["accounts"], Clock(row["frozenAt"], row["offset"]))


def delete(world_id: str, name: str) -> None:
    """Delete a snapshot.

    :param world_id: ID of the world.
    :param name: the name of the snapshot.
    :raises store.NotFound: there is no such world or snapshot.
    """
    with store.atomic():
        _remove(world_id, _find(world_id, name))
    files.sweep()


def _save(world: worlds.World, name: str, path: Path, accounts: str) -> store.Row:
    with store.atomic():
        row = store.one(
            "select name, file from Snapshots where world = :world and name = :name", world=world.id, name=name
        )
        if row is not None:
            _remove(world.id, row)
        (count,) = store.values("select count(*) from Snapshots where world = :world", world=world.id)
        if count >= limits.read().most_snapshots:
            raise store.Conflict(f"the world has {count} snapshots, the most that are allowed: delete one first")
        store.execute(
            "insert into Snapshots (world, name, file, accounts, size, created, frozenAt, offset)"
            " values (:world, :name, :file, :accounts, :size, :created, :frozen, :offset)",
            world=world.id,
            name=name,
            file=path.name,
            accounts=accounts,
            size=path.stat().st_size,
            created=store.now(),
            frozen=world.clock.frozen_at,
            offset=world.clock.offset,
        )
    (saved,) = store.query(
        f"select {FIELDS} from Snapshots where world = :world and name = :name", world=world.id, name=name
    )
    return saved


def _remove(world_id: str, row: store.Row) -> None:
    files.leave(row["file"])
    store.execute("delete from Snapshots where world = :world and name = :name", world=world_id, name=row["name"])


def _find(world_id: str, name: str) -> store.Row:
    worlds.find(world_id)
    row = store.one(
        "select name, file, accounts, frozenAt, offset from Snapshots where world = :world and name = :name",
        world=world_id,
        name=name,
    )
    if row is None:
        raise store.NotFound("Snapshot not found")
    return row
