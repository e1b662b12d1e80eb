"""The write-ahead log beside a database: each file knows its own, so that no other's is read into it.

SQLite reads any log that lies beside a file. After a server was killed and a backup was copied over its file, that is
the log of the old file, and the result would be neither of the two. So the file holds the first salt of its own log
(SQLite, "WAL-mode File Format"), which is random for a new log, and one more each time that it begins again. A copy
that another tool makes of a file while it is served has the salt of its log too, and is not told apart.
"""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import utils

from data.store.errors import Refused

sqlite3: Any = utils.sqlite3  # type: ignore[attr-defined]

HEADER = 32
FRAME_HEADER = 24
MAGIC = {0x377F0682, 0x377F0683}
# A log that began again this often is hardly met, and the salt of another is hardly so near: once in 4,096.
MOST_RESTARTS = 2**20
NO_LOG = -1


def name_log(path: Path) -> Path:
    """Return the path of a database's log."""
    return path.with_name(f"{path.name}-wal")


def read_salt(log: Path) -> int | None:
    """Return the first salt of a log, or None if there is none that SQLite would read."""
    header = _read_header(log)
    return None if header is None else int.from_bytes(header[16:20])


def require_own(path: Path) -> None:
    """Do nothing if the log beside a database is its own, if there is none, or if that cannot be told.

    :param path: the database, which this process has not opened yet.
    :raises Refused: the log belongs to another file.
    """
    log = name_log(path)
    salt = read_salt(log)
    if salt is None:
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as file:
            ((root,),) = file.execute("select rootpage from sqlite_schema where name = 'WriteAheadLog'").fetchall()
            # The log before the file: what comes after the mark is written when the mark is in the file.
            is_new = _has_only(log, root)
            ((marked,),) = file.execute("select Salt from WriteAheadLog").fetchall()
    except (sqlite3.Error, ValueError):
        # An older Freiton's, or damaged, which others tell.
        return
    if not (is_new or marked is None or _fits(salt, marked)):
        raise Refused(
            f"{log} does not belong to {path}: if a copy was put in its place, remove {log.name} and {path.name}-shm;"
            f" if another program has written it, open {path.name} in that and close it there"
        )


def mark(sqlite: Any, path: Path) -> None:
    """Let a database know its log before a transaction writes to that.

    :param sqlite: a connection to it.
    :param path: its file.
    """
    log = name_log(path)
    salt = read_salt(log)
    ((marked,),) = sqlite.execute("select Salt from WriteAheadLog").fetchall()
    if salt is not None and marked is not None and _fits(salt, marked):
        return
    # The first of two may be what makes the log.
    for _ in range(2):
        with sqlite:
            sqlite.execute("begin immediate")
            sqlite.execute("update WriteAheadLog set Salt = coalesce(?, random() & 0xffff)", [read_salt(log)])
    # It waits for readers, for at most as long as for other writers.
    sqlite.execute("pragma wal_checkpoint(full)").fetchall()


def _fits(salt: int, marked: int) -> bool:
    return marked >= 0 and (salt - marked) % 2**32 < MOST_RESTARTS


def _read_header(log: Path) -> bytes | None:
    try:
        # `Path.open` takes five times as long.
        file = os.open(log, os.O_RDONLY)
    except OSError:
        return None
    try:
        header = os.read(file, HEADER)
    finally:
        os.close(file)
    return header if len(header) == HEADER and int.from_bytes(header[:4]) in MAGIC else None


def _has_only(log: Path, page: int) -> bool:
    """Return whether nothing but one page is in a log, so that it is the same to the file which log it is."""
    with log.open("rb") as file:
        header = file.read(HEADER)
        page_size = int.from_bytes(header[8:12])
        # Frames of an earlier round have other salts.
        while (frame := file.read(FRAME_HEADER))[8:16] == header[16:24]:
            if int.from_bytes(frame[:4]) != page:
                return False
            file.seek(page_size, os.SEEK_CUR)
    return True
