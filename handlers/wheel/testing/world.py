"""A world of a sandbox: a database of its own, with all that a test can do there."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple
from uuid import uuid4

from .calls import Calls
from .clock import Clock
from .control import Control, join
from .dialler import Dialler
from .events import Events
from .journal import Journal
from .outgoing import Outgoing


class Account(NamedTuple):
    """A client account of a world.

    :param client_id: its ID, the `ClientsID` of the API.
    :param base_url: where the API is for this account.
    :param token: its bearer token.
    """

    client_id: int
    base_url: str
    token: str


class World:
    """A world; as a context manager, it is deleted at the end of the block.

    `api_url` is where the API is, without a client account, as generated clients take it. `accounts` are the client
    accounts of the world; `base_url`, `token` and `client_id` are those of the first.

    :param control: sends its requests.
    :param described: the world, as the control API describes it.
    """

    def __init__(self, control: Control, described: Mapping[str, Any]) -> None:
        self.id: str = described["id"]
        self.api_url: str = described["baseUrl"]
        self.accounts = [Account(each["clientsId"], each["baseUrl"], each["token"]) for each in described["accounts"]]
        self._control = control
        self._path = join("worlds", self.id)
        self.journal = Journal(control, self._path)
        self.clock = Clock(control, self._path)
        self.dialler = Dialler(control, self._path, self.client_id)
        self.calls = Calls(control, self._path, self.client_id)
        self.events = Events(control, self._path, self.client_id)
        self.outgoing = Outgoing(control, self._path, self.journal)

    def __enter__(self) -> "World":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.delete()

    @property
    def base_url(self) -> str:
        """Return where the API is for the first client account."""
        return self.accounts[0].base_url

    @property
    def token(self) -> str:
        """Return the bearer token of the first client account."""
        return self.accounts[0].token

    @property
    def client_id(self) -> int:
        """Return the ID of the first client account."""
        return self.accounts[0].client_id

    def fail_next(
        self,
        operation_id: str | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        delay: float | None = None,
        drop: bool = False,
        cut: bool = False,
        when: str | None = None,
        first: int = 1,
        count: int | None = 1,
        share: float | None = None,
        seed: int | None = None,
    ) -> "Failure":
        """Let the next requests fail, and return the failure that is armed.

        :param operation_id: the operation that fails, as the contract names it; None for all.
        :param method: the HTTP method that fails; None for all.
        :param path: the path below the client account that fails, as in the contract or with IDs; None for all.
        :param status: answer with this status, which the contract has to document for the operation.
        :param delay: answer after so many seconds.
        :param drop: close the connection without an answer.
        :param cut: close the connection in the middle of the answer.
        :param when: `before`: the request changes nothing; `after`: it is carried out, and its answer is lost. None
            for `after` with `cut`, which needs an answer, and `before` otherwise.
        :param first: the first matching request that fails: 1 for the next one.
        :param count: how many of the matching requests from then on fail; None for all.
        :param share: which part of them fails, from 0 to 1; None for each of them.
        :param seed: the seed of the random numbers for the share.
        :raises SandboxError: the contract documents no such failure; the message says what is possible.
        """
        chosen = {
            **{"operationId": operation_id, "method": method, "path": path, "status": status, "delay": delay},
            **{"drop": drop or None, "cut": cut or None, "share": share, "seed": seed},
        }
        given = {name: value for name, value in chosen.items() if value is not None}
        body = {**given, "when": when or ("after" if cut else "before"), "first": first, "count": count}
        armed = self._control.ask("POST", f"{self._path}/failures", body)
        return Failure(self._control, f"{self._path}{join('failures', str(armed['id']))}")

    def fail_no_more(self) -> None:
        """Disarm all failures."""
        self._control.ask("POST", f"{self._path}/disarm")

    def snapshot(self, name: str | None = None) -> "Snapshot":
        """Take a snapshot of the database and the clock.

        :param name: its name; one of the same name is replaced. None for a new name.
        """
        name = name or uuid4().hex
        path = self._path + join("snapshots", name)
        self._control.ask("POST", path)
        return Snapshot(self._control, name, path)

    def coverage(self) -> dict[str, Any]:
        """Return what the requests of this world have covered of the contract."""
        answer: dict[str, Any] = self._control.ask("GET", f"{self._path}/coverage")
        return answer

    def reset(self) -> None:
        """Bring the world back to its fixture, and its clock to real time."""
        self._control.ask("POST", f"{self._path}/reset")

    def delete(self) -> None:
        """Delete the world, with its snapshots."""
        self._control.ask("DELETE", self._path)


class Failure:
    """A failure that is armed.

    :param control: sends its requests.
    :param path: its path in the control API.
    """

    def __init__(self, control: Control, path: str) -> None:
        self._control = control
        self._path = path

    @property
    def met(self) -> int:
        """Return how many requests have matched so far."""
        return int(self.describe()["met"])

    @property
    def fired(self) -> int:
        """Return how many requests have failed so far."""
        return int(self.describe()["fired"])

    def describe(self) -> dict[str, Any]:
        """Return the failure, as the control API describes it."""
        answer: dict[str, Any] = self._control.ask("GET", self._path)
        return answer

    def disarm(self) -> None:
        """Let no further requests fail."""
        self._control.ask("DELETE", self._path)


class Snapshot:
    """A snapshot of a world; as a context manager, it is restored at the end of the block.

    :param control: sends its requests.
    :param name: its name.
    :param path: its path in the control API.
    """

    def __init__(self, control: Control, name: str, path: str) -> None:
        self.name = name
        self._control = control
        self._path = path

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def restore(self) -> None:
        """Bring the world and its clock back to this snapshot."""
        self._control.ask("POST", f"{self._path}/restore")

    def delete(self) -> None:
        """Delete the snapshot."""
        self._control.ask("DELETE", self._path)
