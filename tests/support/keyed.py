"""Requests with an idempotency key, and what a database then has of them."""

from pathlib import Path
from typing import Any

import httpx

from tests.support.files import read_rows
from tests.support.operations import OPERATIONS, Ask

KEY = "Idempotency-Key"
REUSED = {"status": 409, "error": f"{KEY}: was used with another request"}
# The operations that take a key.
KEYED = ("createAcdEvent", "cloneDiallerCampaign", "importDiallerContact", "importDiallerContacts")
MADE = (
    "select (select count(*) from AcdEvents), (select count(*) from DiallerCampaigns),"
    " (select count(*) from DiallerContactsPresent)"
)


def change(ask: Ask, **fields: Any) -> Ask:
    """Return a request with other fields in its body."""
    return ask._replace(json={**(ask.json or {}), **fields})


def send(client: httpx.Client, ask: Ask | str, key: str | None, **headers: str) -> httpx.Response:
    """Return the answer to a request of an operation, with an idempotency key unless it is None."""
    asked = OPERATIONS[ask] if isinstance(ask, str) else ask
    fields = {"Content-Type": asked.media_type, **headers, **({} if key is None else {KEY: key})}
    return client.request(asked.method, asked.path, params=asked.params, json=asked.json, headers=fields)


def count_made(database: Path) -> list[int]:
    """Return how many events, campaigns and contacts that are visible a database has."""
    (counts,) = read_rows(database, MADE)
    return [*counts]


def read_answer(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and header of an answer, without what is of each answer its own."""
    own = ("date", "x-request-id")
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k not in own}
