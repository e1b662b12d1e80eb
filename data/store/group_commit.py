"""Group commit: writes that wait at the same time are committed in one transaction, with one wait for the disk."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from data.store.errors import Conflict, NotFound, Undone
from data.store.store import Store


class WriteResult(NamedTuple):
    """The result of a write.

    :param value: what the function returned.
    :param refusal: the error with which the write was refused; None if it was done.
    """

    value: Any
    refusal: BaseException | None = None


def write_together(store: Store, writes: Sequence[Callable[[], Any]]) -> list[WriteResult]:
    """Run writes in one transaction, each whole or not at all, and return their results when they are on disk.

    :param store: the store that they write to.
    :param writes: functions that write, each in one transaction.
    :raises Exception: a write failed with another error than `NotFound` or `Conflict`; then none is written.
    """
    if len(writes) == 1:
        return [_try(writes[0])]
    try:
        with store.atomic(repeatable=True):
            return [_try(write) for write in writes]
    except Undone:
        with store.atomic():
            return [_try(write) for write in writes]


def _try(write: Callable[[], Any]) -> WriteResult:
    try:
        return WriteResult(write())
    except (NotFound, Conflict) as refusal:
        return WriteResult(None, refusal)
