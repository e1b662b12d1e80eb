"""What the imports of a worker may take: so many at a time, and so much room for their temporary files."""

from asyncio import Semaphore
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import BinaryIO, cast

from data import store
from handlers.contract.problems import Busy

# Each takes a thread, for which others wait.
MOST_RUNNING = 4
IN_MEMORY = 1024 * 1024
TOO_MANY_IMPORTS = "Too many imports of this client account run at a time"
FULL = "The service has no room for the import now: send it later, or in parts"


class Quotas:
    """What the imports of all client accounts take.

    :param largest: how many bytes a file of contacts may have.
    :param most_at_once: how many imports a client account may have at a time.
    :param room: how many bytes all temporary files may have together; those of one client account, half of them.
    """

    def __init__(self, largest: int, most_at_once: int, room: int) -> None:
        self.largest = largest
        self.most_at_once = most_at_once
        self.room = room
        self.taken: dict[Quota, int] = {}
        self.lock = Lock()
        self.running = Semaphore(MOST_RUNNING)

    def open(self, clients_id: int) -> "Quota":
        """Begin an import.

        :raises Refusal: 503; the client account has as many as it may.
        """
        with self.lock:
            if len(self._of(clients_id)) >= self.most_at_once:
                raise Busy(TOO_MANY_IMPORTS)
            quota = Quota(self, clients_id)
            self.taken[quota] = 0
        return quota

    def take(self, quota: "Quota", size: int) -> None:
        """Take room for an import, or give some back if the size is negative.

        :raises Refusal: 503; there is not so much.
        """
        with self.lock:
            own = sum(self._of(quota.clients_id))
            if size > min(self.room - sum(self.taken.values()), self.room // 2 - own):
                raise Busy(FULL)
            self.taken[quota] += size

    def close(self, quota: "Quota") -> None:
        """End an import."""
        with self.lock:
            self.taken.pop(quota, None)

    def _of(self, clients_id: int) -> list[int]:
        return [size for quota, size in self.taken.items() if quota.clients_id == clients_id]


class Quota:
    """What one import takes, until it is closed.

    :param quotas: what all of them take.
    :param clients_id: the client account.
    """

    def __init__(self, quotas: Quotas, clients_id: int) -> None:
        self.quotas = quotas
        self.clients_id = clients_id

    def close(self) -> None:
        """Give back all that the import takes."""
        self.quotas.close(self)


class Spool:
    """A temporary file of an import, which is deleted when it is closed; a small one stays in memory.

    :param quota: what the import takes.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.size = 0
        self.file = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by `close`.

    def write(self, content: bytes | bytearray) -> None:
        """Add to its end.

        :raises Refusal: 503; the import may not take more room.
        :raises store.Unavailable: the disk is full.
        """
        self.quota.quotas.take(self.quota, len(content))
        self.size += len(content)
        try:
            self.file.write(content)
            # What is held back would fail when it is too late to store nothing.
            self.file.flush()
        except OSError as error:
            raise store.Unavailable("there is no room for the files of an import") from error

    def close(self) -> None:
        """Delete it, and give its room back."""
        self.file.close()
        self.quota.quotas.take(self.quota, -self.size)
        self.size = 0
