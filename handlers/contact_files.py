"""The operation that imports files of contacts of any length.

The body is written to a temporary file first, so that a slow client blocks no thread or transaction, and the memory in
use is bounded.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from threading import Event
from typing import Any, NamedTuple

from connexion import request
from connexion.lifecycle import ConnexionRequest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from data import imports, store
from data.contact_rows import Batch
from data.imports import Outcome
from handlers.contract.bodies import await_disconnect, read_chunks
from handlers.contract.operations import JSON
from handlers.contract.problems import Busy, Problem
from handlers.files.contacts import BadFile, read_batches
from handlers.limits.quotas import Quota, Quotas, Spool

BLOCK = 64 * 1024
# How often to check whether the client is still connected.
PROBE_SECONDS = 1
# How often an import is tried when other writers change the contacts that it overwrites.
MOST_TRIES = 5
NOTHING_STORED = "The service is stopping: nothing of the file is stored"
PART_STORED = "The service is stopping: the file is imported up to the contact in line {}, and not beyond"


class Stopped(Exception):
    """The import ends early, because the server stops or the client is gone.

    :param last: the number of the last line that was imported, from 1; 0 for none.
    """

    def __init__(self, last: int) -> None:
        super().__init__(last)
        self.last = last


async def import_dialler_contacts(
    clients_id: int, overwrite_duplicates: bool, on_error: str, dialler_campaigns_id: int | None = None
) -> Response:
    """Store any number of contacts, and return the outcome of each (contract: importDiallerContacts).

    :param clients_id: ID of the client account.
    :param overwrite_duplicates: overwrite contacts of the same campaign with the same user data.
    :param on_error: `skip` to store all valid contacts; otherwise all or none are stored.
    :param dialler_campaigns_id: ID of the campaign of all contacts; None if each contact names its own.
    :raises Problem: 400; the body is not complete, or the first row of a CSV file does not name its columns.
    :raises Refusal: 413; the body is too large. 503; the account's quota is used up, or the server stops.
    :raises store.Unavailable: the disk is full, or other writers change the same contacts.
    """
    quotas: Quotas = request.scope["quotas"]
    quota = quotas.open(clients_id)
    campaign = {} if dialler_campaigns_id is None else {"DiallerCampaignsID": dialler_campaigns_id}
    with ExitStack() as stack:
        stack.callback(quota.close)
        file = await _receive(request, quota)
        ends = (request.scope["stop"], Event())
        upload = _ContactFile(clients_id, quota, file, request.mimetype, campaign, overwrite_duplicates, ends)
        watch = asyncio.create_task(_await_disconnect(request.receive, request.scope["probe"], ends[1]))
        try:
            async with quotas.running:
                response = await run_in_threadpool(_import_file, upload, on_error == "skip")
        finally:
            watch.cancel()
        # The answer closes it when it has been sent.
        stack.pop_all()
        return response


async def _receive(arriving: ConnexionRequest, quota: Quota) -> Spool:
    """Return the body of a request as a file.

    :raises Refusal: 413; it is too large. 503; the import may not take more space.
    :raises Problem: 400; the client did not send all of it.
    :raises store.Unavailable: the disk is full.
    """
    file = Spool(quota)
    held = bytearray()
    async for chunk in read_chunks(arriving.headers, arriving.receive, quota.quotas.largest):
        held += chunk
        if len(held) >= BLOCK:
            await run_in_threadpool(file.write, held)
            held = bytearray()
    await run_in_threadpool(file.write, held)
    return file


async def _await_disconnect(receive: Receive, probe: Callable[[], None], gone: Event) -> None:
    """Wait until the client, whose body has arrived, has disconnected, and set `gone` then."""
    while not gone.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(PROBE_SECONDS):
                await await_disconnect(receive)
                gone.set()
        probe()


class _ContactFile(NamedTuple):
    """A file of contacts, and the options of its import.

    :param clients_id: ID of the client account.
    :param quota: the quota of the import.
    :param file: the file.
    :param media_type: its media type; see `read_batches`.
    :param campaign: the fields that name the campaign of all contacts; see `read_batches`.
    :param overwrite: overwrite contacts with the same user data.
    :param ends: events; the import ends when one of them is set.
    """

    clients_id: int
    quota: Quota
    file: Spool
    media_type: str
    campaign: Mapping[str, Any]
    overwrite: bool
    ends: tuple[Event, ...]

    def read(self) -> Iterator[Batch]:
        """Return the contacts of the file; see `read_batches`.

        :raises Stopped: one of the events in `ends` is set.
        """
        self.file.file.seek(0)
        last = 0
        for batch in read_batches(self.file.file, self.media_type, self.campaign):
            if any(end.is_set() for end in self.ends):
                raise Stopped(last)
            yield batch
            last = batch.last


def _import_file(upload: _ContactFile, skip: bool) -> Response:
    """Store the contacts of a file, close it, and return the outcome of each.

    :param skip: store the valid contacts; otherwise all or none.
    :raises Problem: 400; the first row of a CSV file does not name its columns.
    :raises Refusal: 503; the server stops, or the answer may not take more space.
    :raises store.Unavailable: the disk is full.
    """
    try:
        return (_import_valid if skip else _import_all)(upload)
    except BadFile as bad:
        raise Problem(("body",), str(bad)) from bad
    except Stopped as stopped:
        error = PART_STORED.format(stopped.last) if skip and stopped.last else NOTHING_STORED
        raise Busy(error) from stopped
    finally:
        upload.file.close()


def _import_valid(upload: _ContactFile) -> Response:
    answer = _ImportAnswer(upload.quota)
    imports.import_each(upload.clients_id, upload.read(), overwrite=upload.overwrite, report=answer.add)
    return answer.end()


def _import_all(upload: _ContactFile) -> Response:
    for _ in range(MOST_TRIES):
        answer = _ImportAnswer(upload.quota)
        try:
            imports.import_all(upload.clients_id, upload.read(), overwrite=upload.overwrite, report=answer.add)
            return answer.end()
        except imports.Failed as failure:
            answer.file.close()
            return _explain(upload, failure)
        except imports.Overtaken:
            answer.file.close()
    raise store.Unavailable("others change the contacts that an import overwrites")


def _explain(upload: _ContactFile, failure: imports.Failed) -> Response:
    answer = _ImportAnswer(upload.quota)
    for batch in upload.read():
        answer.add(failure.explain(batch))
    return answer.end()


class _ImportAnswer:
    """The answer to an import, written to a temporary file (contract: schema DiallerContactsImported).

    :param quota: the quota of the import.
    """

    def __init__(self, quota: Quota) -> None:
        self.file = Spool(quota)
        self.count = 0
        self.file.write(b'{"records":[')

    def add(self, outcomes: list[Outcome]) -> None:
        """Add the outcomes of some contacts.

        :raises Refusal: 503; the import may not take more space.
        :raises store.Unavailable: the disk is full.
        """
        texts = (
            f'{{"line":{line},"outcome":"{outcome}","ID":{"null" if contact_id is None else contact_id},'
            f'"error":{"null" if error is None else json.dumps(error)}}}'
            for line, outcome, contact_id, error in outcomes
        )
        self.file.write((("," if self.count else "") + ",".join(texts)).encode())
        self.count += len(outcomes)

    def end(self) -> Response:
        """Return the answer; errors as for `add`."""
        self.file.write(f'],"count":{self.count},"status":200}}'.encode())
        return _Sending(self.file)


class _Sending(StreamingResponse):
    """A response that is sent from a file; the file is deleted and the import ends when it is sent.

    :param file: the file.
    """

    def __init__(self, file: Spool) -> None:
        file.file.seek(0)
        chunks = iter(lambda: file.file.read(BLOCK), b"")
        super().__init__(chunks, media_type=JSON, headers={"Content-Length": str(file.size)})
        self.file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or as much of it as the client takes."""
        with closing(self.file.quota), closing(self.file):
            await super().__call__(scope, receive, send)
