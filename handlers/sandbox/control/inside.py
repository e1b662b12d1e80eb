"""What an operation of the control API does in the database of a world."""

from collections.abc import Callable
from typing import TypeVar

from connexion import request
from starlette.concurrency import run_in_threadpool

from data import store
from handlers.sandbox.registry import worlds
from handlers.sandbox.registry.worlds import World

Returned = TypeVar("Returned")


def find_world(world_id: str, clients_id: int) -> World:
    """Return a world that has a client account.

    :param world_id: ID of the world.
    :param clients_id: ID of the client account.
    :raises store.NotFound: there is no such world, or it has no such client account.
    """
    world = worlds.find(world_id)
    if clients_id not in world.accounts:
        raise store.NotFound(f"Client account not found; there are {', '.join(map(str, world.accounts))}")
    return world


def open_world(world: World) -> store.Store:
    """Return the store of a world, with its clock; called in the event loop.

    :param world: the world.
    """
    opened: store.Store = request.scope["stores"].get(world.file, request.scope["quotas"]).store
    opened.clock = world.clock.read
    return opened


async def run_inside(world: World, call: Callable[[], Returned]) -> Returned:
    """Return what a function returns whose current store is that of a world, in a thread.

    :param world: the world.
    :param call: the function.
    """
    return await run_in_threadpool(_use, open_world(world), call)


def _use(of: store.Store, call: Callable[[], Returned]) -> Returned:
    with of.use():
        return call()
