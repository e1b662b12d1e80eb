"""The limits of the sandbox, which all processes of a server share."""

from typing import NamedTuple

from data import store


class Limits(NamedTuple):
    """What a sandbox may hold.

    :param idle_seconds: a world that gets no request for so long is deleted.
    :param most_worlds: the largest number of worlds.
    :param most_snapshots: the largest number of snapshots of a world.
    :param most_failures: the largest number of failures that are armed in a world.
    :param largest_upload: the largest size of a snapshot that is uploaded, in bytes.
    :param journal_length: the largest number of entries of a world's journal.
    :param largest_kept: how many bytes of each body the journal keeps.
    :param longest_wait: how many seconds a request may wait for others.
    :param most_calls: the largest number of outgoing calls of a world that wait, and of those that are kept when done.
    """

    idle_seconds: float = 3600
    most_worlds: int = 1000
    most_snapshots: int = 100
    most_failures: int = 100
    largest_upload: int = 2**30
    journal_length: int = 10_000
    largest_kept: int = 64 * 1024
    longest_wait: float = 60
    most_calls: int = 1000


def save(limits: Limits) -> None:
    """Store the limits.

    :param limits: the limits.
    """
    with store.atomic():
        for name, value in limits._asdict().items():
            store.execute(
                "insert into Limits (name, value) values (:name, :value) on conflict do update set value = :value",
                name=name,
                value=value,
            )


def read() -> Limits:
    """Return the limits."""
    given = {row["name"]: row["value"] for row in store.query("select name, value from Limits")}
    return Limits(**{name: type(default)(given[name]) for name, default in Limits()._asdict().items()})
