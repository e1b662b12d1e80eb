"""The clock of a world, which all dates that the API stores or compares follow."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .control import Control


class Clock:
    """The clock of a world. All times are in UTC.

    :param control: sends its requests.
    :param world: the path of the world in the control API.
    """

    def __init__(self, control: Control, world: str) -> None:
        self._control = control
        self._path = f"{world}/clock"

    def now(self) -> datetime:
        """Return its time."""
        return _read(self._control.ask("GET", self._path))

    def freeze(self, moment: datetime | None = None) -> datetime:
        """Let the clock stand still, and return its time.

        :param moment: at this time, in UTC if it has no time zone; None for the present one.
        """
        frozen = _read(self._control.ask("POST", f"{self._path}/freeze"))
        return frozen if moment is None else self.set(moment)

    def run(self) -> datetime:
        """Let the clock run on, and return its time."""
        return _read(self._control.ask("POST", f"{self._path}/run"))

    def set(self, moment: datetime) -> datetime:
        """Give the clock another time, and return it; the clock stands still or runs as before.

        :param moment: the time, in UTC if it has no time zone.
        """
        utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return _read(self._control.ask("PUT", self._path, {"now": utc.isoformat(timespec="milliseconds")}))

    def advance(self, by: timedelta | float) -> datetime:
        """Give the clock a later time, and return it.

        :param by: by how much, or by how many seconds; negative for an earlier time.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return _read(self._control.ask("POST", f"{self._path}/advance", {"seconds": seconds}))


def _read(clock: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["now"]).replace(tzinfo=UTC)
