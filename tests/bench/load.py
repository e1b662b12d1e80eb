"""Load: wrk on a core of its own, and what the server takes meanwhile."""

import random
import re
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.lineup import AUTHORIZATION
from tests.bench.servers import HOST, Server, pin

SCRIPTS = Path(__file__).parent / "wrk"
COLD, CLONE, MIX = (SCRIPTS / f"{name}.lua" for name in ("cold", "clone", "mix"))
WARM_UP_SECONDS = 1
CONNECTIONS = 32
# Slow servers on a busy machine take more than the two seconds of the default.
TIMEOUT = "30s"


class Workload(NamedTuple):
    """What is asked of a server.

    :param name: what it is called in the tables.
    :param path: the path below the host.
    :param script: what makes each request another one; without it they are all the same.
    :param headers: header fields beside the token.
    :param connections: how many clients ask at the same time.
    """

    name: str
    path: str
    script: Path | None = None
    headers: Mapping[str, str] = {}
    connections: int = CONNECTIONS


class Load(NamedTuple):
    """What came of it: the server's CPU time a request, in microseconds, and the requests a second."""

    cpu: float
    rate: float


Task = tuple[Server, Workload]
Key = tuple[str, str]


def run_wrk(server: Server, workload: Workload, seconds: int, cores: Sequence[int], *arguments: str) -> str:
    """Run wrk to its end and return what it prints.

    :param cores: the cores that wrk may use.
    :param arguments: what the script gets beside a text that is another one in each run.
    :raises RuntimeError: requests failed.
    """
    headers = {**AUTHORIZATION, **workload.headers}
    command = [*pin(cores), "wrk", "--threads", "1", "--connections", str(workload.connections)]
    command += [
        "--timeout",
        TIMEOUT,
        "--duration",
        f"{seconds}s",
        *(f"--header={name}: {value}" for name, value in headers.items()),
    ]
    command += ["--script", str(workload.script)] if workload.script else []
    command += [f"http://{HOST}:{server.port}{workload.path}", "--", f"{time.monotonic_ns():x}", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode or "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
        raise RuntimeError(f"{server.name}, {workload.name}: {run.stdout}{run.stderr}")
    return run.stdout


def measure(server: Server, workload: Workload, seconds: int, cores: Sequence[int]) -> Load:
    """Return what a workload takes, after a short one that does not count.

    :param seconds: how long it goes on.
    :param cores: the cores that wrk may use.
    :raises RuntimeError: requests failed.
    """
    run_wrk(server, workload, WARM_UP_SECONDS, cores)
    before = server.read_cpu()
    printed = run_wrk(server, workload, seconds, cores)
    taken = server.read_cpu() - before
    requests, rate = (re.search(pattern, printed) for pattern in (r"(\d+) requests in", r"Requests/sec: +([\d.]+)"))
    assert requests
    assert rate
    return Load(taken / int(requests[1]) * 1e6, float(rate[1]))


def measure_in_turn(tasks: Collection[Task], rounds: int, seconds: int, cores: Sequence[int]) -> dict[Key, Load]:
    """Return the medians of several rounds, in each of which all tasks have their turn, in any order."""
    loads: dict[Key, list[Load]] = {(server.name, workload.name): [] for server, workload in tasks}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: {len(tasks)} measurements of {seconds} s", flush=True)
        for server, workload in random.sample(list(tasks), len(tasks)):
            loads[server.name, workload.name].append(measure(server, workload, seconds, cores))
    return {
        key: Load(median(load.cpu for load in taken), median(load.rate for load in taken))
        for key, taken in loads.items()
    }
