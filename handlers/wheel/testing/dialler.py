"""The dialler of a world: calls with contacts, played one by one or by a scenario."""

import time
from datetime import UTC, datetime
from typing import Any

from .control import TIMEOUT, Control, SandboxError

# In seconds: how long one request waits for the end of a run.
WAIT_SECONDS = 20
TRY = {
    "code": "code",
    "code_id": "codeId",
    "number": "number",
    "agent": "agent",
    "delay_minutes": "delayMinutes",
    "appointment": "appointment",
    "ring_seconds": "ringSeconds",
    "talk_seconds": "talkSeconds",
}
SETTINGS = {
    "max_tries": "maxTries",
    "wait_seconds": "waitSeconds",
    "busy_tries": "busyTries",
    "busy_seconds": "busySeconds",
}
SCENARIO = {
    "seed": "seed",
    "agents": "agents",
    "campaigns": "campaigns",
    "outcomes": "outcomes",
    "codes": "codes",
    "ring_seconds": "ringSeconds",
    "talk_seconds": "talkSeconds",
    "pause_seconds": "pauseSeconds",
    "appointment_minutes": "appointmentMinutes",
    "until": "until",
    "tries": "tries",
}


class Dialler:
    """The dialler of a world.

    :param control: sends its requests.
    :param world: the path of the world in the control API.
    :param client_id: ID of the client account whose contacts it calls, unless another one is given.
    """

    def __init__(self, control: Control, world: str, client_id: int) -> None:
        self._control = control
        self._path = f"{world}/dialler"
        self._client_id = client_id

    def play(self, contact_id: int, outcome: str, *, client_id: int | None = None, **details: Any) -> dict[str, Any]:
        """Play a call with a contact, and return it with the contact: `call` and `contact`, as the API shows them.

        :param contact_id: ID of the contact.
        :param outcome: `noAnswer`, `busy`, `invalidNumber`, `error`, `agentAborts`, `machine`, `answered` or `callIn`.
        :param client_id: ID of the client account; None for the first one of the world.
        :param details: `code`, the export key of the result code, or `code_id`, with `answered`; `agent`, the UID of
            the agent; `appointment`, a datetime in UTC; `delay_minutes`, `number`, `ring_seconds`, `talk_seconds`; and
            the settings `max_tries`, `wait_seconds`, `busy_tries`, `busy_seconds`.
        :raises SandboxError: the contact cannot be called so; the message says what is possible.
        """
        given = _name(details, {**TRY, **SETTINGS})
        body = {"clientsId": self._choose(client_id), "contactId": contact_id, "outcome": outcome, **given}
        played: dict[str, Any] = self._control.ask("POST", f"{self._path}/tries", body)
        return played

    def run(self, *, client_id: int | None = None, timeout: float = 60, **scenario: Any) -> dict[str, Any]:
        """Let agents call contacts by a scenario, and return the run when it has ended.

        :param client_id: ID of the client account; None for the first one of the world.
        :param timeout: how many seconds it may take; then it is stopped.
        :param scenario: `seed`, `agents`, `outcomes`, such as `{"noAnswer": 0.3, "answered": 0.7}`, `codes`, such as
            `{"ABG": 1}`, `campaigns`, the weights of campaigns by ID, `tries`, `until`, a datetime in UTC;
            `ring_seconds`, `talk_seconds`, `pause_seconds` and `appointment_minutes`, each the smallest and the largest
            number; and the settings of `play`.
        :raises SandboxError: another run is playing, the scenario is not possible, or it has not ended in time.
        """
        self.start(client_id=client_id, **scenario)
        end = time.monotonic() + timeout
        while (run := self.wait(min(WAIT_SECONDS, max(0, end - time.monotonic()))))["state"] == "running":
            if time.monotonic() >= end:
                calls = self.stop()["tries"]
                raise SandboxError(f"the dialler has not ended in {timeout} seconds; it has made {calls} calls")
        return run

    def start(self, *, client_id: int | None = None, **scenario: Any) -> dict[str, Any]:
        """Let agents call contacts by a scenario in the background, and return the run.

        :param client_id: ID of the client account; None for the first one of the world.
        :param scenario: as for `run`.
        :raises SandboxError: another run is playing, or the scenario is not possible.
        """
        given = _name(scenario, {**SCENARIO, **SETTINGS})
        started: dict[str, Any] = self._control.ask(
            "POST", f"{self._path}/run", {"clientsId": self._choose(client_id), **given}
        )
        return started

    def wait(self, timeout: float = 0) -> dict[str, Any]:
        """Return the last run as soon as it has ended, or as it is after a timeout.

        :param timeout: how many seconds to wait at most.
        :raises SandboxError: the dialler has not run in this world.
        """
        run: dict[str, Any] = self._control.ask(
            "GET", f"{self._path}/run", query={"timeout": timeout}, timeout=timeout + TIMEOUT
        )
        return run

    def stop(self) -> dict[str, Any]:
        """Stop the run, and return it.

        :raises SandboxError: the dialler has not run in this world.
        """
        run: dict[str, Any] = self._control.ask("DELETE", f"{self._path}/run")
        return run

    def statistics(self, client_id: int | None = None) -> list[dict[str, Any]]:
        """Return what was counted in each hour for each campaign, by the names of the vendor's table.

        :param client_id: ID of the client account; None for the first one of the world.
        """
        answer = self._control.ask("GET", f"{self._path}/statistics", query={"clientsId": self._choose(client_id)})
        hours: list[dict[str, Any]] = answer["hours"]
        return hours

    def _choose(self, client_id: int | None) -> int:
        return self._client_id if client_id is None else client_id


def _name(given: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    unknown = given.keys() - known.keys()
    if unknown:
        raise TypeError(f"the dialler has no {', '.join(sorted(unknown))}; it has {', '.join(known)}")
    return {known[name]: _render(name, value) for name, value in given.items() if value is not None}


def _render(name: str, value: Any) -> Any:
    """Return a value as the control API takes it."""
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return utc.isoformat(timespec="milliseconds")
    if isinstance(value, tuple):
        return {"from": value[0], "to": value[1]}
    if name == "codes":
        return [{"code": code, "share": share} for code, share in value.items()]
    if name == "campaigns":
        return [{"id": campaign, "weight": weight} for campaign, weight in value.items()]
    return value
