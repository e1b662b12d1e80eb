"""Writes that come together, committed together: the disk is waited for once."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from data import store


class Outcome(NamedTuple):
    """What became of a write: its result, or why it was refused."""

    result: Any
    refusal: BaseException | None = None


def write_together(writes: Sequence[Callable[[], Any]]) -> list[Outcome]:
    """Run writes in one transaction, each whole or not at all, and return what became of each when it is on disk.

    :param writes: functions that write, each in one transaction.
    :raises Exception: one of them failed and was not just refused; nothing is written then.
    """
    if len(writes) == 1:
        return [_try(writes[0])]
    with store.atomic():
        return [_try(write) for write in writes]


def _try(write: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(write())
    except (store.NotFound, store.Conflict) as refusal:
        return Outcome(None, refusal)
