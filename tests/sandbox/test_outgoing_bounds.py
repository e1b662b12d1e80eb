"""Outgoing calls take bounded time and room, whatever the connector does."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.support.command import read_troubles
from tests.support.connectors import Connector, Reply
from tests.support.outgoing import call, find, number, read_journal, register
from tests.support.sandbox import EVENT, SandboxService, World
from tests.support.waiting import await_

LINE = {"jtelStatisticsPartAID": 1, "bOutbound": 0}
STATISTICS = "writeCallStatistics"
MEBIBYTE = 2**20
FEW = 2


@pytest.mark.parametrize("size", [MEBIBYTE, MEBIBYTE + 1])
def test_answer_is_read_up_to_its_largest_size(world: World, connector: Connector, size: int) -> None:
    connector.answer = lambda _: Reply(200, b'"' + b"x" * (size - 2) + b'"')
    register(world, connector)
    made = call(world, STATISTICS, LINE)
    if size == MEBIBYTE:
        assert (made["status"], made["reason"]) == ("answered", None)
    else:
        assert (made["status"], made["reason"]) == ("failed", "the answer has more than 1048576 bytes")
    assert len(read_journal(world)[0]["response"]["body"]) == 64 * 1024


def drip(listener: socket.socket) -> None:
    """Answer one request, a byte of the header each 50 ms, until the client leaves."""
    with listener.accept()[0] as connection:
        connection.recv(65536)
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.mark.parametrize("says", ["nothing", "little"])
def test_slow_answer_fails_when_the_time_is_over(world: World, listener: socket.socket, says: str) -> None:
    if says == "little":
        Thread(target=drip, args=(listener,), daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert world.ask("POST", "/outgoing/targets", json={"url": url, "timeout": 0.5}).status_code == 201
    begin = time.monotonic()
    made = call(world, STATISTICS, LINE)
    assert made["reason"] == "there was no complete answer within 0.5 seconds"
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"HTTP/1.1 999999 X\r\n\r\n"]
)
def test_what_is_no_whole_answer_fails(world: World, listener: socket.socket, answer: bytes) -> None:
    def reply() -> None:
        with listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = Thread(target=reply, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    world.ask("POST", "/outgoing/targets", json={"url": url})
    made = call(world, STATISTICS, LINE)
    assert (made["status"], made["reason"]) == ("failed", "the connection was closed before the answer was complete")
    thread.join()


def test_connector_that_does_not_listen_fails(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    world.ask("POST", "/outgoing/targets", json={"url": f"http://127.0.0.1:{port}"})
    assert call(world, STATISTICS, LINE)["reason"] == "no connection could be made"
    world.ask("POST", "/outgoing/targets", json={"url": f"https://127.0.0.1:{port}"})
    assert call(world, STATISTICS, LINE)["reason"] == "no connection could be made"


def test_server_without_tls_is_not_called_by_https(world: World, connector: Connector) -> None:
    register(world, connector, url=connector.url.replace("http", "https"))
    assert call(world, STATISTICS, LINE)["status"] == "failed"
    assert connector.received == []


def test_queue_is_bounded_and_old_calls_are_forgotten(tmp_path: Path, connector: Connector) -> None:
    with SandboxService(tmp_path / "sandbox", "--sandbox-calls", str(FEW)) as service, World(service) as world:
        target = register(world, connector, delay=60)
        number(world, FEW)
        refused = world.ask("POST", "/outgoing/calls", json={"operationId": STATISTICS, "data": LINE})
        assert refused.status_code == 409
        assert refused.json()["error"] == "2 outgoing calls of the world wait, the most that are allowed"
        world.ask("DELETE", f"/outgoing/targets/{target['id']}").raise_for_status()
        register(world, connector)
        made = [call(world, STATISTICS, LINE)["id"] for _ in range(FEW + 1)]
        assert [each["id"] for each in world.ask("GET", "/outgoing/calls").json()["calls"]] == made[-FEW:]


def test_full_queue_is_logged_and_the_event_is_created(tmp_path: Path, connector: Connector) -> None:
    with SandboxService(tmp_path / "sandbox", "--sandbox-calls", "1") as service, World(service) as world:
        register(world, connector, delay=60)
        with world.client() as api:
            assert [api.post("/acd/events/create", json=EVENT).status_code for _ in range(2)] == [200, 200]
        assert world.ask("GET", "/outgoing/calls").json()["count"] == 1
    assert [line for line in read_troubles(service.log) if "cannot be queued" in line] == read_troubles(service.log)
    assert len(read_troubles(service.log)) == 1


def test_slow_connector_makes_no_other_request_wait(world: World, connector: Connector) -> None:
    connector.answer = lambda _: Reply(delay=1)
    register(world, connector)
    number(world, 3)
    with World(SandboxOf(world)) as other, Connector() as quick:
        register(other, quick)
        assert call(other, STATISTICS, LINE)["status"] == "answered"
        with other.client() as api:
            assert api.get("/acd/groups").status_code == 200
    assert world.ask("GET", "/outgoing/calls", params={"status": "answered"}).json()["count"] < 3


class SandboxOf(SandboxService):
    """The sandbox of a world."""

    def __init__(self, world: World) -> None:
        self.url = str(world.control.base_url)


def test_calls_of_a_world_that_is_deleted_trouble_nobody(sandbox: SandboxService, connector: Connector) -> None:
    connector.answer = lambda _: Reply(delay=0.3)
    before = len(read_troubles(sandbox.log))
    with World(sandbox) as world:
        register(world, connector, retries=2, retryWait=0)
        number(world, 2)
        await_(lambda: connector.received)
    with World(sandbox) as world:
        register(world, connector)
        find(world, number(world, 1)[0])
    assert len(read_troubles(sandbox.log)) == before
