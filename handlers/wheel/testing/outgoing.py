"""The calls of the contact centre to the connector under test."""

from collections.abc import Mapping, Sequence
from typing import Any

from .control import TIMEOUT, Control, join
from .journal import Journal

FILTERS = {"operation_id": "operationId", "status": "status", "after": "after"}
NO_DATA: Mapping[str, Any] = {}


class Outgoing:
    """The calls of a world to the connector under test, by the contract that is served as `/sandbox/outgoing.yaml`.

    :param control: sends its requests.
    :param world: the path of the world in the control API.
    :param journal: the journal of the world.
    """

    def __init__(self, control: Control, world: str, journal: Journal) -> None:
        self._control = control
        self._path = f"{world}/outgoing"
        self._journal = journal

    def register(
        self,
        url: str,
        operations: Sequence[str] | None = None,
        *,
        user: str | None = None,
        password: str | None = None,
        token_url: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        delay: float = 0,
        duplicate: bool = False,
        out_of_order: bool = False,
        retries: int = 0,
        retry_wait: float = 1,
        disconnect: str | None = None,
        timeout: float = 10,
        check_certificate: bool = True,
        time_zone: str = "UTC",
    ) -> "Target":
        """Register where the connector listens, and return the target.

        :param url: the URL that the paths of the calls are below.
        :param operations: the operations that it gets; None for all.
        :param user: the user of Basic credentials.
        :param password: the password of Basic credentials.
        :param token_url: where a bearer token is fetched, with client credentials.
        :param client_id: the client ID of client credentials.
        :param client_secret: the client secret of client credentials.
        :param delay: send each call so many seconds late.
        :param duplicate: send each call twice.
        :param out_of_order: send each second call before the first.
        :param retries: how often to send a call again that is not answered, or with a status from 500 on.
        :param retry_wait: the seconds before that.
        :param disconnect: `afterRequest` or `midRequest` to close the connection of each call's first attempt there.
        :param timeout: the seconds that the connector has for its answer.
        :param check_certificate: whether the certificate of an https server has to be valid.
        :param time_zone: the time zone of local times, such as `Europe/Berlin`.
        :raises SandboxError: the URL leads to another machine, or is none.
        """
        kind = "clientCredentials" if token_url else "basic" if user is not None else "none"
        given = {
            **{"user": user, "password": password},
            **{"tokenUrl": token_url, "clientId": client_id, "clientSecret": client_secret},
        }
        body = {
            "url": url,
            **({} if operations is None else {"operations": [*operations]}),
            "credentials": {"kind": kind, **{name: value for name, value in given.items() if value is not None}},
            **{"delay": delay, "duplicate": duplicate, "outOfOrder": out_of_order, "retries": retries},
            **{"retryWait": retry_wait, "disconnect": disconnect, "timeout": timeout},
            **{"checkCertificate": check_certificate, "timeZone": time_zone},
        }
        target = self._control.ask("POST", f"{self._path}/targets", body)
        return Target(self._control, target["id"], f"{self._path}{join('targets', str(target['id']))}")

    def send(
        self,
        operation_id: str,
        data: Mapping[str, Any] = NO_DATA,
        *,
        wait: float = 10,
        target: "Target | None" = None,
        check: bool = True,
    ) -> dict[str, Any]:
        """Call the connector, and return the call as the control API describes it.

        :param operation_id: the operation.
        :param data: the parameters of the operation and the fields of its body, by name.
        :param wait: how many seconds to wait for the answer at most; 0 for not at all.
        :param target: where to; None for the target that gets the operation.
        :param check: whether the data has to be as the contract wants it.
        :raises SandboxError: there is no target for the operation, or the contract does not allow the data.
        """
        body = {"operationId": operation_id, "data": {**data}, "check": check}
        chosen = body if target is None else {**body, "target": target.id}
        path = f"{self._path}/calls"
        call: dict[str, Any] = self._control.ask("POST", path, chosen, query={"wait": wait}, timeout=wait + TIMEOUT)
        return call

    def calls(self, *, limit: int | None = None, **filters: Any) -> list[dict[str, Any]]:
        """Return the calls, as the control API describes them, in their order.

        :param limit: the most calls; None for as many as the sandbox gives.
        :param filters: `operation_id`, `status`, and `after`, the ID of a call.
        """
        unknown = filters.keys() - FILTERS.keys()
        if unknown:
            raise TypeError(f"calls have no filter {', '.join(sorted(unknown))}; they have {', '.join(FILTERS)}")
        query = {"limit": limit, **{FILTERS[name]: value for name, value in filters.items()}}
        calls: list[dict[str, Any]] = self._control.ask("GET", f"{self._path}/calls", query=query)["calls"]
        return calls

    def wait(self, count: int = 1, timeout: float = 5, **filters: Any) -> bool:
        """Wait until so many requests to the connector are in the journal, and return whether they are.

        :param count: the number of requests.
        :param timeout: how many seconds to wait at most.
        :param filters: what the entries of the journal must be.
        """
        return self._journal.wait(count, timeout, direction="outgoing", **filters)


class Target:
    """Where a connector listens.

    :param control: sends its requests.
    :param target_id: its ID.
    :param path: its path in the control API.
    """

    def __init__(self, control: Control, target_id: int, path: str) -> None:
        self.id = target_id
        self._control = control
        self._path = path

    def describe(self) -> dict[str, Any]:
        """Return the target, as the control API describes it."""
        answer: dict[str, Any] = self._control.ask("GET", self._path)
        return answer

    def delete(self) -> None:
        """Send no further calls there."""
        self._control.ask("DELETE", self._path)
