"""The server says when it accepts requests, refuses to start wrongly, and stops without dropping a request."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from threading import Semaphore
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.campaigns import clone
from tests.support.command import assert_fails, await_stopped, list_open_files, read_troubles, worker_processes
from tests.support.conformance import BASE_PATH
from tests.support.hostile import get
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import SECONDS_TO_STOP, Service, run_freiton

pytestmark = pytest.mark.uncovered

CLONE_CAMPAIGN = f"{BASE_PATH}/1/dialler/campaigns/clone"
HEADERS = {"Authorization": "Bearer freiton-demo-1"}
THREADS = 8
CONNECTIONS = 32
SECONDS_STARVED = 7
BURSTS = 15
BUSY_SECONDS = 0.02

both_worker_counts = pytest.mark.parametrize("workers", [1, 2])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "freiton.db"


def start(database: Path, workers: int = 1) -> Service:
    return Service(database, "--demo", "--workers", str(workers))


def connect(service: Service) -> HTTPConnection:
    address = urlsplit(service.url)
    assert address.hostname
    return HTTPConnection(address.hostname, address.port, timeout=SECONDS_TO_ANSWER)


def campaign_names(api: httpx.Client) -> set[str]:
    return {campaign["Name"] for campaign in api.get("/dialler/campaigns").json()["records"]}


@both_worker_counts
def test_serve_prints_where_it_listens_and_nothing_else(database: Path, workers: int) -> None:
    with start(database, workers) as service:
        assert urlsplit(service.url).hostname == "127.0.0.1"
        assert urlsplit(service.url).port != 0
        with service.client() as api:
            assert api.get("/acd/groups").json()["count"] == 40
            assert api.get("/acd/groups/group/999").status_code == 404
        service.process.terminate()
        assert service.process.wait(SECONDS_TO_STOP) == 0
        assert service.process.stdout is not None
        assert service.process.stdout.read().count("\n") == 1
    assert read_troubles(service.log) == []


def test_serve_on_port_in_use_says_how_to_choose_another(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        run = run_freiton("serve", "--port", port, "--database", str(database))
        assert_fails(run, 1, "in use", port, "--port", "--host")


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_serve_on_host_that_is_not_here_says_how_to_choose_another(database: Path, host: str) -> None:
    run = run_freiton("serve", "--port", "0", "--host", host, "--database", str(database))
    assert_fails(run, 1, f"cannot listen on {host}, port 0: ", "--host")


def test_serve_demo_again_keeps_what_was_changed(database: Path) -> None:
    for name in ("First", "Second"):
        with start(database) as service, service.client() as api:
            clone(api, name)
            names = campaign_names(api)
    assert {"First", "Second", "Campaign 1000"} < names
    assert len(names) == 7


def test_serve_same_database_twice_shares_it(database: Path) -> None:
    with start(database) as one, start(database) as two, one.client() as first, two.client() as second:
        for api, other in [(first, second), (second, first)]:
            name = str(api.base_url)
            clone(api, name)
            assert name in campaign_names(other)


def test_serve_with_two_workers_answers_from_each(database: Path) -> None:
    with start(database, 2) as service:
        workers = worker_processes(service.process)
        assert len(workers) == 2
        for stopped in workers:
            os.kill(stopped, signal.SIGSTOP)
            try:
                await_stopped(stopped)
                assert httpx.get(f"{service.url}/health/ready", timeout=SECONDS_TO_ANSWER).json() == {"status": 200}
            finally:
                os.kill(stopped, signal.SIGCONT)


def test_worker_without_processor_for_seconds_is_not_replaced(database: Path) -> None:
    with start(database, 2) as service:
        workers = worker_processes(service.process)
        os.kill(workers[0], signal.SIGSTOP)
        try:
            # Longer than uvicorn waits by default.
            time.sleep(SECONDS_STARVED)
        finally:
            os.kill(workers[0], signal.SIGCONT)
        assert httpx.get(f"{service.url}/health/ready", timeout=SECONDS_TO_ANSWER).json() == {"status": 200}
        assert worker_processes(service.process) == workers


def test_connections_that_come_at_once_are_shared_by_workers(database: Path) -> None:
    with start(database, 2) as service:
        # The second worker serves later than the first.
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while 0 in take_connections(service):
            assert time.monotonic() < deadline, "one worker takes none"
        shares = [min(take_connections(service)) for _ in range(BURSTS)]
    assert median(shares) >= CONNECTIONS / 8


def take_connections(service: Service) -> list[int]:
    """Open connections at once, as a client does that is busy then, and return how many of them each worker takes."""
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.socket()) for _ in range(CONNECTIONS)]
        for connection in connections:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", urlsplit(service.url).port))
        end = time.monotonic() + BUSY_SECONDS
        while time.monotonic() < end:
            pass
        for connection in connections:
            connection.settimeout(SECONDS_TO_ANSWER)
            connection.sendall(get(b"/health/live"))
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
        sockets = find_sockets({connection.getsockname()[1] for connection in connections})
        return [len(sockets.intersection(list_open_files(worker))) for worker in worker_processes(service.process)]


def find_sockets(ports: set[int]) -> set[str]:
    """Return the sockets that are connected to some ports, as `/proc` names them in the processes that have them."""
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{fields[9]}]" for fields in table if int(fields[2].rpartition(":")[2], 16) in ports}


@both_worker_counts
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_server_stops_it_in_silence(database: Path, workers: int, number: signal.Signals) -> None:
    with start(database, workers) as service:
        # Ctrl+C reaches all processes of the terminal.
        others = worker_processes(service.process) if number == signal.SIGINT else []
        for process in (service.process.pid, *others):
            os.kill(process, number)
        assert service.process.wait(SECONDS_TO_STOP) == 0
    assert read_troubles(service.log) == []


@both_worker_counts
def test_signal_server_answers_request_that_has_begun(database: Path, workers: int) -> None:
    body = json.dumps({"source": "Campaign 1000", "destination": "Begun"}).encode()
    with start(database, workers) as service, closing(connect(service)) as idle, closing(connect(service)) as begun:
        idle.request("GET", "/health/live")
        assert idle.getresponse().read() == b'{"status":200}'
        begin_clone(begun, len(body))
        service.process.terminate()
        assert idle.sock.recv(1) == b""
        begun.send(body)
        answer = begun.getresponse()
        assert (answer.status, json.loads(answer.read())["records"][0]["Name"]) == (200, "Begun")
        assert service.stop() == 0
    with start(database) as service, service.client() as api:
        assert "Begun" in campaign_names(api)


def test_signal_server_whose_client_stalls_stops_it_all_the_same(tmp_path: Path) -> None:
    with ExitStack() as stack:
        services = [stack.enter_context(start(tmp_path / f"{workers}.db", workers)) for workers in (1, 2)]
        for service in services:
            begin_clone(stack.enter_context(closing(connect(service))), 1)
        with ThreadPoolExecutor() as threads:
            assert list(threads.map(Service.stop, services)) == [0, 0]


def begin_clone(connection: HTTPConnection, length: int) -> None:
    connection.putrequest("POST", CLONE_CAMPAIGN)
    fields = {**HEADERS, "Content-Type": "application/json", "Content-Length": str(length), "Expect": "100-continue"}
    for name, value in fields.items():
        connection.putheader(name, value)
    connection.endheaders()
    # Only a request that is being worked on is told to go on.
    assert connection.sock.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"


@both_worker_counts
def test_signal_server_under_load_drops_no_request(database: Path, workers: int) -> None:
    answered = Semaphore(0)
    with start(database, workers) as service, ThreadPoolExecutor(THREADS) as threads:
        loops = [threads.submit(list, clone_on_and_on(service, str(loop), answered)) for loop in range(THREADS)]
        for _ in range(5 * THREADS):
            assert answered.acquire(timeout=SECONDS_TO_ANSWER)
        assert service.stop() == 0
        answers = [answer for loop in loops for answer in loop.result()]
    assert [answer for answer in answers if answer[1] != 200] == []
    with start(database) as service, service.client() as api:
        assert {name for name, _ in answers} < campaign_names(api)


def clone_on_and_on(service: Service, prefix: str, answered: Semaphore) -> Iterator[tuple[str, int | str]]:
    for number in count():
        connection = connect(service)
        try:
            connection.connect()
        except ConnectionRefusedError:
            return
        with closing(connection):
            name = f"{prefix}, {number}"
            yield name, request_clone(connection, name)
            answered.release()


def request_clone(connection: HTTPConnection, name: str) -> int | str:
    body = json.dumps({"source": "Campaign 1000", "destination": name})
    try:
        connection.request("POST", CLONE_CAMPAIGN, body, {**HEADERS, "Content-Type": "application/json"})
        answer = connection.getresponse()
        assert json.loads(answer.read())["status"] == answer.status
        return answer.status
    except OSError as error:
        return repr(error)
