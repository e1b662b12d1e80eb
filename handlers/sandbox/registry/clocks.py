"""The clock of a world, which all dates that the API stores or compares follow."""

import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from data import store
from data.store.texts import render_moment

OUT_OF_RANGE = "the clock would leave the years 1 to 9999"


class Clock(NamedTuple):
    """A clock.

    :param frozen_at: the time at which it stands still, in UTC in the form of records; None if it runs.
    :param offset: how far it is ahead of real time while it runs, in milliseconds.
    """

    frozen_at: str | None = None
    offset: int = 0

    def read(self) -> datetime:
        """Return its time, in UTC."""
        return self.read_at(datetime.now(UTC))

    def read_at(self, moment: datetime) -> datetime:
        """Return its time at a moment of real time, both in UTC.

        :param moment: the moment.
        """
        if self.frozen_at is not None:
            return datetime.fromisoformat(self.frozen_at).replace(tzinfo=UTC)
        return moment + timedelta(milliseconds=self.offset)

    def freeze(self) -> "Clock":
        """Return the clock that stands still at the time of this one."""
        return self._replace(frozen_at=render_moment(self.read()))

    def run(self) -> "Clock":
        """Return the clock that runs on from the time of this one."""
        return Clock(offset=self.offset if self.frozen_at is None else _measure_offset(self.read()))

    def set(self, moment: str) -> "Clock":
        """Return the clock with another time, which stands still or runs as this one does.

        :param moment: the time, in UTC in the form of records.
        """
        if self.frozen_at is not None:
            return self._replace(frozen_at=moment)
        return Clock(offset=_measure_offset(datetime.fromisoformat(moment).replace(tzinfo=UTC)))

    def advance(self, seconds: float) -> "Clock":
        """Return the clock with a later time.

        :param seconds: by how many seconds; negative for an earlier time.
        :raises store.Conflict: no date has a year like that.
        """
        try:
            return self.set(render_moment(self.read() + timedelta(seconds=seconds)))
        except OverflowError as error:
            raise store.Conflict(OUT_OF_RANGE) from error


def save(world_id: str, clock: Clock) -> None:
    """Give a world a clock.

    :param world_id: ID of the world.
    :param clock: the clock.
    """
    store.execute(
        "update Worlds set frozenAt = :frozen, offset = :offset where id = :id",
        id=world_id,
        frozen=clock.frozen_at,
        offset=clock.offset,
    )


def _measure_offset(moment: datetime) -> int:
    # Rounded up: a clock that runs on does not go back.
    return math.ceil((moment - datetime.now(UTC)) / timedelta(milliseconds=1))
