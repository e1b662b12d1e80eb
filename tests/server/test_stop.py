"""A server that stops answers each request that has begun: in full, or with 503, which says what is stored."""

import json
import os
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.support.command import read_troubles
from tests.support.contacts import NDJSON
from tests.support.databases import BUSY, writing
from tests.support.files import ADD_GROUPS, execute, read_rows
from tests.support.hostile import BASE, CLONE, CONTACTS, TYPES, get, post, post_to
from tests.support.raw import Answer, await_refusal, connect, receive, request
from tests.support.service import TOP, Service, Started
from tests.support.waiting import await_

TARGET = CONTACTS + b"/import/batch?diallerCampaignsID=538&onError="
# More than can be imported in the time that an import gets.
MANY = 400_000
LINE = b'{"Name":"Mustermann","PhoneNumber1":"+4989%07d"}\n'
END = b"\r\n\r\n"
STOPPING = "The service is stopping"
NOTHING = f"{STOPPING}: nothing of the file is stored"
PART = re.compile(r"The service is stopping: the file is imported up to the contact in line (\d+), and not beyond")
STORED = "select PhoneNumber1 from DiallerContactsPresent where DiallerCampaignsID = 538 and PhoneNumber1 like '+4989%'"
# A limit for servers that hang, not for slow machines.
SECONDS = 300
# The kernel refuses a filter on a socket whose filter is locked.
LOCK_FILTER = """
import socket
original = socket.create_server

def create_server(*arguments, **options):
    listener = original(*arguments, **options)
    listener.setsockopt(socket.SOL_SOCKET, 44, 1)
    return listener

socket.create_server = create_server
"""

Act = Callable[[Service], None]


@pytest.fixture(scope="module")
def body() -> bytes:
    """A file of many contacts."""
    return b"".join([LINE % number for number in range(MANY)])


def test_stop_while_requests_are_answered_stores_what_the_answers_say(tmp_path: Path, body: bytes) -> None:
    abort = partial(import_many, body, "abort", is_locked)
    skip = partial(import_many, body, "skip", has_contacts)
    # With the number of workers.
    runs: list[tuple[Act, int]] = [
        *((abort, 1), (abort, 2), (skip, 2), (partial(import_late, skip), 1)),
        *((stall, 1), (read_nothing, 1)),
    ]

    def run(number: int, act: Act, workers: int) -> None:
        options = ("--demo", "--workers", str(workers), "--request-timeout", str(SECONDS))
        with Started(tmp_path / f"{number}.db", *options) as service:
            act(service)
            assert service.process.wait(SECONDS) == 0
        assert read_troubles(service.log) == []

    with ThreadPoolExecutor(len(runs)) as threads:
        for each in [threads.submit(run, number, *each) for number, each in enumerate(runs)]:
            each.result()


def import_many(body: bytes, on_error: str, has_begun: Callable[[Path], bool], service: Service) -> None:
    """Stop a server in the middle of an import."""
    with _connect(service) as connection, connection.makefile("rb") as stream:
        connection.sendall(post_to(TARGET + on_error.encode(), body, NDJSON.encode()))
        await_(lambda: has_begun(service.database))
        service.process.terminate()
        answer = receive(stream)
    error = read_refusal(answer)
    stored = sorted(number for (number,) in read_rows(service.database, STORED))
    if on_error == "abort":
        assert (error, stored) == (NOTHING, [])
        return
    match = PART.fullmatch(error)
    assert match, error
    assert 0 < int(match[1]) < MANY
    assert stored == [f"+4989{number:07}" for number in range(int(match[1]))]


def import_late(act: Act, service: Service) -> None:
    """Stop a server while a file arrives, and send the rest of it when another import got no more time."""
    content = LINE % MANY
    with _connect(service) as connection, connection.makefile("rb") as stream:
        begin(connection, stream, TARGET + b"skip", NDJSON.encode(), content)
        act(service)
        connection.sendall(content)
        # The latter if the server has ended meanwhile.
        assert read_refusal(receive(stream)) in (NOTHING, STOPPING)
    assert read_rows(service.database, f"{STORED} and PhoneNumber1 = '+4989{MANY:07}'") == []


