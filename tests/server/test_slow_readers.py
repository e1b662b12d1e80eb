"""A client that takes nothing of its answers costs little memory and is disconnected, whatever it asked for."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.command import read_troubles
from tests.support.files import ADD_GROUPS, execute
from tests.support.hostile import BASE, get
from tests.support.memory import read_memory
from tests.support.raw import SECONDS_TO_ANSWER, connect, receive, to_hex
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

CLIENTS = 60
MOST_KIBIBYTES_EACH = 1024
RECEIVE_BUFFER = 4096
# Of `/proc/net/tcp`.
ESTABLISHED = "01"
# Some 3 KB each.
GROUPS = ADD_GROUPS.format(4_000, "x" * 3_000)
# Connexion answers a request that gives itself an ID.
ORDINARY = b"X-Request-ID: 0b0e7b0c-6a52-4c40-8a4b-1f2a4d7b7f66"
# A list, the largest page, and a page that is read and sent in one.
CASES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "list": ("", ()),
    "ordinary list": ("", (ORDINARY,)),
    "page": ("?limitPageSize=1000", ()),
}
CASES |= {"short page": ("?limitPageSize=300", (ORDINARY,))}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A demo server with groups of some 12 MB."""
    with Service(tmp_path / "freiton.db", "--demo") as service:
        execute(service.database, [GROUPS])
        yield service


def ask_without_reading(service: Service, data: bytes) -> socket.socket:
    """Send a request, and take no more of its answer than its first byte."""
    client = socket.socket()
    client.settimeout(SECONDS_TO_ANSWER)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    address = urlsplit(service.url)
    client.connect((address.hostname, address.port))
    client.sendall(data)
    assert client.recv(1) == b"H"
    return client


def is_connected(client: socket.socket) -> bool:
    """Return whether the server has a connection of a client open, as `/proc/net/tcp` shows it."""
    ends = [to_hex(client.getpeername()), to_hex(client.getsockname())]
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return any(row[1:4] == [*ends, ESTABLISHED] for row in rows)


def read_whole(service: Service, data: bytes) -> int:
    """Send a request, take its whole answer, and return the length of its body."""
    with connect(service.url) as client, client.makefile("rb") as stream:
        client.sendall(data)
        return len(receive(stream).body)


@pytest.mark.parametrize(("query", "lines"), CASES.values(), ids=CASES)
def test_clients_that_read_nothing_take_little_memory(service: Service, query: str, lines: tuple[bytes, ...]) -> None:
    data = get(BASE + b"/acd/groups" + query.encode(), *lines)
    size = read_whole(service, data)
    assert size > 900_000
    before = read_memory(service)
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(ask_without_reading(service, data))
        # The server has gone on with their answers until it is asked by others and has answered these.
        assert read_whole(service, data) == size
        assert read_memory(service) - before < CLIENTS * MOST_KIBIBYTES_EACH


def test_list_of_large_records_is_the_same_in_parts(service: Service) -> None:
    with service.client() as api:
        whole = api.get("/acd/groups", params={"orderBy": "ID"})
        pages = [api.get("/acd/groups", params={"orderBy": "ID", "limitPageSize": 1000})]
        while "next" in pages[-1].links:
            pages.append(api.get(f"/acd/groups{pages[-1].links['next']['url']}"))
        small = [
            api.get("/acd/groups", params={"orderBy": "ID", "limitPageSize": 300, "limitStart": 300 * n})
            for n in (0, 1)
        ]
    assert {page.headers.get("Transfer-Encoding") for page in pages} == {"chunked", None}
    assert [record for page in pages for record in page.json()["records"]] == whole.json()["records"]
    assert [record for page in small for record in page.json()["records"]] == whole.json()["records"][:600]
    assert whole.json()["count"] == len(whole.json()["records"]) == 4_040
    assert all("Content-Length" in page.headers for page in small)


@pytest.mark.parametrize(("query", "lines"), CASES.values(), ids=CASES)
def test_client_that_reads_nothing_is_disconnected(tmp_path: Path, query: str, lines: tuple[bytes, ...]) -> None:
    with Service(tmp_path / "freiton.db", "--demo", "--request-timeout", "1") as service:
        execute(service.database, [GROUPS])
        data = get(BASE + b"/acd/groups" + query.encode(), *lines)
        # More answers than the buffers of both sides hold.
        with ask_without_reading(service, data * 8) as client:
            deadline = time.monotonic() + SECONDS_TO_ANSWER
            while is_connected(client):
                assert time.monotonic() < deadline, "the server keeps the connection"
                time.sleep(0.02)
    assert read_troubles(service.log) == []
