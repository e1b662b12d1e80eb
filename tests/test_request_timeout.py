"""A request that does not arrive ends its connection in time; one that is on its way, or waits for us, does not."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from data.store import sqlite3
from tests.conformance import BASE_PATH
from tests.raw import LAST_ANSWER, request
from tests.service import Service

TIMEOUT = 0.5
# Loosely: the machine may be busy with something else.
SECONDS_TO_CLOSE = 20
CLONE = f"{BASE_PATH}/1/dialler/campaigns/clone".encode()
GROUPS = f"{BASE_PATH}/1/acd/groups".encode()
JSON_BODY = b"Content-Type: application/json"
WHOLE = request("GET", b"/health/live")
ANSWER = {"status": 408, "error": "The request did not arrive in time"}
UNFINISHED = {
    "method": b"GE",
    "target": b"GET " + GROUPS,
    "header": request("GET", GROUPS, b"X-Slow: ").rstrip(b"\r\n"),
    "body": request("POST", CLONE, JSON_BODY, b"Content-Length: 1000", body=b'{"source":'),
    "chunk": request("POST", CLONE, JSON_BODY, b"Transfer-Encoding: chunked", body=b"5\r\n{"),
    "blank lines": b"\r\n\r\n",
    "second request": WHOLE + b"GET " + GROUPS,
}


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that does not wait long."""
    folder = tmp_path_factory.mktemp("impatient")
    with Service(folder / "freiton.db", "--demo", "--request-timeout", str(TIMEOUT)) as service:
        yield service


def connect(service: Service) -> "closing[socket.socket]":
    """Return a connection that is closed at the end of the block."""
    target = urlsplit(service.url)
    return closing(socket.create_connection((target.hostname, target.port), SECONDS_TO_CLOSE))


def read_to_end(connection: socket.socket) -> bytes:
    """Return all that the server sends until it closes the connection."""
    with connection.makefile("rb") as stream:
        return stream.read()


@pytest.mark.parametrize("beginning", UNFINISHED.values(), ids=UNFINISHED)
def test_send_beginning_of_request_only_is_answered_408_and_closed(impatient: Service, beginning: bytes) -> None:
    with connect(impatient) as connection:
        connection.sendall(beginning)
        answer = read_to_end(connection)
    head, _, body = answer[answer.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"\r\nconnection: close" in head
    assert b"\r\nlink: " in head
    assert json.loads(body) == ANSWER


@pytest.mark.parametrize("before", [b"", WHOLE], ids=["at first", "after a request"])
def test_send_no_request_is_closed_without_answer(impatient: Service, before: bytes) -> None:
    with connect(impatient) as connection:
        connection.sendall(before and before + b"\r\n")
        assert read_to_end(connection).count(b"HTTP/1.1 ") == bool(before)


def test_send_body_that_was_refused_in_part_is_closed_without_second_answer(impatient: Service) -> None:
    stranger = UNFINISHED["body"].replace(b"demo-1", b"demo-9")
    with connect(impatient) as connection:
        connection.sendall(stranger)
        answers = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answers) == [b"401"]


def test_send_body_by_bytes_is_answered_408(impatient: Service) -> None:
    with connect(impatient) as connection:
        connection.sendall(UNFINISHED["body"])
        connection.settimeout(TIMEOUT / 10)
        answer = b""
        for _ in range(int(SECONDS_TO_CLOSE * 10 / TIMEOUT)):
            try:
                answer = connection.recv(65536)
                break
            except TimeoutError:
                connection.sendall(b" ")
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_send_long_body_steadily_is_taken(impatient: Service) -> None:
    body = json.dumps({"source": "Campaign 1000", "destination": "Steady"}).encode().ljust(1000 * 12)
    begin = time.monotonic()
    with connect(impatient) as connection:
        connection.sendall(request("POST", CLONE, JSON_BODY, b"Content-Length: %d" % len(body), b"Connection: close"))
        for start in range(0, len(body), 1000):
            time.sleep(TIMEOUT / 4)
            connection.sendall(body[start : start + 1000])
        answer = read_to_end(connection)
    assert time.monotonic() - begin > 2 * TIMEOUT
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_wait_for_answer_for_longer_than_a_request_may_take_gets_it(impatient: Service) -> None:
    body = b'{"source":"Campaign 1000","destination":"Waited"}'
    clone = request("POST", CLONE, JSON_BODY, b"Content-Length: %d" % len(body), body=body)
    with connect(impatient) as connection, closing(sqlite3.connect(impatient.database)) as other:
        other.execute("begin immediate")
        connection.sendall(clone + b"GE")
        time.sleep(3 * TIMEOUT)
        other.execute("rollback")
        answers = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answers) == [b"200", b"408"]


def test_use_connection_for_longer_than_a_request_may_take_goes_on(impatient: Service) -> None:
    with connect(impatient) as connection, connection.makefile("rb") as stream:
        for _ in range(8):
            time.sleep(TIMEOUT / 4)
            connection.sendall(WHOLE)
            head = list(iter(stream.readline, b"\r\n"))
            assert head[0] == b"HTTP/1.1 200 OK\r\n"
            assert stream.read(len(LAST_ANSWER)) == LAST_ANSWER