def stall(service: Service) -> None:
    """Stop a server while requests arrive, of which one is sent in full; the others have no end."""
    with ExitStack() as stack:
        head, endless, other = [stack.enter_context(_connect(service)) for _ in range(3)]
        streams = [stack.enter_context(each.makefile("rb")) for each in (head, endless, other)]
        head.sendall(get(b"/health/live") + get(b"/health/live")[:20])
        assert receive(streams[0]).status == 200
        for connection, stream in zip((endless, other), streams[1:], strict=True):
            begin(connection, stream, CLONE, b"application/json", b"{}")
        service.process.terminate()
        await_refusal(service.url)
        other.sendall(b"{}")
        assert receive(streams[2]).status == 400
        assert [read_refusal(receive(stream)) for stream in streams[:2]] == [STOPPING] * 2


def read_nothing(service: Service) -> None:
    """Stop a server whose long answer nobody reads."""
    execute(service.database, [ADD_GROUPS.format(3_500, "x" * 10_000)])
    with _connect(service) as connection, connection.makefile("rb") as stream:
        connection.sendall(get(BASE + b"/acd/groups"))
        assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
        service.process.terminate()
        service.process.wait(SECONDS)
        assert b'],"count":' not in stream.read()


def _connect(service: Service) -> socket.socket:
    connection = connect(service.url)
    # Many servers begin and end at once here.
    connection.settimeout(SECONDS)
    return connection


def begin(connection: socket.socket, stream: BinaryIO, target: bytes, media_type: bytes, content: bytes) -> None:
    """Send a request but for its body, and wait until it is being worked on."""
    lines = (b"Content-Type: " + media_type, b"Content-Length: %d" % len(content), b"Expect: 100-continue")
    connection.sendall(request("POST", target, *lines))
    assert receive(stream).status == 100


def read_refusal(answer: Answer) -> str:
    """Return the error of an answer that says that the service cannot be used now."""
    body = json.loads(answer.body)
    assert (answer.status, answer.headers["retry-after"], list(body)) == (503, "1", ["status", "error"])
    assert body["status"] == 503
    return str(body["error"])


def is_locked(database: Path) -> bool:
    """Return whether somebody writes to a database."""
    try:
        with writing(database, seconds=0):
            return False
    except BUSY:
        return True


def has_contacts(database: Path) -> bool:
    """Return whether a part of the file is stored."""
    return bool(read_rows(database, f"{STORED} limit 1"))


@pytest.mark.parametrize("workers", [1, 2])
def test_stop_where_no_socket_filter_is_allowed_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    (tmp_path / "sitecustomize.py").write_text(LOCK_FILTER)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{TOP}")
    with Started(tmp_path / "freiton.db", "--demo", "--workers", str(workers)) as service:
        with connect(service.url) as connection, connection.makefile("rb") as stream:
            connection.sendall(get(b"/health/live"))
            assert receive(stream).status == 200
            service.process.terminate()
            assert stream.read() == b""
        assert service.process.wait(SECONDS) == 0
    assert read_troubles(service.log) == []


@pytest.mark.parametrize("option", ["--fast", "--no-fast"])
def test_stop_while_heads_arrive_answers_the_requests(tmp_path: Path, option: str) -> None:
    parts = [(data[:cut], data[cut:]) for data in (get(TYPES), post(b"{}")) for cut in (1, 40, data.index(END) + 2)]
    with Started(tmp_path / "freiton.db", "--demo", option) as service, ExitStack() as stack:
        connections = [stack.enter_context(_connect(service)) for _ in parts]
        streams = [stack.enter_context(connection.makefile("rb")) for connection in connections]
        for connection, stream, (part, _) in zip(connections, streams, parts, strict=True):
            # Connexion is imported for it, which may take longer than a request has when the server stops.
            connection.sendall(get(b"/nothing") + part)
            assert receive(stream).status == 404
        # This one was answered, and does not close its side.
        lingering = stack.enter_context(_connect(service))
        lingering.sendall(b"\0\r\n\r\n")
        assert lingering.recv(12) == b"HTTP/1.1 400"
        service.process.terminate()
        await_refusal(service.url)
        for connection, (_, rest) in zip(connections, parts, strict=True):
            connection.sendall(rest)
        answers = [receive(stream) for stream in streams]
        assert [answer.status for answer in answers] == [200] * 3 + [400] * 3
        assert {answer.headers["connection"] for answer in answers} == {"close"}
        assert [stream.read() for stream in streams] == [b""] * 6
        assert service.process.wait(SECONDS) == 0
    assert read_troubles(service.log) == []
