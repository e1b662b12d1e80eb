"""The journal of a world: each request and answer of it, with the contract's verdict."""

from collections.abc import Iterator
from typing import Any

from .control import TIMEOUT, Control

FILTERS = {
    "operation_id": "operationId",
    **{name: name for name in ("method", "path", "status", "valid", "direction", "after")},
}


class Journal:
    """The journal of a world.

    Its filters are `operation_id`, `method`, `path`, `status`, `valid`, `after`, the number of an entry, and
    `direction`: `incoming` for requests of the API, `outgoing` for calls to the connector.

    :param control: sends its requests.
    :param world: the path of the world in the control API.
    """

    def __init__(self, control: Control, world: str) -> None:
        self._control = control
        self._path = f"{world}/journal"

    def entries(self, *, limit: int | None = None, **filters: Any) -> list[dict[str, Any]]:
        """Return the entries, as the control API describes them, in the order of the requests.

        :param limit: the most entries; None for as many as the sandbox gives.
        :param filters: what the entries must be.
        """
        answer = self._control.ask("GET", self._path, query={"limit": limit, **_name(filters)})
        entries: list[dict[str, Any]] = answer["entries"]
        return entries

    def count(self, **filters: Any) -> int:
        """Return the number of entries.

        :param filters: what the entries must be.
        """
        return int(self._control.ask("GET", f"{self._path}/count", query=_name(filters))["count"])

    def wait(self, count: int = 1, timeout: float = 5, **filters: Any) -> bool:
        """Wait until there are so many entries, and return whether there are.

        :param count: the number of entries.
        :param timeout: how many seconds to wait at most.
        :param filters: what the entries must be.
        """
        query = {"count": count, "timeout": timeout, **_name(filters)}
        return bool(self._control.ask("GET", f"{self._path}/wait", query=query, timeout=timeout + TIMEOUT)["reached"])

    def render(self) -> str:
        """Return the journal as text: a line for each request, and for each rule of the contract that was broken."""
        return "\n".join(line for entry in self.entries() for line in _render(entry))

    def clear(self) -> None:
        """Delete all entries."""
        self._control.ask("POST", f"{self._path}/clear")

    def har(self) -> dict[str, Any]:
        """Return the journal as an HTTP archive, HAR 1.2."""
        archive: dict[str, Any] = self._control.ask("GET", f"{self._path}/har")
        return archive


def _render(entry: dict[str, Any]) -> Iterator[str]:
    target = f"{entry['path']}?{entry['query']}".removesuffix("?")
    to = " to the connector" if entry["direction"] == "outgoing" else ""
    injected = " (a failure that the test has armed)" if entry["failure"] else ""
    yield f"{entry['number']}. {entry['method']} {target}{to}: {entry['status'] or 'no answer'}{injected}"
    for violation in entry["violations"]:
        yield f"   {violation['place']}: {violation['rule']}"


def _name(filters: dict[str, Any]) -> dict[str, Any]:
    unknown = filters.keys() - FILTERS.keys()
    if unknown:
        raise TypeError(f"the journal has no filter {', '.join(sorted(unknown))}; it has {', '.join(FILTERS)}")
    return {FILTERS[name]: value for name, value in filters.items()}
