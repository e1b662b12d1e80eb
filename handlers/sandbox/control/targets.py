"""The operations on the targets of a world: where the connector under test listens."""

from collections.abc import Mapping
from typing import Any

from connexion import request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from handlers.contract.problems import Problem
from handlers.sandbox.control import DONE, respond
from handlers.sandbox.outgoing.addresses import Forbidden, find_addresses, read_url
from handlers.sandbox.outgoing.contract import list_operations
from handlers.sandbox.outgoing.credentials import BASIC, NONE, OAUTH
from handlers.sandbox.outgoing.zones import DEFAULT, find_zone
from handlers.sandbox.registry import targets

# The fields of credentials by their kind; the last one is secret.
CREDENTIALS = {NONE: (), BASIC: ("user", "password"), OAUTH: ("tokenUrl", "clientId", "clientSecret")}
SECRETS = ("password", "clientSecret")
NO_ZONE = "must be a time zone of the IANA database, such as Europe/Berlin"
DEFAULTS = {
    **{"delay": 0, "duplicate": False, "outOfOrder": False, "retries": 0, "retryWait": 1, "disconnect": None},
    **{"timeout": 10, "checkCertificate": True, "timeZone": DEFAULT},
}


def list_targets(world: str) -> Response:
    """Return the targets of a world (contract: listTargets).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    return respond({"targets": [target.describe() for target in targets.list_all(world)]})


async def register_target(world: str, body: Mapping[str, Any]) -> Response:
    """Register a target in a world (contract: registerTarget).

    :param world: ID of the world.
    :param body: where it is, what it gets and how.
    :raises store.NotFound: there is no such world.
    :raises store.Conflict: the world has as many targets as are allowed.
    :raises Problem: 400; a URL must not be called, or fields of the credentials are missing or too many.
    """
    given = body.get("credentials", {"kind": NONE})
    _check_credentials(given)
    await _check_url(("body", "url"), body["url"])
    if "tokenUrl" in given:
        await _check_url(("body", "credentials", "tokenUrl"), given["tokenUrl"])
    try:
        find_zone(body.get("timeZone", DEFAULT))
    except ValueError as error:
        raise Problem(("body", "timeZone"), NO_ZONE) from error
    shown = {name: value for name, value in given.items() if name not in SECRETS}
    operations = body.get("operations", list_operations())
    rule = {**DEFAULTS, **body, "operations": operations, "credentials": shown}
    secret = next((given[name] for name in SECRETS if name in given), "")
    target = await run_in_threadpool(targets.register, world, rule, secret)
    return respond(target.describe(), 201, {"Location": f"/sandbox/v1/worlds/{world}/outgoing/targets/{target.id}"})


def get_target(world: str, target: int) -> Response:
    """Return a target (contract: getTarget).

    :param world: ID of the world.
    :param target: ID of the target.
    :raises store.NotFound: there is no such world or target.
    """
    return respond(targets.find(world, target).describe())


def delete_target(world: str, target: int) -> Response:
    """Delete a target (contract: deleteTarget).

    :param world: ID of the world.
    :param target: ID of the target.
    :raises store.NotFound: there is no such world or target.
    """
    targets.delete(world, target)
    return respond(DONE)


def _check_credentials(given: Mapping[str, Any]) -> None:
    kind = given["kind"]
    for name in CREDENTIALS[kind]:
        if name not in given:
            raise Problem(("body", "credentials", name), f"is missing; {kind} needs it")
    for name in given:
        if name != "kind" and name not in CREDENTIALS[kind]:
            raise Problem(("body", "credentials", name), f"cannot be given for {kind}")
    if ":" in given.get("user", ""):
        # RFC 7617, section 2.
        raise Problem(("body", "credentials", "user"), "must not have a colon")


async def _check_url(place: tuple[str, ...], url: str) -> None:
    try:
        await find_addresses(read_url(url), request.scope["outgoing_hosts"])
    except Forbidden as error:
        raise Problem(place, str(error)) from error
