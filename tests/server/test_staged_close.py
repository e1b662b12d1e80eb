"""A client that still sends when the server closes the connection gets to read the answer, but cannot stay."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from typing import cast
from urllib.parse import urlsplit

import pytest

from handlers.server.wire import Wire
from tests.support.command import list_open_files, read_troubles
from tests.support.files import ADD_GROUPS, execute, locked
from tests.support.hostile import BASE, CLONE, CLONED, JSON, TYPES, get, post
from tests.support.raw import AUTHORIZATION, SECONDS_TO_ANSWER, connect, receive, request
from tests.support.service import Service
from tests.support.waiting import await_

TIMES = 10
BODY = b"x" * 5_000_000
JSON_TYPE = {"Content-Type": "application/json"}
TOKEN = {"Authorization": AUTHORIZATION.decode().partition(": ")[2]}
REFUSED = {
    "too large": ("POST", CLONE, TOKEN, 413),
    "no token": ("POST", CLONE, {}, 401),
    "no such path": ("POST", BASE + b"/nothing", TOKEN, 404),
    "wrong method": ("PUT", CLONE, TOKEN, 405),
    "no JSON": ("POST", CLONE, {**TOKEN, "Host": "a b"}, 400),
}
MEBIBYTE = 1 << 20
ENDLESS = 200 * MEBIBYTE
# In seconds.
TIMEOUT = 1
# Longer than a busy machine leaves this process waiting.
PATIENCE = 3


@pytest.fixture(scope="module", params=["fast", "no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server, which must not report an error."""
    with Service(tmp_path_factory.mktemp("staged") / "freiton.db", "--demo", f"--{request.param}") as service:
        yield service
    assert read_troubles(service.log) == []


@pytest.fixture(scope="module", params=["fast", "no-fast"])
def impatient(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that does not wait long, with a long list."""
    options = ("--demo", f"--{request.param}", "--request-timeout", str(TIMEOUT))
    with Service(tmp_path_factory.mktemp("impatient") / "freiton.db", *options) as service:
        execute(service.database, [ADD_GROUPS.format(3_500, "x" * 10_000)])
        yield service
    assert read_troubles(service.log) == []


def count_sockets(service: Service) -> int:
    """Return how many sockets a server has open."""
    return sum(name.startswith("socket:") for name in list_open_files(service.process.pid))


@pytest.mark.parametrize(("method", "target", "headers", "status"), REFUSED.values(), ids=REFUSED)
def test_refusal_of_a_large_body_is_seen_by_a_client_that_sends_all_first(
    service: Service, method: str, target: bytes, headers: dict[str, str], status: int
) -> None:
    address = urlsplit(service.url)
    statuses = []
    for _ in range(TIMES):
        connection = HTTPConnection(f"{address.hostname}:{address.port}", timeout=SECONDS_TO_ANSWER)
        connection.request(method, target.decode(), BODY, {**headers, **JSON_TYPE})
        statuses.append(connection.getresponse().status)
        connection.close()
    assert statuses == [status] * TIMES


@pytest.mark.parametrize(
    "first",
    [
        get(TYPES, b"Connection: close"),
        get(TYPES).replace(b"1.1", b"1.0"),
        b"\0\r\n\r\n",
        get(b"/x", b"X: " + b"x" * 70_000),
    ],
    ids=["close", "HTTP/1.0", "400", "431"],
)
def test_answer_before_more_requests_is_followed_by_the_end_and_no_reset(service: Service, first: bytes) -> None:
    for _ in range(TIMES):
        with connect(service.url) as connection, connection.makefile("rb") as stream:
            for data in (first, *[get(TYPES)] * 20):
                connection.sendall(data)
            receive(stream)
            assert stream.read() == b""


@pytest.mark.parametrize(
    "head",
    [
        get(TYPES, b"Connection: close"),
        request("POST", CLONE, JSON, b"Content-Length: 1000000000"),
        request("POST", CLONE, JSON, b"Content-Length: 1000000000").replace(AUTHORIZATION + b"\r\n", b""),
        b"\0\r\n\r\n",
    ],
    ids=["close", "413", "401", "400"],
)
def test_client_that_goes_on_sending_is_disconnected(service: Service, head: bytes) -> None:
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(head)
        assert receive(stream).status in (200, 400, 401, 413)
        # More than is read of what nobody needs.
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(bytes(ENDLESS))


def test_client_that_goes_on_sending_behind_a_request_that_waits_is_disconnected(fresh_demo: Service) -> None:
    with locked(fresh_demo.database), connect(fresh_demo.url) as connection:
        connection.sendall(post(CLONED % b"Waits", b"Connection: close"))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(bytes(ENDLESS))


@pytest.mark.parametrize("head", [get(TYPES, b"Connection: close"), b"\0\r\n\r\n"], ids=["close", "400"])
def test_client_that_does_not_close_is_disconnected(impatient: Service, head: bytes) -> None:
    before = count_sockets(impatient)
    with connect(impatient.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(head)
        receive(stream)
        assert stream.read() == b""
        await_(lambda: count_sockets(impatient) == before)


@pytest.mark.parametrize("lines", [(), (b"Connection: close",)], ids=["keep-alive", "close"])
@pytest.mark.parametrize("end", [False, True], ids=["open", "half closed"])
def test_client_that_takes_nothing_is_disconnected(impatient: Service, lines: tuple[bytes, ...], end: bool) -> None:
    before = count_sockets(impatient)
    with connect(impatient.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(get(BASE + b"/acd/groups", *lines))
        if end:
            connection.shutdown(socket.SHUT_WR)
        assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
        await_(lambda: count_sockets(impatient) == before)
        # Of which the end is missing.
        with suppress(ConnectionResetError):
            assert b'],"count":' not in stream.read()


def test_client_that_takes_little_by_little_gets_all(impatient: Service) -> None:
    with connect(impatient.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(get(BASE + b"/acd/groups?limitPageSize=400", b"Connection: close"))
        parts = []
        while part := stream.read(MEBIBYTE):
            parts.append(part)
            time.sleep(0.3)
    assert b'],"count":400' in b"".join(parts)


class Sender(asyncio.Protocol):
    """A server that sends a lot on its first connection, and closes it."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send more than the kernel takes."""
        loop = asyncio.get_running_loop()
        self.wire = Wire(cast(asyncio.Transport, transport), loop, PATIENCE)
        self.wire.write(bytes(ENDLESS))
        self.wire.close()
        self.first = self.wire.timer

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        self.lost.set()


def test_client_is_disconnected_when_it_takes_nothing_any_more() -> None:
    async def take() -> int:
        loop, sender = asyncio.get_running_loop(), Sender()
        server = await loop.create_server(lambda: sender, "127.0.0.1", 0)
        taken = 0
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            client.setblocking(False)
            # Until the server has looked whether it took anything.
            while taken == 0 or sender.wire.timer is sender.first:
                part = await loop.sock_recv(client, MEBIBYTE // 4)
                assert part, "the server has closed the connection"
                taken += len(part)
                await asyncio.sleep(PATIENCE / 100)
            assert not sender.lost.is_set()
            await asyncio.wait_for(sender.lost.wait(), SECONDS_TO_ANSWER)
        server.close()
        return taken

    assert 0 < asyncio.run(take()) < ENDLESS
