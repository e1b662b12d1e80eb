"""The operations on worlds."""

from collections.abc import Mapping
from typing import Any

from connexion import request
from starlette.responses import Response

from handlers.sandbox.control import DONE, respond
from handlers.sandbox.documented import find_base
from handlers.sandbox.registry import worlds
from handlers.sandbox.registry.worlds import World, name_token


def list_worlds() -> Response:
    """Return all worlds (contract: listWorlds)."""
    return respond({"worlds": [describe(world) for world in worlds.list_all()]})


def create_world(body: Mapping[str, Any]) -> Response:
    """Make a world (contract: createWorld).

    :param body: the fixture.
    :raises store.NotFound: there is no such fixture.
    :raises store.Conflict: there are as many worlds as are allowed.
    :raises store.Unavailable: the disk is full.
    """
    world = worlds.make(body["fixture"])
    return respond(describe(world), 201, {"Location": f"/sandbox/v1/worlds/{world.id}"})


def get_world(world: str) -> Response:
    """Return a world (contract: getWorld).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return respond(describe(worlds.find(world)))


def delete_world(world: str) -> Response:
    """Delete a world with its snapshots (contract: deleteWorld).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: it is the default one.
    """
    worlds.delete(world)
    return respond(DONE)


def reset_world(world: str) -> Response:
    """Bring a world back to its fixture (contract: resetWorld).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    :raises store.Unavailable: the disk is full.
    """
    return respond(describe(worlds.reset(world)))


def describe(world: World) -> Mapping[str, Any]:
    """Return a world as the control API shows it.

    :param world: the world.
    """
    base = f"http://{request.headers['host']}{find_base()}"
    return {
        "id": world.id,
        "fixture": world.fixture,
        "baseUrl": base,
        "accounts": [
            {"clientsId": account, "baseUrl": f"{base}/{account}", "token": name_token(world.id, account)}
            for account in world.accounts
        ],
        "created": world.created,
    }
