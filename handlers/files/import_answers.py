"""The answer to an import of a file of contacts, which is kept for a request that is sent again with its key."""

import json
from contextlib import closing

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from data import store
from data.idempotency import LARGEST_KEPT, Claim
from data.imports import Outcome
from handlers.contract.operations import JSON
from handlers.limits.quotas import Quota, Spool


class ImportAnswer:
    """The answer to an import, written to a temporary file (contract: schema DiallerContactsImported).

    :param quota: the quota of the import.
    :param claim: the claim of the request; None if it has no key.
    :raises Repeated: the request was carried out.
    :raises store.Conflict: another request has the key, or the answer to this one is not there.
    """

    def __init__(self, quota: Quota, claim: Claim | None) -> None:
        if claim is not None:
            claim.check()
        self.file = Spool(quota)
        self.claim = claim
        self.is_taken = False
        self.count = 0
        self.file.write(b'{"records":[')

    def add(self, outcomes: list[Outcome]) -> None:
        """Add the outcomes of some contacts.

        :param outcomes: the outcomes.
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

    def add_stored(self, outcomes: list[Outcome]) -> None:
        """Add the outcomes of some contacts, in the transaction that stores them for good.

        :param outcomes: the outcomes, at least one.
        :raises Repeated: the request was carried out meanwhile.
        :raises store.Conflict: another request has the key.
        :raises Refusal: 503; the import may not take more space.
        :raises store.Unavailable: the disk is full.
        """
        self.add(outcomes)
        if self.claim is not None:
            self._take(self.claim)
            self.claim.save(outcomes[-1].line)

    def finish(self) -> None:
        """Write the end, and keep the answer if the request has a key; errors as for `add_stored`.

        It is called in the last transaction of the import, or without one if nothing is stored.
        """
        self.file.write(f'],"count":{self.count},"status":200}}'.encode())
        if self.claim is not None:
            with store.atomic():
                self._take(self.claim)
                self.claim.finish(b"".join(self.file.read()) if self.file.size <= LARGEST_KEPT else None)

    def send(self) -> Response:
        """Return the answer, which is finished."""
        return _Sending(self.file)

    def _take(self, claim: Claim) -> None:
        if not self.is_taken:
            claim.take()
            self.is_taken = True


class _Sending(StreamingResponse):
    """A response that is sent from a file; the file is deleted and the import ends when it is sent.

    :param file: the file.
    """

    def __init__(self, file: Spool) -> None:
        super().__init__(file.read(), media_type=JSON, headers={"Content-Length": str(file.size)})
        self.file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or as much of it as the client takes."""
        with closing(self.file.quota), closing(self.file):
            await super().__call__(scope, receive, send)
