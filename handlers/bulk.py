"""Imports of any length: the body goes to a file first, so that a slow client holds nothing, and no memory is taken."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from connexion import request
from connexion.lifecycle import ConnexionRequest
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from data import imports, store
from data.batches import Batch
from data.imports import Outcome
from handlers.contactfile import read_batches
from handlers.envelope import JSON
from handlers.errors import Misplaced

IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024


async def import_dialler_contacts(
    clients_id: int, overwrite_duplicates: bool, on_error: str, dialler_campaigns_id: int | None = None
) -> Response:
    """Store any number of contacts and answer what became of each (contract: importDiallerContacts)."""
    with await _receive(request) as file:
        return await run_in_threadpool(
            _import_file,
            clients_id,
            file,
            request.mimetype,
            {} if dialler_campaigns_id is None else {"DiallerCampaignsID": dialler_campaigns_id},
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
    try:
        async for chunk in arriving.stream():
            file.write(chunk)
        # Writes what is still held back.
        file.seek(0)
    except ClientDisconnect as error:
        raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), "is not complete") from error
    except OSError as error:
        raise store.Unavailable("there is no room for the body") from error
    return file


def _import_file(
    clients_id: int, file: BinaryIO, media_type: str, campaign: Mapping[str, Any], *, overwrite: bool, skip: bool
) -> Response:
    """Store the contacts of a file and answer what became of each.

    :param campaign: the fields that name the campaign of all contacts; without any, each names its own.
    :param overwrite: overwrite contacts with the same user data.
    :param skip: store those with which nothing is wrong; otherwise all or none.
    """

    def batches() -> Iterator[Batch]:
        file.seek(0)
        return read_batches(file, media_type, campaign)

    answer = _Answer()
    if skip:
        imports.import_each(clients_id, batches(), overwrite=overwrite, report=answer.add)
        return answer.end()
    try:
        imports.import_all(clients_id, batches(), overwrite=overwrite, report=answer.add)
    except imports.Failed as failure:
        answer = _Answer()
        for batch in batches():
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
            self.file.write(text.encode())
            # What is held back would fail when it is too late to store nothing.
            self.file.flush()
        except OSError as error:
            raise store.Unavailable("there is no room for the answer") from error

    async def _chunks(self) -> AsyncIterator[bytes]:
        with self.file:
            while chunk := self.file.read(CHUNK):
                yield chunk
