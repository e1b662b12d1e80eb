"""Progress of file imports: how far an interrupted import of a file has come."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from data import store
from data.contact_rows import Batch


class Changed(ValueError):
    """The contacts that an interrupted import has stored are no longer those of the file.

    :param line: the last line that was stored.
    """

    def __init__(self, line: int) -> None:
        super().__init__(f"an import of it was interrupted, and of the contacts stored up to line {line} some differ")
        self.line = line


class Progress:
    """How far the import of a file has come.

    An import is recognised by a digest of the contacts that it has stored. So the rest of the file may be repaired, or
    the
    file renamed, before the import continues.

    :param clients_id: the ID of the client account.
    :param file: a digest of the file's path and campaign, to notice that the contacts of a known file have changed.
    """

    def __init__(self, clients_id: int, file: str) -> None:
        self.clients_id = clients_id
        self.file = file
        self.line = 0
        self.count = 0
        self._hash = sha256()
        self._digest: str | None = None

    def find(self, batches: Iterable[Batch]) -> None:
        """Find how far an interrupted import came: set `line`, the last stored line, and `count`, its rows.

        :param batches: the contacts of the file, from its beginning.
        :raises Changed: an import of the file was interrupted, and what it has stored differs from the file.
        """
        begun = store.query(
            "select File, Line, Digest from DiallerContactsImports where ClientsID = :client", client=self.clients_id
        )
        lines = {row["Digest"]: row["Line"] for row in begun}
        last = max(lines.values(), default=0)
        reading, count = sha256(), 0
        for batch in batches:
            if batch.last > last:
                break
            _add(reading, batch)
            count += len(batch.lines) + len(batch.errors)
            if lines.get(reading.hexdigest()) == batch.last:
                self.line, self.count = batch.last, count
        if not self.line:
            for row in begun:
                if row["File"] == self.file:
                    raise Changed(row["Line"])

    def add(self, batch: Batch) -> bool:
        """Add the next batch of the file to the digest.

        :param batch: the batch.
        :returns: whether it is still to be stored.
        """
        _add(self._hash, batch)
        if batch.last > self.line:
            return True
        self._digest = self._hash.hexdigest()
        return False

    def save(self, line: int) -> None:
        """Store the progress, in the transaction that stores the contacts.

        :param line: the number of the last line that is stored, from 1.
        """
        self.end()
        self._digest = self._hash.hexdigest()
        store.execute(
            "insert into DiallerContactsImports (ClientsID, File, Line, Digest)"
            " values (:client, :file, :line, :digest)",
            client=self.clients_id,
            file=self.file,
            line=line,
            digest=self._digest,
        )

    def end(self) -> None:
        """Delete the stored progress, in a transaction that is open."""
        store.execute(
            "delete from DiallerContactsImports where ClientsID = :client and (File = :file or Digest = :digest)",
            client=self.clients_id,
            file=self.file,
            digest=self._digest,
        )


def _add(digest: Any, batch: Batch) -> None:
    contacts = [batch.lines, batch.fields, batch.rows, batch.settings, [*batch.errors.items()]]
    digest.update(json.dumps(contacts).encode())
