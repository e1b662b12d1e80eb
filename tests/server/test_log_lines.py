"""A line of the log is whole while other processes write to it, and says in milliseconds how long its request took."""

import fcntl
import json
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import PIPE
from threading import Event

import pytest

from tests.support.command import await_line, await_stopped, worker_processes
from tests.support.hostile import CLONE, TYPES, get
from tests.support.raw import connect, receive, request
from tests.support.service import FREITON, LISTENING, TOP, Service, start_process

CONNECTIONS = 250
# The least that a pipe holds: a longer text comes in parts, between which others write.
PIPE_SIZE = 4096
PART = 256
ROUNDS = 20
F_SETPIPE_SZ = 1031
SECONDS = 0.3
MOST_SECONDS = 2
# In Linux on x86-64 and ARM: the call `write`, on standard error.
WRITING = ("1 0x2 ", "64 0x2 ")
LINE = re.compile(r"\S+ INFO [0-9a-f-]{36} GET \S+ \S+ 200 \d+\.\d")
BODY = b'{"source":"Campaign 1000","destination":"Timed"}'
LINES = (b"Content-Type: application/json", b"Content-Length: %d" % len(BODY), b"Expect: 100-continue")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_request_that_waits_for_its_client_is_logged_in_milliseconds(tmp_path: Path, log_format: str) -> None:
    with Service(tmp_path / "freiton.db", "--demo", "--log-format", log_format) as service:
        begin = time.monotonic()
        with connect(service.url) as connection, connection.makefile("rb") as stream:
            connection.sendall(request("POST", CLONE, *LINES))
            # From here on the server has the request in hand.
            assert receive(stream).status == 100
            time.sleep(SECONDS)
            connection.sendall(BODY)
            identity = receive(stream).headers["x-request-id"]
        line = await_line(service.log, identity)
        longest = time.monotonic() - begin
    milliseconds = float(json.loads(line)["milliseconds"] if log_format == "json" else line.split()[-1])
    assert SECONDS * 1000 <= milliseconds <= longest * 1000


def test_log_of_two_workers_through_a_small_pipe_has_whole_lines(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, F_SETPIPE_SZ, PIPE_SIZE)
    command = [*FREITON, "serve", "--demo", "--port", "0", "--workers", "2", "--database", str(tmp_path / "freiton.db")]
    with (
        ThreadPoolExecutor(1) as thread,
        start_process(command, cwd=TOP, stdout=PIPE, stderr=writing, text=True) as process,
    ):
        os.close(writing)
        may_read = Event()
        may_read.set()
        log = thread.submit(read_all, reading, may_read)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix(LISTENING).strip()
            ask_at_once(url, worker_processes(process), may_read)
        finally:
            may_read.set()
            process.terminate()
    lines = log.result().splitlines()
    # The first is that of the server itself, which asks whether it is there.
    assert [line for line in lines[1:] if not LINE.fullmatch(line)] == []
    assert len(lines) == 1 + CONNECTIONS * ROUNDS


def ask_at_once(url: str, workers: list[int], may_read: Event) -> None:
    """Let workers find many requests at once, each on a connection of its own, and the log full when they write."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(url)) for _ in range(CONNECTIONS)]
        streams = [stack.enter_context(connection.makefile("rb")) for connection in connections]
        for _ in range(ROUNDS):
            for worker in workers:
                os.kill(worker, signal.SIGSTOP)
                await_stopped(worker)
            may_read.clear()
            for connection in connections:
                connection.sendall(get(TYPES))
            for worker in workers:
                os.kill(worker, signal.SIGCONT)
            await_writing(workers)
            may_read.set()
            assert {receive(stream).status for stream in streams} == {200}


def await_writing(workers: list[int]) -> None:
    """Wait until each worker waits for room in the log, but not for one that has too few requests for that."""
    deadline = time.monotonic() + MOST_SECONDS
    while time.monotonic() < deadline and not all(map(is_writing, workers)):
        time.sleep(0.001)


def is_writing(process: int) -> bool:
    """Return whether a process is within a call that writes to its standard error; False where nobody may know."""
    with suppress(OSError):
        return Path(f"/proc/{process}/syscall").read_text().startswith(WRITING)
    return False


def read_all(pipe: int, may_read: Event) -> str:
    """Return what comes out of a pipe until its end, taken in small parts when that is allowed."""
    content = b""
    while may_read.wait() and (part := os.read(pipe, PART)):
        content += part
    os.close(pipe)
    return content.decode()
