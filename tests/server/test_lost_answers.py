"""A write that is on disk is answered, whatever happens to the clients whose writes came with it."""

import asyncio
import logging
import os
import re
import socket
import struct
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from data.store.group_commit import WriteResult
from handlers.fast.write_queue import WriteQueue
from tests.support.command import read_troubles
from tests.support.databases import open_database
from tests.support.files import locked, read_names
from tests.support.hostile import BASE, get, post_clone
from tests.support.raw import SECONDS_TO_ANSWER, await_taken, connect, receive
from tests.support.service import SECONDS_TO_STOP, TOP, Service
from tests.support.waiting import SECONDS_TO_WAIT

# Small enough that the kernel does not take all answers for a client that does not read.
RECEIVE_BUFFER = 2304
LIST = BASE + b"/acd/groups"
LENGTH = re.compile(rb"content-length: (\d+)")
VICTIMS = 5
BATCH = 4
# Lets the answer to a write fail that is already on disk.
FAIL = """
from handlers.fast.path import PlainWrite
make_answer = PlainWrite.make_answer

def fail(write, outcome):
    answer = make_answer(write, outcome)
    if b"Failing" in answer.body:
        raise RuntimeError("secret")
    return answer

PlainWrite.make_answer = fail
"""
LOGGED = re.compile(r"A write was not answered: RuntimeError in tell, line \d+")


def reset(connection: socket.socket) -> None:
    """Close a connection by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def connect_without_reading(service: Service) -> socket.socket:
    """Return a connection of which the server has answers left that its client does not take, but not too many."""
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        address = connection.getpeername()
        connection.sendall(get(LIST))
        head = b"".join(iter(stream.readline, b"\r\n")) + b"\r\n"
        size = len(head) + int(LENGTH.findall(head)[0])
    slow = socket.socket()
    slow.settimeout(SECONDS_TO_ANSWER)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    slow.connect(address)
    sent = missing = 0
    deadline = time.monotonic() + SECONDS_TO_WAIT
    # What moves while the kernel's table is read may be missing from it once.
    while missing < 2:
        assert time.monotonic() < deadline, "the kernel takes all answers"
        if missing == 0:
            slow.sendall(get(LIST))
            await_taken(slow)
            sent += 1
        synchronise(service)
        missing = missing + 1 if count_kept(slow) < sent * size else 0
    assert sent > 1
    return slow


def synchronise(service: Service) -> None:
    """Wait until a server has done what it was to do before, by some turns of its event loop."""
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        for _ in range(3):
            connection.sendall(get(b"/health/live"))
            receive(stream)


def count_kept(connection: socket.socket) -> int:
    """Return how many bytes the kernel keeps of a connection, on both of its ends."""
    ends = {connection.getpeername()[1], connection.getsockname()[1]}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    queues = [row[4] for row in rows if {int(row[1][-4:], 16), int(row[2][-4:], 16)} == ends]
    return sum(int(number, 16) for queue in queues for number in queue.split(":"))


def test_reset_with_answers_left_leaves_the_writes_of_others_answered(fresh_demo: Service) -> None:
    with ExitStack() as stack:
        slow = connect_without_reading(fresh_demo)
        # After it, which takes long on a busy machine: the server closes connections without a request after a while.
        others = [stack.enter_context(connect(fresh_demo.url)) for _ in range(VICTIMS + 1)]
        with locked(fresh_demo.database):
            # The first waits alone for the disk, and those behind it are written together.
            for number, connection in enumerate([others[0], slow, *others[1:]]):
                connection.sendall(post_clone(b"Lost %d" % number))
                await_taken(connection)
            reset(slow)
            synchronise(fresh_demo)
        for connection in others:
            with connection.makefile("rb") as stream:
                assert receive(stream).status == 200
                connection.sendall(get(b"/health/live"))
                assert receive(stream).status == 200
    assert {f"Lost {number}" for number in range(VICTIMS + 2)} <= read_names(fresh_demo.database)
    fresh_demo.process.terminate()
    assert fresh_demo.process.wait(SECONDS_TO_STOP) == 0
    assert read_troubles(fresh_demo.log) == []


@pytest.mark.fast
def test_fail_to_answer_a_write_closes_its_connection_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(FAIL)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{TOP}")
    with Service(tmp_path / "freiton.db", "--demo") as service, ExitStack() as stack:
        first, failing, last = [stack.enter_context(connect(service.url)) for _ in range(3)]
        with locked(service.database):
            for connection, name in ((first, b"First"), (failing, b"Failing"), (last, b"Last")):
                connection.sendall(post_clone(name))
                await_taken(connection)
        assert failing.recv(1) == b""
        assert [first.recv(15), last.recv(15)] == [b"HTTP/1.1 200 OK"] * 2
        (trouble,) = read_troubles(service.log)
    assert re.fullmatch(r"ERROR A write was not answered: RuntimeError in fail, line \d+", trouble)


@pytest.mark.parametrize("failing", [{0}, {1}, {BATCH - 1}, {0, 2}, set(range(BATCH))], ids=str)
def test_fail_to_answer_one_write_answers_the_others(
    failing: set[int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[WriteResult] = []

    def tell(number: int, outcome: WriteResult) -> None:
        if number in failing:
            raise RuntimeError("secret")
        told.append(outcome)

    async def write() -> None:
        done = asyncio.get_running_loop().create_future()
        with open_database(tmp_path / "freiton.db", create=True) as opened:
            writes = WriteQueue(opened, lambda: None)
            for number in range(BATCH):
                writes.add(partial(int, number), partial(tell, number))
            # Behind the others, and told when the queue has gone on.
            writes.add(lambda: None, lambda _: writes.add(lambda: None, done.set_result))
            await asyncio.wait_for(done, SECONDS_TO_WAIT)

    with caplog.at_level(logging.ERROR, "freiton"):
        asyncio.run(write())
    assert told == [WriteResult(number) for number in range(BATCH) if number not in failing]
    assert len(caplog.messages) == len(failing)
    assert all(
        re.fullmatch(r"A write was not answered: RuntimeError in tell, line \d+", each) for each in caplog.messages
    )
