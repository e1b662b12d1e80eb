"""Calls of the dialler that connectors are still to be told of: which is the first one in the history of a world.

It is noted before the calls are stored, and taken back when they are queued. So no process that ends loses a call.
"""

from data import store
from handlers.sandbox.registry import worlds
from handlers.sandbox.registry.worlds import World


def note(world_id: str, file: str, call_id: int) -> None:
    """Note the first of some calls, unless earlier ones are still to be told.

    :param world_id: ID of the world.
    :param file: the name of the database that they are stored in; nothing is noted if the world has another one by now.
    :param call_id: its ID in the history.
    """
    store.execute(
        "update Worlds set untold = :call where id = :world and file = :file and untold is null",
        world=world_id,
        file=file,
        call=call_id,
    )


def find(world_id: str, file: str) -> int | None:
    """Return the ID of the first call that is to be told; None if there is none.

    :param world_id: ID of the world.
    :param file: the name of the database whose calls are asked for.
    """
    row = store.one("select untold from Worlds where id = :world and file = :file", world=world_id, file=file)
    return row["untold"] if row else None


def save(world_id: str, call_id: int | None) -> None:
    """Store which call is now the first one that is to be told.

    :param world_id: ID of the world.
    :param call_id: its ID in the history; None for none.
    """
    store.execute("update Worlds set untold = :call where id = :world", world=world_id, call=call_id)


def list_worlds() -> list[World]:
    """Return the worlds that have calls that are to be told."""
    return [worlds.find(row["id"]) for row in store.query("select id from Worlds where untold is not null")]
