"""The databases of the sandbox: files in the folder of the registry, which are complete before something names them."""

import errno
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data import store
from data.store.maintenance import COMPANIONS

# In seconds. Requests that began before a reset may still use the old database.
KEEP_SECONDS = 60
NAMED = "select file from Worlds union select file from Snapshots union select file from Fixtures"


def find_path(file: str) -> Path:
    """Return the path of a database.

    :param file: its name in the registry.
    """
    return Path(store.current().location).with_name(file)


def copy(file: str) -> str:
    """Copy a database that nobody writes to, and return the name of the copy.

    :param file: its name in the registry.
    :raises store.Unavailable: the disk is full.
    """
    with making() as path:
        shutil.copyfile(find_path(file), path)
    return path.name


@contextmanager
def making() -> Iterator[Path]:
    """Yield the path of a new database; the file is deleted if the block fails.

    :raises store.Unavailable: the disk is full.
    """
    path = find_path(f"{secrets.token_hex(8)}.db")
    try:
        yield path
    except BaseException as error:
        _delete(path)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise store.Unavailable("the disk is full") from error
        raise


def leave(*names: str) -> None:
    """Have databases deleted when no request uses them any more, in the transaction that is open.

    :param names: their names in the registry, which nothing names any more.
    """
    for name in names:
        store.execute("insert into Leavings (file, since) values (:file, :now)", file=name, now=time.time())


def sweep() -> None:
    """Delete the databases that were left some time ago."""
    for row in store.query("select file from Leavings where since < :before", before=time.time() - KEEP_SECONDS):
        _delete(find_path(row["file"]))
        store.execute("delete from Leavings where file = :file", file=row["file"])


def clear() -> None:
    """Delete all databases that nothing names, when no server uses the folder."""
    named = {row["file"] for row in store.query(NAMED)}
    registry = Path(store.current().location)
    for path in registry.parent.glob("*.db"):
        if path.name not in named and path != registry:
            _delete(path)
    store.execute("delete from Leavings")


def _delete(path: Path) -> None:
    for suffix in COMPANIONS:
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink()
