"""Servers in processes of their own: started, stopped, and what they take."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

TOP = Path(__file__).parents[2]
HOST = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_TO_START = 30
SECONDS_TO_STOP = 15


class Server:
    """A running server.

    :param name: what it is called in the tables.
    :param command: what starts it; `{port}` stands for its port.
    :param environment: variables beside those of this process.
    :param cores: the cores that it may use.
    :param log: the file that takes what it prints.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], cores: Sequence[int], log: Path
    ) -> None:
        self.name = name
        self.port = _find_port()
        self.log = log
        with log.open("ab") as printed:
            self.process = subprocess.Popen(
                [*pin(cores), *(part.format(port=self.port) for part in command)],
                cwd=TOP,
                env={**os.environ, **environment},
                stdout=printed,
                stderr=printed,
            )

    def connect(self) -> HTTPConnection:
        """Return a new connection to it."""
        return HTTPConnection(HOST, self.port, timeout=SECONDS_TO_START)

    def get(self, path: str, headers: Mapping[str, str]) -> tuple[HTTPResponse, bytes]:
        """Return its answer to a GET, and the body."""
        connection = self.connect()
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def wait(self, path: str, headers: Mapping[str, str]) -> None:
        """Wait until it answers a GET with 200.

        :raises RuntimeError: it does not.
        """
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(OSError, HTTPException):
                if self.get(path, headers)[0].status == 200:
                    return
            time.sleep(0.001)
        self.stop()
        raise RuntimeError(f"{self.name} does not serve {path}:\n{self.log.read_text()[-2000:]}")

    def read_cpu(self) -> float:
        """Return the seconds of CPU time that its processes have taken."""
        return read_cpu(self.process.pid)

    def read_memory(self) -> int:
        """Return the resident memory of its processes, in KiB."""
        statuses = (Path(f"/proc/{process}/status").read_text() for process in _list_processes(self.process.pid))
        return sum(int(status.partition("VmRSS:")[2].split()[0]) for status in statuses)

    def stop(self) -> None:
        """Stop it, and do not return before it is gone."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def read_cpu(root: int) -> float:
    """Return the seconds of CPU time that a process, its descendants, and those that it has waited for have taken.

    :param root: the ID of the process.
    """
    ticks = 0
    for process in _list_processes(root):
        # A process may have ended meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            # The name, in parentheses, may hold spaces.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11 : 15 if process == root else 13]))
    return ticks / TICKS


def pin(cores: Sequence[int]) -> list[str]:
    """Return what comes before a command, so that it uses these cores only."""
    return ["taskset", "--cpu-list", ",".join(map(str, cores))]


def _list_processes(root: int) -> Iterator[int]:
    found = [root]
    while found:
        process = found.pop()
        yield process
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            # A thread may have ended meanwhile.
            with suppress(FileNotFoundError):
                found += map(int, children.read_text().split())


@contextmanager
def serving(servers: tuple[Server, ...], path: str, headers: Mapping[str, str]) -> Iterator[tuple[Server, ...]]:
    """Wait until servers that were started answer, and stop them in the end.

    :param servers: the servers.
    :param path: what they are asked for until they answer with 200.
    :param headers: the header fields of that request.
    """
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
        for server in servers:
            server.wait(path, headers)
        yield servers


def _find_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
