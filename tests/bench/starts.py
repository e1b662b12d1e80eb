"""Starts: how long they take, the memory that a server has then, and what a second worker brings."""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

from tests.bench.figures import Figure
from tests.bench.lineup import AUTHORIZATION, BASE, FASTAPI, FREITON, PAGE, TYPES, Lineup
from tests.bench.load import Workload, measure
from tests.bench.servers import Server

LEAST_STARTS = 9
WORKERS = "--workers"
# The first one serves before the second has started.
SETTLE_SECONDS = 3
ORDINARY_PAGE = Workload("page by Connexion", BASE + PAGE, headers={"X-Request-ID": "bench"}, connections=128)


def compare_starts(lineup: Lineup, rounds: int) -> Iterator[Figure]:
    """From the start of the process to the first answer with 200, and the memory after it."""
    starts: dict[str, Callable[[], Server]] = {
        FREITON: lambda: lineup.start(FREITON),
        FASTAPI: lambda: lineup.start(FASTAPI),
        "new": lambda: lineup.start(FREITON, is_new=True),
    }
    measured: dict[str, list[tuple[float, int]]] = {name: [] for name in starts}
    for _ in range(max(rounds, LEAST_STARTS)):
        for name in random.sample(list(starts), len(starts)):
            measured[name].append(_measure_start(starts[name]))
    times = {name: median(seconds for seconds, _ in taken) for name, taken in measured.items()}
    memory = {name: median(size for _, size in taken) for name, taken in measured.items()}
    for name, seconds in times.items():
        print(f"for comparison: start of {name} {seconds * 1000:.0f} ms, {memory[name] / 1024:.0f} MiB")
    yield Figure("start to the first answer, against FastAPI", times[FREITON] / times[FASTAPI], 1.15)
    yield Figure("memory after the first answer, against FastAPI", memory[FREITON] / memory[FASTAPI], 1.3)


def compare_workers(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """Pages of two workers against those of one, each asked for in a way that only Connexion answers.

    The load generator is beside them on the same two cores. Such a page takes a hundred times of what it takes for
    a request, and so many clients are spread evenly over both workers.
    """
    servers = {number: lineup.start(FREITON, WORKERS, str(number), cores=lineup.cores) for number in (1, 2)}
    rates: dict[int, list[float]] = {number: [] for number in servers}
    try:
        for server in servers.values():
            server.wait(BASE + TYPES, AUTHORIZATION)
        time.sleep(SETTLE_SECONDS)
        for _ in range(rounds):
            for number in random.sample(list(servers), len(servers)):
                rates[number].append(measure(servers[number], ORDINARY_PAGE, seconds, lineup.cores).rate)
    finally:
        for server in servers.values():
            server.stop()
    ratio = median(rates[2]) / median(rates[1])
    yield Figure("page by Connexion: requests a second of two workers, against one", ratio, 1.7, at_least=True)


def _measure_start(start: Callable[[], Server]) -> tuple[float, int]:
    begin = time.perf_counter()
    server = start()
    try:
        server.wait(BASE + TYPES, AUTHORIZATION)
        return time.perf_counter() - begin, server.read_memory()
    finally:
        server.stop()
