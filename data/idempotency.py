"""Idempotency keys: a request that is sent again with its key is not carried out twice, and gets the first answer.

A key is stored in the transaction of the write that it belongs to, for a day; see the migration 0011.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from data import store
from data.store.texts import render_moment

LIFETIME = timedelta(days=1)
# The largest number of keys of a client account; the oldest are deleted first.
MOST_KEYS = 100_000
# The largest answer that is kept, in bytes.
LARGEST_KEPT = 1024 * 1024
# How many expired keys, of any client account, a new key deletes at most. More than one, so that they get fewer.
MOST_DELETED = 10
REUSED = "Idempotency-Key: was used with another request"
UNFINISHED = "Idempotency-Key: the file is stored up to line {}; its import still runs, or was interrupted"
TOO_LONG = "Idempotency-Key: the request was carried out, but its answer was too long to be kept"


class KeyConflict(store.Conflict):
    """The key belongs to another request, or to one whose answer is not there."""


class Repeated(Exception):
    """The request was carried out before.

    :param answer: the body of its answer.
    """

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class Claim(NamedTuple):
    """The claim of a request to be the only one with its idempotency key.

    :param clients_id: ID of the client account.
    :param key: the key.
    :param digest: SHA-256 of the request, in hexadecimal digits.
    """

    clients_id: int
    key: str
    digest: str

    def check(self) -> None:
        """Do nothing if no request with the key was carried out.

        :raises Repeated: this request was carried out.
        :raises KeyConflict: another request has the key, or the answer of this one is not there.
        """
        self._require_none(_find_oldest())

    def take(self) -> None:
        """Store the key, in the transaction of the request's first write; errors as for `check`."""
        oldest = _find_oldest()
        (number,) = store.values(
            "select 1 + coalesce((select nNumber from IdempotencyKeys where ClientsID = :client"
            " order by nNumber desc limit 1), 0)",
            client=self.clients_id,
        )
        # An insertion waits for another transaction with the key: two cannot both find that there is none.
        if not store.execute(
            "insert into IdempotencyKeys (ClientsID, IdempotencyKey, nNumber, Digest, Line, dtCreated)"
            " values (:client, :key, :number, :digest, 0, :now)"
            " on conflict (ClientsID, IdempotencyKey) do update set nNumber = excluded.nNumber,"
            " Digest = excluded.Digest, Line = 0, Answer = null, dtCreated = excluded.dtCreated"
            " where IdempotencyKeys.dtCreated < :oldest",
            client=self.clients_id,
            key=self.key,
            number=number,
            digest=self.digest,
            now=store.now(),
            oldest=oldest,
        ):
            self._require_none(oldest)
        _delete_old(self.clients_id, number, oldest)

    def confirm(self) -> None:
        """Wait until the answer of a request that was carried out is as safe as that of a new write.

        After a crash, a database may show a commit that no standby has yet; a commit behind it waits for the standby.
        """
        with store.atomic():
            self._update("Digest = Digest")

    def save(self, line: int) -> None:
        """Store how far the import of a file has come, in the transaction that stores the contacts.

        :param line: the number of the last line that is stored, from 1.
        """
        self._update("Line = :line", line=line)

    def finish(self, answer: bytes | None) -> None:
        """Store the answer, in the transaction of the request's last write.

        :param answer: the body in UTF-8; None, or one of more than 1 MiB, is not kept.
        """
        kept = None if answer is None or len(answer) > LARGEST_KEPT else answer.decode()
        self._update("Line = null, Answer = :answer", answer=kept)

    def _require_none(self, oldest: str) -> None:
        row = store.one(
            "select Digest, Line, Answer from IdempotencyKeys"
            " where ClientsID = :client and IdempotencyKey = :key and dtCreated >= :oldest",
            client=self.clients_id,
            key=self.key,
            oldest=oldest,
        )
        if row is None:
            return
        if row["Digest"] != self.digest:
            raise KeyConflict(REUSED)
        if row["Line"] is not None:
            raise KeyConflict(UNFINISHED.format(row["Line"]))
        if row["Answer"] is None:
            raise KeyConflict(TOO_LONG)
        raise Repeated(row["Answer"])

    def _update(self, values: str, **parameters: object) -> None:
        store.execute(
            f"update IdempotencyKeys set {values} where ClientsID = :client and IdempotencyKey = :key",
            client=self.clients_id,
            key=self.key,
            **parameters,
        )


def _delete_old(clients_id: int, number: int, oldest: str) -> None:
    store.execute(
        "delete from IdempotencyKeys where ClientsID = :client and nNumber <= :last",
        client=clients_id,
        last=number - MOST_KEYS,
    )
    store.execute(
        "delete from IdempotencyKeys where ID in"
        " (select ID from IdempotencyKeys where dtCreated < :oldest order by dtCreated limit :most)",
        oldest=oldest,
        most=MOST_DELETED,
    )


def _find_oldest() -> str:
    """Return the time in UTC in the form of records; the keys that were stored earlier have expired."""
    now = datetime.fromisoformat(store.now())
    # There is no day before the first one of the year 1.
    return render_moment(now - min(LIFETIME, now - datetime.min))
