"""Clients that are slow or idle take nothing from the others."""

import math
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest

from tests.support.conformance import BASE_PATH
from tests.support.memory import read_memory
from tests.support.raw import AUTHORIZATION, request
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

GROUPS = f"{BASE_PATH}/1/acd/groups"
HEADERS = {"Authorization": AUTHORIZATION.decode().partition(": ")[2]}
SECONDS_TO_CLOSE = 30
# A header and a body that go on for longer than any test.
SLOW = (
    request("GET", GROUPS.encode(), b"X-Slow: ").rstrip(b"\r\n"),
    request("POST", f"{BASE_PATH}/1/dialler/campaigns/clone".encode(), b"Content-Length: 100000"),
)

Rounds = Callable[[int, int], int]


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """As many open files as may be, for the clients' side of the connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_send_byte_a_second_on_many_connections_leaves_others_answered(
    fresh_demo: Service, rounds: Rounds, figure: Callable[[str], None]
) -> None:
    connections, requests = rounds(50, 200), rounds(150, 2_000)
    alone, beside = [], []
    for _ in range(rounds(5, 9)):
        alone.append(_measure_p99(fresh_demo, requests))
        with _slow_clients(fresh_demo, connections):
            beside.append(_measure_p99(fresh_demo, requests))
    ratio = median(beside) / median(alone)
    figure(f"p99 of other clients beside {connections} slow ones: {ratio:.2f} times what it is without")
    # `make faults` runs nothing beside it; in `make test`, other tests would decide the ratio.
    if rounds(0, 1):
        assert ratio <= 2


def test_open_idle_connections_leaves_server_answering(
    fresh_demo: Service, rounds: Rounds, figure: Callable[[str], None]
) -> None:
    count = rounds(500, 10_000)
    assert _ask(fresh_demo, 10) == [200] * 10
    before, memory = _count_files(fresh_demo), read_memory(fresh_demo)
    with _connected(fresh_demo, count) as connections:
        assert _ask(fresh_demo, 10) == [200] * 10
        assert _count_files(fresh_demo) > count
        assert all(map(_is_open, connections))
        figure(f"an idle connection takes {(read_memory(fresh_demo) - memory) / count:.1f} KiB of memory")
    deadline = time.monotonic() + SECONDS_TO_CLOSE
    while _count_files(fresh_demo) > before:
        assert time.monotonic() < deadline, "connections that the clients closed are still open"
        time.sleep(0.01)
    assert _ask(fresh_demo, 10) == [200] * 10


def _measure_p99(service: Service, requests: int) -> float:
    with _connection(service) as connection:
        durations = sorted(_measure(connection) for _ in range(requests))
    return durations[math.ceil(0.99 * requests) - 1]


def _measure(connection: HTTPConnection) -> float:
    begin = time.perf_counter()
    assert _get_status(connection) == 200
    return time.perf_counter() - begin


def _ask(service: Service, requests: int) -> list[int]:
    with _connection(service) as connection:
        return [_get_status(connection) for _ in range(requests)]


def _connection(service: Service) -> AbstractContextManager[HTTPConnection]:
    target = urlsplit(service.url)
    return closing(HTTPConnection(f"{target.hostname}:{target.port}"))


def _get_status(connection: HTTPConnection) -> int:
    connection.request("GET", GROUPS, headers=HEADERS)
    answer = connection.getresponse()
    answer.read()
    return answer.status


@contextmanager
def _slow_clients(service: Service, count: int) -> Iterator[None]:
    with _connected(service, count) as connections:
        for connection, beginning in zip(connections, cycle(SLOW), strict=False):
            connection.sendall(beginning)
        over = threading.Event()
        thread = threading.Thread(target=_send_slowly, args=(connections, over))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        assert all(map(_is_open, connections))


def _send_slowly(connections: list[socket.socket], over: threading.Event) -> None:
    for connection in cycle(connections):
        if over.wait(1 / len(connections)):
            break
        connection.sendall(b"x")


@contextmanager
def _connected(service: Service, count: int) -> Iterator[list[socket.socket]]:
    target = urlsplit(service.url)
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection((target.hostname, target.port))) for _ in range(count)]


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True


def _count_files(service: Service) -> int:
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
