"""Failures that are armed in a world of a sandbox, and what they are tried with."""

from typing import Any

from tests.support.sandbox import World

CAMPAIGNS = "/dialler/campaigns"
SOURCE = f"{CAMPAIGNS}/535"


def arm(world: World, **rule: Any) -> dict[str, Any]:
    """Arm a failure, and return it."""
    answer = world.ask("POST", "/failures", json=rule)
    assert answer.status_code == 201, answer.text
    armed: dict[str, Any] = answer.json()
    return armed


def count_campaigns(world: World) -> int:
    """Return how many campaigns the world has."""
    with world.client() as client:
        return int(client.get(CAMPAIGNS).json()["count"])


def bytes_of(world: World, method: str, path: str, *lines: str) -> bytes:
    """Return a request without a body as bytes."""
    token = world.described["accounts"][0]["token"]
    first = f"{method} /rest/v1.0/1{path} HTTP/1.1"
    return "\r\n".join([first, "Host: freiton", f"Authorization: Bearer {token}", *lines, "", ""]).encode()
