"""A sandbox to talk to: its worlds, and their API."""

from typing import Any

import httpx

from tests.support.conformance import check_answer
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

WORLDS = "/sandbox/v1/worlds"


class World:
    """A world of a sandbox.

    :param service: the sandbox.
    :param fixture: the fixture that the world is made of.
    """

    def __init__(self, service: Service, fixture: str = "demo") -> None:
        self.control = httpx.Client(base_url=service.url, timeout=SECONDS_TO_ANSWER, verify=False)
        self.described: dict[str, Any] = self.control.post(WORLDS, json={"fixture": fixture}).raise_for_status().json()
        self.path = f"{WORLDS}/{self.described['id']}"

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *exception: object) -> None:
        self.control.delete(self.path)
        self.control.close()

    def ask(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        """Return the answer of the control API to a request for this world.

        :param method: the HTTP method.
        :param path: the path below that of the world.
        :param options: what else `httpx.Client.request` takes.
        """
        return self.control.request(method, self.path + path, **options)

    def client(self, account: int = 0) -> httpx.Client:
        """Return an HTTP client of the API in this world, whose every answer is held against the contract.

        :param account: the place of the client account in the world's list.
        """
        chosen = self.described["accounts"][account]
        return httpx.Client(
            base_url=chosen["baseUrl"],
            headers={"Authorization": f"Bearer {chosen['token']}"},
            event_hooks={"response": [check_answer]},
            timeout=SECONDS_TO_ANSWER,
            verify=False,
        )
