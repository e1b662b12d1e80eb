"""Group commit: writes that wait together are committed in one transaction, so that the disk is waited for once."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from data.store.errors import Conflict, NotFound
from data.store.store import Store


class WriteResult(NamedTuple):
    """What became of a write.

    :param value: what it returned.
    :param refusal: why it was refused, if it was.
    """

    value: Any
    refusal: BaseException | None = None


def write_together(store: Store, writes: Sequence[Callable[[], Any]]) -> list[WriteResult]:
    """Run writes in one transaction, each whole or not at all, and return what became of each when it is on disk.

    :param store: the store that they write to.
    :param writes: functions that write, each in one transaction.
    :raises Exception: one of them failed and was not just refused; nothing is written then.
    """
    if len(writes) == 1:
        return [_try(writes[0])]
    with store.atomic():
        return [_try(write) for write in writes]


def _try(write: Callable[[], Any]) -> WriteResult:
    try:
        return WriteResult(write())
    except (NotFound, Conflict) as refusal:
        return WriteResult(None, refusal)
