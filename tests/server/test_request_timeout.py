"""A request that does not arrive ends its connection in time; one that is on its way, or waits for us, does not."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.conformance import BASE_PATH
from tests.support.files import locked
from tests.support.raw import LAST_ANSWER, Answer, await_taken, receive, request
from tests.support.service import Service

TIMEOUT = 0.5
# A machine that is busy with something else may not send as steadily as is meant; then it does so again.
ATTEMPTS = 100
# Loosely: the machine may be busy with something else.
SECONDS_TO_CLOSE = 60
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
    "second request": WHOLE + b"GET " + GROUPS,
}


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that does not wait long."""
    folder = tmp_path_factory.mktemp("impatient")
    with Service(folder / "freiton.db", "--demo", "--request-timeout", str(TIMEOUT)) as service:
        # Its first ordinary answer takes longer, since Connexion is imported for it.
        httpx.get(f"{service.url}/nothing", timeout=SECONDS_TO_CLOSE)
        yield service


def connect(service: Service) -> "closing[socket.socket]":
    """Return a connection that is closed at the end of the block."""
    target = urlsplit(service.url)
    return closing(socket.create_connection((target.hostname, target.port), SECONDS_TO_CLOSE))


def send_steadily(connection: socket.socket, data: bytes) -> bool:
    """Send bytes after a quarter of the time that the server waits, and return whether no more than half has passed."""
    begin = time.monotonic()
    time.sleep(TIMEOUT / 4)
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(data)
        await_taken(connection)
    return time.monotonic() - begin < TIMEOUT / 2


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


@pytest.mark.parametrize("blank", [b"", b"\r\n", b"\n\r\n\r\n"], ids=["nothing", "line", "lines"])
@pytest.mark.parametrize("before", [b"", WHOLE], ids=["at first", "after a request"])
def test_send_no_request_is_closed_without_answer(impatient: Service, before: bytes, blank: bytes) -> None:
    with connect(impatient) as connection:
        connection.sendall(before + blank)
        await_taken(connection)
        connection.sendall(blank)
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
    for attempt in range(ATTEMPTS):
        body = json.dumps({"source": "Campaign 1000", "destination": f"Steady {attempt}"}).encode().ljust(1000 * 12)
        head = request("POST", CLONE, JSON_BODY, b"Content-Length: %d" % len(body), b"Connection: close")
        with connect(impatient) as connection:
            parts = [head, *(body[start : start + 1000] for start in range(0, len(body), 1000))]
            is_steady = all(send_steadily(connection, part) for part in parts)
            answer = read_to_end(connection)
        if is_steady:
            break
    assert is_steady, "the machine is too slow to send in time"
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_wait_for_answer_for_longer_than_a_request_may_take_gets_it(impatient: Service) -> None:
    body = b'{"source":"Campaign 1000","destination":"Waited"}'
    clone = request("POST", CLONE, JSON_BODY, b"Content-Length: %d" % len(body), body=body)
    with connect(impatient) as connection:
        with locked(impatient.database):
            connection.sendall(clone + b"GE")
            time.sleep(3 * TIMEOUT)
        answers = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answers) == [b"200", b"408"]


def test_use_connection_for_longer_than_a_request_may_take_goes_on(impatient: Service) -> None:
    for _ in range(ATTEMPTS):
        with connect(impatient) as connection, connection.makefile("rb") as stream:
            answers: list[Answer] = []
            # The first has to be in time.
            if not send_steadily(connection, WHOLE):
                continue
            answers.append(receive(stream))
            while len(answers) < 8:
                time.sleep(TIMEOUT / 4)
                connection.sendall(WHOLE)
                answers.append(receive(stream))
            break
    assert [(answer.status, answer.body) for answer in answers] == [(200, LAST_ANSWER)] * 8
