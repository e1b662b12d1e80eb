"""A server that runs long needs no more than one that has just begun, and one that stops leaves nothing behind."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.conformance import BASE_PATH
from tests.support.memory import read_memory
from tests.support.raw import AUTHORIZATION, SECONDS_TO_ANSWER
from tests.support.service import Service, Started

pytestmark = pytest.mark.uncovered

BASE = f"{BASE_PATH}/1"
HEADERS = {"Authorization": AUTHORIZATION.decode().partition(": ")[2], "Content-Type": "application/json"}
BODY = '{"source":"Campaign 1000","destination":"Leak %d"}'
FILES = {"freiton.log", "freiton.db", "freiton.db-wal", "freiton.db-shm"}
CAMPAIGN = f"{BASE}/dialler/campaigns/campaign"
FIRST = 1_000
# What is asked in turn; {} is the number of the round.
REQUESTS = [
    ("GET", f"{BASE}/acd/events/types", 200),
    ("GET", f"{BASE}/acd/groups?filter=Name%20eq%20'{{}}'&orderBy=ID&ascending=false", 200),
    ("GET", f"{BASE}/acd/groups/group/106", 200),
    ("GET", f"{BASE}/acd/groups/group?name=support", 200),
    ("GET", f"{BASE}/dialler/campaigns", 200),
    ("POST", f"{BASE}/dialler/campaigns/clone", 200),
    ("POST", f"{BASE}/dialler/campaigns/clone", 409),
    ("GET", f"{CAMPAIGN}?name=Leak+{{}}", 200),
    ("GET", f"{CAMPAIGN}/500/resultCodes?languagesID=2", 200),
    ("DELETE", f"{CAMPAIGN}?name=Leak+{{}}", 200),
    ("DELETE", f"{CAMPAIGN}?name=Leak+{{}}", 404),
    ("GET", f"{BASE}/acd/groups?unknown{{}}=1", 400),
    ("GET", f"{BASE}/nothing/{{}}", 404),
    ("GET", f"{BASE_PATH}/{{}}/acd/groups", 401),
    ("PUT", f"{BASE}/acd/groups", 405),
    ("GET", "/health/ready", 200),
    ("GET", "/openapi.yaml", 200),
    ("GET", "/docs/page.css", 200),
]

Rounds = Callable[[int, int], int]


class Process(NamedTuple):
    """What a process has.

    :param files: how many files are open.
    :param threads: how many threads run.
    :param children: how many processes it has started.
    """

    files: int
    threads: int
    children: int


# The threads and connections of the other engine come and go with what they wait for.
@pytest.mark.sqlite
def test_serve_many_requests_needs_no_more_memory(
    fresh_demo: Service, rounds: Rounds, figure: Callable[[str], None]
) -> None:
    count = rounds(3_000, 100_000)
    with connect(fresh_demo) as connection:
        send_requests(connection, range(FIRST))
        process, memory = read_process(fresh_demo), read_memory(fresh_demo)
        send_requests(connection, range(FIRST, count))
        growth = read_memory(fresh_demo) / memory - 1
        figure(f"memory after {count:,} requests: {growth:+.1%} of the {memory / 2**10:.0f} MiB after {FIRST:,}")
        assert growth <= 0.1
        assert read_process(fresh_demo) == process


@pytest.mark.sqlite
def test_start_and_stop_again_and_again_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: Rounds
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    seen = []
    for _ in range(rounds(3, 50)):
        with Started(tmp_path / "freiton.db", "--demo") as service, connect(service) as connection:
            send_requests(connection, range(3 * len(REQUESTS)))
            seen.append(read_process(service))
        assert service.process.returncode == 0
        assert list(temporary.iterdir()) == []
        assert {file.name for file in tmp_path.iterdir()} - {temporary.name} <= FILES
    assert set(seen) == {seen[0]}
    assert seen[0].children == 0


def connect(service: Service) -> AbstractContextManager[HTTPConnection]:
    """Return a connection to a server that is closed at the end of the block."""
    target = urlsplit(service.url)
    return closing(HTTPConnection(f"{target.hostname}:{target.port}", timeout=SECONDS_TO_ANSWER))


def send_requests(connection: HTTPConnection, numbers: Iterable[int]) -> None:
    """Send requests of all kinds, one after the other; no two rounds of them are the same."""
    for number in numbers:
        turn, index = divmod(number, len(REQUESTS))
        method, path, status = REQUESTS[index]
        body = BODY % (turn + 2) if method == "POST" else None
        connection.request(method, path.format(turn + 2), body, HEADERS)
        answer = connection.getresponse()
        answer.read()
        assert (method, path, answer.status) == (method, path, status)


def read_process(service: Service) -> Process:
    """Return what the server has at this moment."""
    folder = Path("/proc") / str(service.process.pid)
    children = [parent for parent in read_parents() if parent == service.process.pid]
    return Process(len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir())), len(children))


def read_parents() -> Iterator[int]:
    """Return each running process's parent."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        # A process may end meanwhile.
        with suppress(OSError):
            yield int(file.read_text().rpartition(")")[2].split()[1])
