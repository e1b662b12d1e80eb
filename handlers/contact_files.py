"""The operation that imports files of contacts of any length.

The body is written to a temporary file first, so that a slow client blocks no thread or transaction, and the memory in
use is bounded.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing, suppress
from hashlib import sha256
from threading import Event
from typing import Any, NamedTuple

from connexion import request
from connexion.lifecycle import ConnexionRequest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive

from data import imports, store
from data.contact_rows import Batch
from data.idempotency import Claim, Repeated
from handlers.contract.bodies import await_disconnect, read_chunks
from handlers.contract.problems import Busy, Problem
from handlers.files.contacts import BadFile, read_batches
from handlers.files.import_answers import ImportAnswer
from handlers.files.read_ahead import read_ahead
from handlers.limits.quotas import BLOCK, Quota, Quotas, Spool
from handlers.responses.etag import ConditionalResponse
from handlers.responses.idempotency import Keyed

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
    clients_id: int,
    overwrite_duplicates: bool,
    on_error: str,
    dialler_campaigns_id: int | None = None,
    keyed: Keyed = None,
) -> Response:
    """Store any number of contacts, and return the outcome of each (contract: importDiallerContacts).

    :param clients_id: ID of the client account.
    :param overwrite_duplicates: overwrite contacts of the same campaign with the same user data.
    :param on_error: `skip` to store all valid contacts; otherwise all or none are stored.
    :param dialler_campaigns_id: ID of the campaign of all contacts; None if each contact names its own.
    :param keyed: the request's `Idempotency-Key`; None if it has none.
    :raises store.Conflict: another request has the key, or the answer to this one is not there.
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
        upload = _ContactFile(clients_id, quota, file, request.mimetype, campaign, overwrite_duplicates, ends, keyed)
        watch = asyncio.create_task(_await_disconnect(request.receive, request.scope["probe"], ends[1]))
        try:
            async with quotas.running:
                response = await run_in_threadpool(_import_file, upload, on_error == "skip")
        finally:
            watch.cancel()
        if isinstance(response, ConditionalResponse):
            # Nothing was imported, and the answer is not in a file.
            return response
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
    :param keyed: the request's `Idempotency-Key`, and the digest of all but the file; None if it has no key.
    """

    clients_id: int
    quota: Quota
    file: Spool
    media_type: str
    campaign: Mapping[str, Any]
    overwrite: bool
    ends: tuple[Event, ...]
    keyed: Keyed

    def make_claim(self) -> Claim | None:
        """Return the claim of the request, whose digest covers the file; None if it has no key."""
        if self.keyed is None:
            return None
        digest = sha256(f"{self.keyed.digest} {self.media_type}\n".encode())
        for block in self.file.read():
            digest.update(block)
        return Claim(self.clients_id, self.keyed.key, digest.hexdigest())

    def read(self) -> Generator[Batch, None, None]:
        """Return the contacts of the file; see `read_batches`.

        :raises Stopped: one of the events in `ends` is set.
        """
        self.file.file.seek(0)
        last = 0
        batches = read_batches(self.file.file, self.media_type, self.campaign)
        # While the server of the database stores a batch, this process reads the next one.
        for batch in read_ahead(batches) if store.current().is_remote else batches:
            if any(end.is_set() for end in self.ends):
                raise Stopped(last)
            yield batch
            last = batch.last


def _import_file(upload: _ContactFile, skip: bool) -> Response:
    """Store the contacts of a file, close it, and return the outcome of each.

    :param skip: store the valid contacts; otherwise all or none.
    :raises store.Conflict: another request has the key, or the answer to this one is not there.
    :raises Problem: 400; the first row of a CSV file does not name its columns.
    :raises Refusal: 503; the server stops, or the answer may not take more space.
    :raises store.Unavailable: the disk is full.
    """
    claim = upload.make_claim()
    try:
        return (_import_valid if skip else _import_all)(upload, claim)
    except Repeated as repeated:
        assert claim is not None
        claim.confirm()
        return ConditionalResponse(repeated.answer)
    except BadFile as bad:
        raise Problem(("body",), str(bad)) from bad
    except Stopped as stopped:
        error = PART_STORED.format(stopped.last) if skip and stopped.last else NOTHING_STORED
        raise Busy(error) from stopped
    finally:
        upload.file.close()


def _import_valid(upload: _ContactFile, claim: Claim | None) -> Response:
    answer = ImportAnswer(upload.quota, claim)
    with closing(upload.read()) as batches:
        imports.import_each(
            upload.clients_id, batches, overwrite=upload.overwrite, report=answer.add_stored, finish=answer.finish
        )
    return answer.send()


def _import_all(upload: _ContactFile, claim: Claim | None) -> Response:
    for _ in range(MOST_TRIES):
        answer = ImportAnswer(upload.quota, claim)
        try:
            with closing(upload.read()) as batches:
                imports.import_all(
                    upload.clients_id, batches, overwrite=upload.overwrite, report=answer.add, finish=answer.finish
                )
            return answer.send()
        except imports.Failed as failure:
            answer.file.close()
            return _explain(upload, claim, failure)
        except imports.Overtaken:
            answer.file.close()
    raise store.Unavailable("others change the contacts that an import overwrites")


def _explain(upload: _ContactFile, claim: Claim | None, failure: imports.Failed) -> Response:
    answer = ImportAnswer(upload.quota, claim)
    for batch in upload.read():
        answer.add(failure.explain(batch))
    answer.finish()
    return answer.send()
