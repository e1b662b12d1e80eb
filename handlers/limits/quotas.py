"""Quotas of imports: their number at a time, and the size of their temporary files."""

from asyncio import Semaphore
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import BinaryIO, cast

from data import store
from handlers.contract.problems import Busy

# The largest number of running imports: each takes a thread of the pool that other requests need.
MOST_RUNNING = 4
# The largest temporary file that stays in memory, in bytes.
IN_MEMORY = 1024 * 1024
# The size in which temporary files are written and read, in bytes.
BLOCK = 64 * 1024
TOO_MANY_IMPORTS = "Too many imports of this client account run at a time"
FULL = "The service has no room for the import now: send it later, or in parts"


class Quotas:
    """The quotas of all imports of a worker.

    :param largest: the largest size of a file of contacts, in bytes.
    :param most_at_once: the largest number of imports of a client account at a time.
    :param room: the largest size of all temporary files together, in bytes; a client account may use half of it.
    """

    def __init__(self, largest: int, most_at_once: int, room: int) -> None:
        self.largest = largest
        self.most_at_once = most_at_once
        self.room = room
        self.taken: dict[Quota, int] = {}
        self.lock = Lock()
        self.running = Semaphore(MOST_RUNNING)

    def open(self, clients_id: int) -> "Quota":
        """Return the quota of a new import.

        :param clients_id: the ID of the client account.
        :raises Busy: 503; too many imports of the client account run already.
        """
        with self.lock:
            if len(self._of(clients_id)) >= self.most_at_once:
                raise Busy(TOO_MANY_IMPORTS)
            quota = Quota(self, clients_id)
            self.taken[quota] = 0
        return quota

    def take(self, quota: "Quota", size: int) -> None:
        """Reserve space for the temporary files of an import.

        :param quota: the quota of the import.
        :param size: the number of bytes; a negative number gives space back.
        :raises Busy: 503; not enough space is left.
        """
        with self.lock:
            own = sum(self._of(quota.clients_id))
            if size > min(self.room - sum(self.taken.values()), self.room // 2 - own):
                raise Busy(FULL)
            self.taken[quota] += size

    def close(self, quota: "Quota") -> None:
        """End an import and give back its space.

        :param quota: the quota of the import.
        """
        with self.lock:
            self.taken.pop(quota, None)

    def _of(self, clients_id: int) -> list[int]:
        return [size for quota, size in self.taken.items() if quota.clients_id == clients_id]


class Quota:
    """The quota of one import, until it is closed.

    :param quotas: the quotas of all imports.
    :param clients_id: the ID of the client account.
    """

    def __init__(self, quotas: Quotas, clients_id: int) -> None:
        self.quotas = quotas
        self.clients_id = clients_id

    def close(self) -> None:
        """End the import and give back its space."""
        self.quotas.close(self)


class Spool:
    """A temporary file of an import, which is deleted when it is closed; a small one stays in memory.

    :param quota: the quota of the import.
    """

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.size = 0
        self.file = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by `close`.

    def write(self, content: bytes | bytearray) -> None:
        """Append to the file.

        :param content: the bytes to append.
        :raises Busy: 503; the quota does not allow more space.
        :raises store.Unavailable: the disk is full.
        """
        self.quota.quotas.take(self.quota, len(content))
        self.size += len(content)
        try:
            self.file.write(content)
            # Buffered bytes would fail later, when part of the file may be stored already.
            self.file.flush()
        except OSError as error:
            raise store.Unavailable("there is no room for the files of an import") from error

    def read(self) -> Iterator[bytes]:
        """Yield the content of the file in blocks, from its beginning."""
        self.file.seek(0)
        while block := self.file.read(BLOCK):
            yield block

    def close(self) -> None:
        """Delete the file, and give its space back."""
        self.file.close()
        self.quota.quotas.take(self.quota, -self.size)
        self.size = 0
