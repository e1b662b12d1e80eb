"""The operations on the failures of a world."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from handlers.sandbox.control import DONE, respond
from handlers.sandbox.control.failure_rules import complete, find_targets
from handlers.sandbox.registry import failures


def list_failures(world: str) -> Response:
    """Return the failures of a world (contract: listFailures).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return respond({"failures": [failure.describe() for failure in failures.list_all(world)]})


def arm_failure(world: str, body: Mapping[str, Any]) -> Response:
    """Arm a failure in a world (contract: armFailure).

    :param world: ID of the world.
    :param body: which requests fail, and how.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: as many failures as are allowed are armed.
    :raises Problem: 400; the contract has no such operation or documents no such answer, or fields contradict others.
    """
    rule = complete(body)
    failure = failures.arm(world, rule, *find_targets(rule))
    return respond(failure.describe(), 201, {"Location": f"/sandbox/v1/worlds/{world}/failures/{failure.id}"})


def get_failure(world: str, failure: int) -> Response:
    """Return a failure (contract: getFailure).

    :param world: ID of the world.
    :param failure: ID of the failure.
    :raises store.NotFound: there is no such world or failure.
    """
    return respond(failures.find(world, failure).describe())


def disarm_failure(world: str, failure: int) -> Response:
    """Delete a failure (contract: disarmFailure).

    :param world: ID of the world.
    :param failure: ID of the failure.
    :raises store.NotFound: there is no such world or failure.
    """
    failures.disarm(world, failure)
    return respond(DONE)


def disarm_failures(world: str) -> Response:
    """Delete all failures of a world (contract: disarmFailures).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    failures.disarm_all(world)
    return respond(DONE)
