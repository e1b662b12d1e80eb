"""The write-ahead log of a database: each file stores which log belongs to it, so that no other one is read into it.

SQLite replays any log that lies next to a file. If a server was killed and a backup then copied over its file, the log
of the old file would be replayed into the backup, and the result would be neither of the two. So the file stores the
first salt of its own log (SQLite, "WAL-mode File Format"). The salt is random in a new log, and SQLite adds one each
time that it restarts the log. A copy made with another tool while the file is served has the same salt: it is not
recognised as a copy.
"""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import utils

from data.store.errors import Refused

sqlite3: Any = utils.sqlite3  # type: ignore[attr-defined]

HEADER_SIZE = 32
FRAME_HEADER_SIZE = 24
MAGIC = {0x377F0682, 0x377F0683}
# Few logs are restarted this often, and the random salt of another log is this near in one of 4,096 cases.
MOST_RESTARTS = 2**20
NO_LOG = -1
# Windows would translate line ends.
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def name_log(path: Path) -> Path:
    """Return the path of a database's log.

    :param path: the database file.
    """
    return path.with_name(f"{path.name}-wal")


def read_salt(log: Path) -> int | None:
    """Return the first salt of a log, or None if there is no log that SQLite would read.

    :param log: the log file.
    """
    header = _read_header(log)
    return None if header is None else int.from_bytes(header[16:20])


def require_own(path: Path) -> None:
    """Do nothing if the log next to a database belongs to it, if there is no log, or if it cannot be told.

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
            # Read the log before the file: frames behind the mark are written only when the mark is in the file.
            is_new = _has_only(log, root)
            ((marked,),) = file.execute("select Salt from WriteAheadLog").fetchall()
    except (sqlite3.Error, ValueError):
        # Of an older version without the table, or damaged: other checks report that.
        return
    if not (is_new or marked is None or _fits(salt, marked)):
        raise Refused(
            f"{log} does not belong to {path}: if a copy was put in its place, remove {log.name} and {path.name}-shm;"
            f" if another program has written it, open {path.name} in that and close it there"
        )


def mark(sqlite: Any, log: Path) -> None:
    """Store in a database which log belongs to it, before a transaction is written to the log.

    :param sqlite: a connection to it.
    :param log: its log.
    """
    salt = read_salt(log)
    ((marked,),) = sqlite.execute("select Salt from WriteAheadLog").fetchall()
    if salt is not None and marked is not None and _fits(salt, marked):
        return
    # Twice, because the first transaction may create the log, with a salt that is not known before.
    for _ in range(2):
        with sqlite:
            sqlite.execute("begin immediate")
            sqlite.execute("update WriteAheadLog set Salt = coalesce(?, random() & 0xffff)", [read_salt(log)])
    # Waits for readers, at most for the busy timeout.
    sqlite.execute("pragma wal_checkpoint(full)").fetchall()


def _fits(salt: int, marked: int) -> bool:
    return marked >= 0 and (salt - marked) % 2**32 < MOST_RESTARTS


def _read_header(log: Path) -> bytes | None:
    try:
        # `Path.open` takes five times as long.
        file = os.open(log, READ)
    except OSError:
        return None
    try:
        header = os.read(file, HEADER_SIZE)
    finally:
        os.close(file)
    return header if len(header) == HEADER_SIZE and int.from_bytes(header[:4]) in MAGIC else None


def _has_only(log: Path, page: int) -> bool:
    """Return whether a log contains nothing but one page: then it makes no difference to the file whose log it is."""
    with log.open("rb") as file:
        header = file.read(HEADER_SIZE)
        page_size = int.from_bytes(header[8:12])
        # Frames of an earlier round have other salts.
        while (frame := file.read(FRAME_HEADER_SIZE))[8:16] == header[16:24]:
            if int.from_bytes(frame[:4]) != page:
                return False
            file.seek(page_size, os.SEEK_CUR)
    return True
