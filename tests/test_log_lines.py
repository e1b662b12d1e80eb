"""A line of the log is whole, whoever writes beside it, and says in milliseconds how long its request took."""

import fcntl
import json
import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.command import await_line, await_stopped, worker_processes
from tests.hostile import CLONE, TYPES, get
from tests.raw import connect, receive, request
from tests.service import FREITON, LISTENING, TOP, Service

CONNECTIONS = 250
# The least that a pipe holds: a longer text comes in parts, between which others write.
PIPE_SIZE = 4096
PART = 256
ROUNDS = 3
F_SETPIPE_SZ = 1031
SECONDS = 0.3
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
        subprocess.Popen(command, cwd=TOP, stdout=PIPE, stderr=writing, text=True) as process,
    ):
        os.close(writing)
        log = thread.submit(read_all, reading)
        try:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix(LISTENING).strip()
            ask_at_once(url, worker_processes(process))
        finally:
            process.terminate()
    lines = log.result().splitlines()
    # The first is that of the server itself, which asks whether it is there.
    assert [line for line in lines[1:] if not LINE.fullmatch(line)] == []
    assert len(lines) == 1 + CONNECTIONS * ROUNDS


def ask_at_once(url: str, workers: list[int]) -> None:
    """Let workers find many requests at once, each on a connection of its own."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(url)) for _ in range(CONNECTIONS)]
        streams = [stack.enter_context(connection.makefile("rb")) for connection in connections]
        for _ in range(ROUNDS):
            for worker in workers:
                os.kill(worker, signal.SIGSTOP)
                await_stopped(worker)
            for connection in connections:
                connection.sendall(get(TYPES))
            for worker in workers:
                os.kill(worker, signal.SIGCONT)
            assert {receive(stream).status for stream in streams} == {200}


def read_all(pipe: int) -> str:
    """Return what comes out of a pipe until its end, taken in small parts."""
    content = b""
    while part := os.read(pipe, PART):
        content += part
    os.close(pipe)
    return content.decode()
