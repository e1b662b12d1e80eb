"""Imports of any length: the body goes to a file first, so that a slow client holds nothing, and no memory is taken."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from threading import Event
from typing import Any, BinaryIO

from connexion import request
from connexion.lifecycle import ConnexionRequest
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from data import imports, store
from data.batches import Batch
from data.imports import Outcome
from handlers.contactfile import BadFile, read_batches
from handlers.envelope import JSON
from handlers.errors import RETRY_AFTER, ApiError, Misplaced

IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024
NOTHING_STORED = "The service is stopping: nothing of the file is stored"
PART_STORED = "The service is stopping: the file is imported up to the contact in line {}, and not beyond"


class Stopped(Exception):
    """The server stops before an import ends.

    :param last: the last line of the file that the import came to.
    """

    def __init__(self, last: int) -> None:
        super().__init__(last)
        self.last = last


async def import_dialler_contacts(
    clients_id: int, overwrite_duplicates: bool, on_error: str, dialler_campaigns_id: int | None = None
) -> Response:
    """Store any number of contacts and answer what became of each (contract: importDiallerContacts)."""
    file = await _receive(request)
    campaign = {} if dialler_campaigns_id is None else {"DiallerCampaignsID": dialler_campaigns_id}
    return await run_in_threadpool(
        _import_file,
        clients_id,
        file,
        partial(_read, file, request.mimetype, campaign, request.scope["stop"]),
        overwrite=overwrite_duplicates,
        skip=on_error == "skip",
    )


def _new_file() -> BinaryIO:
    return SpooledTemporaryFile(IN_MEMORY)  # type: ignore[return-value]


async def _receive(arriving: ConnexionRequest) -> BinaryIO:
    """Return the body of a request as a file, which is deleted when it is closed.

    :raises Misplaced: 400; the client did not send all of it.
    :raises store.Unavailable: there is no room for it.
    """
    file = _new_file()
    held = bytearray()
    try:
        async for chunk in arriving.stream():
            held += chunk
            if len(held) >= CHUNK:
                await run_in_threadpool(_write, file, held)
                held = bytearray()
        await run_in_threadpool(_write, file, held)
    except ClientDisconnect as error:
        raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), "is not complete") from error
    except OSError as error:
        raise store.Unavailable("there is no room for the body") from error
    return file


def _write(file: BinaryIO, content: bytes | bytearray) -> None:
    file.write(content)
    # What is held back would fail when it is too late to store nothing.
    file.flush()


def _read(file: BinaryIO, media_type: str, campaign: Mapping[str, Any], stop: Event) -> Iterator[Batch]:
    """Return the contacts of a file; see `read_batches`.

    :raises Stopped: the server has no time for the next of them.
    """
    file.seek(0)
    last = 0
    for batch in read_batches(file, media_type, campaign):
        if stop.is_set():
            raise Stopped(last)
        yield batch
        last = batch.last


def _import_file(
    clients_id: int, file: BinaryIO, read: Callable[[], Iterator[Batch]], *, overwrite: bool, skip: bool
) -> Response:
    """Store the contacts of a file, close it, and answer what became of each.

    :param read: gives the contacts of the file from its beginning.
    :param overwrite: overwrite contacts with the same user data.
    :param skip: store those with which nothing is wrong; otherwise all or none.
    :raises Misplaced: 400; the first row of a CSV file does not say what its columns are.
    :raises ApiError: 503; the server stops.
    """
    with file:
        try:
            return (_import_valid if skip else _import_all)(clients_id, read, overwrite)
        except BadFile as bad:
            raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), str(bad)) from bad
        except Stopped as stopped:
            error = PART_STORED.format(stopped.last) if skip and stopped.last else NOTHING_STORED
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, error, {"Retry-After": RETRY_AFTER}) from stopped


def _import_valid(clients_id: int, read: Callable[[], Iterator[Batch]], overwrite: bool) -> Response:
    answer = _Answer()
    imports.import_each(clients_id, read(), overwrite=overwrite, report=answer.add)
    return answer.end()


def _import_all(clients_id: int, read: Callable[[], Iterator[Batch]], overwrite: bool) -> Response:
    answer = _Answer()
    try:
        imports.import_all(clients_id, read(), overwrite=overwrite, report=answer.add)
    except imports.Failed as failure:
        answer = _Answer()
        for batch in read():
            answer.add(failure.explain(batch))
    return answer.end()


class _Answer:
    """The answer, which is as long as the import (contract: schema DiallerContactsImported)."""

    def __init__(self) -> None:
        self.file = _new_file()
        self.count = 0
        self.file.write(b'{"records":[')

    def add(self, outcomes: list[Outcome]) -> None:
        """Add what became of some contacts.

        :raises store.Unavailable: there is no room for it.
        """
        texts = (
            f'{{"line":{line},"outcome":"{outcome}","ID":{"null" if contact_id is None else contact_id},'
            f'"error":{"null" if error is None else json.dumps(error)}}}'
            for line, outcome, contact_id, error in outcomes
        )
        self._write(("," if self.count else "") + ",".join(texts))
        self.count += len(outcomes)

    def end(self) -> Response:
        """Return it.

        :raises store.Unavailable: there is no room for it.
        """
        self._write(f'],"count":{self.count},"status":200}}')
        length = self.file.tell()
        self.file.seek(0)
        return StreamingResponse(self._chunks(), media_type=JSON, headers={"Content-Length": str(length)})

    def _write(self, text: str) -> None:
        try:
            _write(self.file, text.encode())
        except OSError as error:
            raise store.Unavailable("there is no room for the answer") from error

    def _chunks(self) -> Iterator[bytes]:
        with self.file:
            while chunk := self.file.read(CHUNK):
                yield chunk
