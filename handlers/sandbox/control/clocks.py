"""The operations on the clock of a world."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from data import store
from data.store.texts import render_moment
from handlers.sandbox.control import respond
from handlers.sandbox.registry import clocks, worlds
from handlers.sandbox.registry.clocks import Clock


def get_clock(world: str) -> Response:
    """Return the clock of a world (contract: getClock).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return respond(_describe(worlds.find(world).clock))


def freeze_clock(world: str) -> Response:
    """Let the clock of a world stand still (contract: freezeClock).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return _change(world, Clock.freeze)


def run_clock(world: str) -> Response:
    """Let the clock of a world run on (contract: runClock).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return _change(world, Clock.run)


def set_clock(world: str, body: Mapping[str, Any]) -> Response:
    """Give the clock of a world another time (contract: setClock).

    :param world: ID of the world.
    :param body: the time.
    :raises store.NotFound: there is no such world.
    """
    return _change(world, lambda clock: clock.set(body["now"]))


def advance_clock(world: str, body: Mapping[str, Any]) -> Response:
    """Give the clock of a world a later time (contract: advanceClock).

    :param world: ID of the world.
    :param body: by how many seconds.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: no date has a year like that.
    """
    return _change(world, lambda clock: clock.advance(body["seconds"]))


def _change(world_id: str, change: Callable[[Clock], Clock]) -> Response:
    with store.atomic():
        clock = change(worlds.find(world_id).clock)
        clocks.save(world_id, clock)
    return respond(_describe(clock))


def _describe(clock: Clock) -> Mapping[str, Any]:
    return {"now": render_moment(clock.read()), "isFrozen": clock.frozen_at is not None}
