"""A server that is fuzzed: its database, its log and its processes."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from data.store.sqlite import sqlite3
from tests.support.raw import SECONDS_TO_ANSWER, Answer
from tests.support.service import Service

LINE = re.compile(r"^\S+ INFO (\S+) \S+ \S+ \S+ (\d+) ", re.MULTILINE)
# What no request may bring into the log; a lock may be held for longer than a server on a busy machine waits.
FAULT = re.compile(
    r".*(?:Traceback|Exception|ERROR|CRITICAL|never retrieved|never awaited)(?!.*locked).*", re.IGNORECASE
)
TABLES = (
    *("AcdEvents", "AcdGroups", "DiallerCampaigns", "DiallerCampaignsResultCodes", "DiallerContacts"),
    *("CockpitVariables", "Calls", "StatisticsPartA", "AcdStatisticsPartB", "StatisticsPartB"),
)
# Those of calls and counters have microseconds.
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:[0-9]{3}Z)?")
MOST_THREADS = 60

Rows = set[tuple[object, ...]]
Changes = dict[str, list[str]]


class Member:
    """A server with its own copy of a database.

    :param folder: where to put the copy.
    :param source: the database.
    :param name: the name of its setting.
    :param options: the options of `freiton serve`.
    """

    def __init__(self, folder: Path, source: Path, name: str, options: tuple[str, ...]) -> None:
        self.name = name
        self.source = source
        path = folder / f"{name.replace(' ', '-')}.db"
        path.write_bytes(source.read_bytes())
        self.service = Service(path, "--demo", *options)
        self.database = sqlite3.connect(path, isolation_level=None, timeout=SECONDS_TO_ANSWER, check_same_thread=False)
        self.database.execute("pragma synchronous = off")
        self.processes = self.find_processes()
        self.log_size = 0
        self.read_log()
        self.version = self._read_version()
        self.before = {table: self._read_rows(table) for table in TABLES}

    def close(self) -> int:
        """Stop the server and return its exit code."""
        self.database.close()
        return self.service.stop()

    def read_log(self) -> str:
        """Return what is new in the log."""
        with self.service.log.open("rb") as log:
            log.seek(self.log_size)
            data = log.read()
        self.log_size += len(data)
        return data.decode(errors="replace")

    def check_log(self, answers: list[Answer], slack: int | None) -> Iterator[str]:
        """Give what is wrong with the lines of a conversation: each is answered, and each answer has one.

        :param answers: the answers that came.
        :param slack: how many lines need no answer; None for any number.
        """
        answered = Counter(
            (answer.headers["x-request-id"], answer.status) for answer in answers if "x-request-id" in answer.headers
        )
        log, deadline = self.read_log(), time.monotonic() + SECONDS_TO_ANSWER
        # A line is written behind its answer.
        while answered - _count_lines(log) and time.monotonic() < deadline:
            time.sleep(0.001)
            log += self.read_log()
        if faults := FAULT.findall(log):
            yield f"the log says {faults}"
        if missing := answered - _count_lines(log):
            yield f"not in the log: {sorted(missing)}"
        unanswered = _count_lines(log) - answered
        if slack is not None and unanswered.total() > slack:
            yield f"in the log, but not answered: {sorted(unanswered)}"

    def read_changes(self) -> Changes | None:
        """Return the rows that have come and those that have gone, without moments, or None if nothing was written."""
        if self._read_version() == self.version:
            return None
        # The contacts of a deleted campaign go in steps, which nobody sees.
        campaigns = {row[0] for row in self._read_rows("DiallerCampaigns")}
        changes: Changes = {}
        for table, before in self.before.items():
            now = self._read_rows(table)
            if table == "DiallerContacts":
                now, before = ({row for row in rows if row[2] in campaigns} for rows in (now, before))
            changes |= {f"new in {table}": _strip(now - before), f"gone from {table}": _strip(before - now)}
        return {name: rows for name, rows in changes.items() if rows}

    def restore(self) -> None:
        """Bring back the contents of the beginning, if something has changed."""
        if self._read_version() == self.version:
            return
        (salt,) = self.database.execute("select Salt from WriteAheadLog").fetchone()
        with closing(sqlite3.connect(self.source)) as source:
            source.backup(self.database, sleep=0.01)
        self.database.execute("update WriteAheadLog set Salt = ?", [salt])
        self.version = self._read_version()

    @contextmanager
    def hold_writer(self) -> Iterator[None]:
        """Let the server wait with its writes until the block ends."""
        self.database.execute("begin immediate")
        try:
            yield
        finally:
            self.database.execute("rollback")

    def await_quiet(self) -> None:
        """Wait until no thread of the server has anything to do."""
        before, deadline = self._read_activity(), time.monotonic() + SECONDS_TO_ANSWER
        while True:
            time.sleep(0.005)
            now = self._read_activity()
            if now == before and all(state == "S" for state, _ in now):
                return
            assert time.monotonic() < deadline, f"{self.name} never rests"
            before = now

    def find_processes(self) -> list[int]:
        """Return the IDs of the process and of its workers."""
        pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
        own = self.service.process.pid
        return sorted(pid for pid in pids if own in (pid, _read_parent(pid)))

    def count_sockets(self) -> int:
        """Return how many sockets are open."""
        return sum(target.startswith("socket:") for process in self.processes for target in _read_links(process))

    def count_threads(self) -> int:
        """Return how many threads run."""
        return len(self._read_activity())

    def _read_version(self) -> int:
        (version,) = self.database.execute("pragma data_version").fetchone()
        return int(version)

    def _read_rows(self, table: str) -> Rows:
        return set(self.database.execute(f"select * from {table}"))

    def _read_activity(self) -> list[tuple[str, str]]:
        return [
            (_read(task / "stat").rpartition(")")[2].split()[0], _read(task / "schedstat"))
            for process in self.processes
            for task in sorted(Path("/proc").glob(f"{process}/task/*"))
        ]


def _strip(rows: Rows) -> list[str]:
    return sorted(MOMENT.sub("moment", repr(row)) for row in rows)


def _count_lines(log: str) -> Counter[tuple[str, int]]:
    return Counter((identity, int(status)) for identity, status in LINE.findall(log))


def _read_parent(process: int) -> int | None:
    fields = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return int(fields[1]) if fields else None


def _read(path: Path) -> str:
    # A process or a thread may end meanwhile.
    try:
        return path.read_text()
    except OSError:
        return ") X 0"


def _read_links(process: int) -> Iterator[str]:
    with suppress(OSError):
        for path in Path(f"/proc/{process}/fd").iterdir():
            yield str(path.readlink())
