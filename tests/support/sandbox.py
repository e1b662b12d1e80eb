"""A sandbox to talk to: its worlds, and their API."""

from pathlib import Path
from typing import Any

import httpx

from tests.support.conformance import check_answer
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

WORLDS = "/sandbox/v1/worlds"
# A body of createAcdEvent.
EVENT = {
    "AcdEventTypesID": 3,
    "AcdGroupsID": 137,
    "Sender": "+493023125155",
    "Receiver": "+493023125100",
    "Subject": "Rückruf erbeten",
    "Body": "Bitte zwischen 14 und 16 Uhr.",
    "UserData": "CON6177",
}


class SandboxService(Service):
    """A running sandbox.

    :param name: its log is next to this path.
    :param options: further options of `freiton serve`.
    """

    def __init__(self, name: Path, *options: str) -> None:
        super().__init__(name, "--sandbox", *options)

    def choose_database(self, database: Path) -> list[str]:
        """Return no options: a sandbox has databases of its own."""
        return []


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

    def move_to(self, service: Service) -> None:
        """Go on with this world at another sandbox, which uses the same folder.

        :param service: the sandbox.
        """
        self.control.close()
        self.control = httpx.Client(base_url=service.url, timeout=SECONDS_TO_ANSWER, verify=False)
        # The URLs have another port.
        self.described = self.ask("GET").raise_for_status().json()

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
