"""Imports of contacts: one contact, or any number from a file."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice
from typing import Any

from data import contacts, purges, store
from data.contact_rows import Batch, make_batch
from data.import_progress import Progress
from data.steps import NUMBERS as NUMBERS
from data.steps import Outcome as Outcome
from data.steps import Step, count_new
from data.uploads import Overtaken as Overtaken
from data.uploads import Upload

# How many different errors a message lists.
MOST_ERRORS = 10
# A step of an import of all or none ends after this time, checked after each STEP_SIZE contacts.
STEP_SECONDS = 0.025
STEP_SIZE = 100
# On a server, where a step takes eight exchanges, and other writers have their turns in the order in which they came: a
# pause lets a thread of this process wake up. With 100 contacts and longer pauses, an import took four times as long.
REMOTE_STEP_SIZE = 500
REMOTE_PAUSE_SECONDS = 0.001


class Failed(ValueError):
    """An import that stored nothing, because some of its contacts could not be stored.

    :param errors: line number to what is wrong.
    """

    def __init__(self, errors: Mapping[int, str]) -> None:
        super().__init__(summarise(errors.items()))
        self.errors = errors

    def explain(self, batch: Batch) -> list[Outcome]:
        """Return the outcome of each contact of a batch of this import.

        :param batch: the batch.
        """
        errors = {**dict.fromkeys(batch.lines), **batch.errors, **self.errors}
        lines = sorted([*batch.lines, *batch.errors])
        return [Outcome(line, "failed" if errors[line] else "cancelled", error=errors[line]) for line in lines]


Report = Callable[[list[Outcome]], object]
Finish = Callable[[], object]


def summarise(errors: Iterable[tuple[int, str]]) -> str:
    """Return the first ten different errors as one text, each with its first line and how many more lines have it.

    :param errors: line numbers and errors; no more are read once there are ten different errors.
    """
    found: dict[str, list[int]] = {}
    for line, error in errors:
        if error not in found and len(found) == MOST_ERRORS:
            break
        first, count = found.get(error, (line, 0))
        found[error] = [first, count + 1]
    return "; ".join(
        f"line {line}{f' and {count - 1} more' if count > 1 else ''}: {error}" for error, (line, count) in found.items()
    )


def import_contact(clients_id: int, contact: Mapping[str, Any], *, overwrite: bool) -> str:
    """Store a contact and return it as JSON text.

    :param clients_id: ID of the client account.
    :param contact: its fields, valid by the contract.
    :param overwrite: overwrite the campaign's contact with the same user data; of several, the one with the lowest ID.
    :raises store.NotFound: the client has no such campaign, or the campaign no result code with that export key.
    :raises store.Conflict: the contact to be overwritten is locked.
    """
    with store.atomic():
        batch = make_batch({1: contact}, {})
        step = Step(clients_id, batch, overwrite)
        step.add(1, *batch.rows, *batch.settings)
        (outcome,) = step.end()
        assert outcome.contact_id is not None
        return contacts.get(clients_id, outcome.contact_id)


def import_all(clients_id: int, batches: Iterator[Batch], *, overwrite: bool, report: Report, finish: Finish) -> None:
    """Store all contacts, or none of them if one cannot be stored.

    :param clients_id: ID of the client account.
    :param batches: the contacts.
    :param overwrite: overwrite contacts with the same user data.
    :param report: called with the outcomes of each batch.
    :param finish: called at the end, in the transaction that makes the contacts visible.
    :raises Failed: a contact cannot be stored.
    :raises Overtaken: other writers have changed contacts that the import relied on; the caller has to start it again.
    """
    first = [*islice(batches, 2)]
    if len(first) < 2:
        with store.atomic():
            for batch in first:
                report(_store_batch(clients_id, batch, overwrite, skip=False))
            finish()
        return
    upload = Upload(clients_id, overwrites=overwrite)
    try:
        for batch in chain(first, batches):
            report(_store_in_steps(upload, batch))
            upload.write_back()
        with upload.step():
            count_new(clients_id, upload.counts)
            upload.publish()
            finish()
    except BaseException:
        with suppress(store.Unavailable):
            upload.abandon()
        raise
    finally:
        upload.end()
        purges.wake()


def import_each(clients_id: int, batches: Iterable[Batch], *, overwrite: bool, report: Report, finish: Finish) -> None:
    """Store all contacts that can be stored, a thousand at a time.

    :param clients_id: ID of the client account.
    :param batches: the contacts.
    :param overwrite: overwrite contacts with the same user data.
    :param report: called with the outcomes of each batch, in the transaction that stores it.
    :param finish: called at the end, in the transaction that stores the last batch if there is one.
    """
    is_last = False
    for batch, is_last in _mark_last(batches):
        with store.atomic():
            report(_store_batch(clients_id, batch, overwrite, skip=True))
            if is_last:
                finish()
    if not is_last:
        # There was no batch.
        finish()


def import_file(progress: Progress, batches: Iterable[Batch], *, overwrite: bool, skip: bool, report: Report) -> None:
    """Store the contacts of a file, a thousand at a time; an interrupted import continues where it ended.

    :param progress: how far an earlier import of the file came; updated by this one.
    :param batches: the contacts of the file, from its beginning.
    :param overwrite: overwrite contacts with the same user data.
    :param skip: skip contacts that cannot be stored.
    :param report: called with the outcomes of each batch, when it is stored.
    :raises Failed: a contact of the next batch cannot be stored, and nothing of that batch is; not if `skip`.
    """
    for batch in filter(progress.add, batches):
        with store.atomic():
            outcomes = _store_batch(progress.clients_id, batch, overwrite, skip=skip)
            progress.save(batch.last)
        progress.line = batch.last
        report(outcomes)
    with store.atomic():
        progress.end()


def _mark_last(batches: Iterable[Batch]) -> Iterator[tuple[Batch, bool]]:
    """Yield each batch, and whether it is the last one; the batch before one that cannot be read is not the last."""
    rest = iter(batches)
    batch = next(rest, None)
    while batch is not None:
        try:
            following = next(rest, None)
        except BaseException:
            yield batch, False
            raise
        yield batch, following is None
        batch = following


def _store_in_steps(upload: Upload, batch: Batch) -> list[Outcome]:
    """Store a batch in several transactions, so that other writers do not have to wait long."""
    outcomes: list[Outcome] = []
    is_remote = store.current().is_remote
    pieces = batch.split(REMOTE_STEP_SIZE if is_remote else STEP_SIZE)
    try:
        while pieces:
            with upload.step():
                begin = time.monotonic()
                # Nobody sees the step before the last one is on disk.
                store.current().relax_commit()
                while pieces and time.monotonic() - begin < STEP_SECONDS:
                    outcomes += _store_batch(upload.clients_id, pieces.pop(0), upload.overwrites, False, upload)
            # Lets other writers in. In this process, reading the next batch takes time, so that there is no need after
            # the last piece; for a server, it has been read ahead.
            if is_remote:
                time.sleep(REMOTE_PAUSE_SECONDS)
            elif pieces:
                time.sleep(time.monotonic() - begin)
    except Failed as failure:
        # A piece has only some of the batch's errors: find all, in a step that is undone.
        with upload.step():
            found = _store_batch(upload.clients_id, batch, upload.overwrites, True, upload)
            errors = {outcome.line: outcome.error for outcome in found if outcome.error is not None}
            raise Failed({**failure.errors, **errors}) from failure
    return outcomes


def _store_batch(
    clients_id: int, batch: Batch, overwrite: bool, skip: bool, upload: Upload | None = None
) -> list[Outcome]:
    """Store a batch, or with `skip` those of its contacts that can be stored, in the transaction that is open."""
    step = Step(clients_id, batch, overwrite, upload)
    errors = dict(batch.errors)
    for line, row, settings in zip(batch.lines, batch.rows, batch.settings, strict=True):
        try:
            step.add(line, row, settings)
        except (store.NotFound, store.Conflict) as problem:
            errors[line] = str(problem)
    if errors and not skip:
        raise Failed(errors)
    failed = [Outcome(line, "failed", error=error) for line, error in errors.items()]
    return sorted(failed + step.end())
