"""Measures, and prints the tables and figures."""

import os
import random
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figures import print_figures
from tests.bench.sandbox import overheads, peers, worlds
from tests.bench.sandbox.client import Client
from tests.bench.sandbox.times import Times
from tests.bench.servers import TOP, Server

REQUESTS_A_ROUND = 10
RUNS = 5
# A file system where nobody waits for a disk: a sandbox does not either.
MEMORY = "/dev/shm"


def main() -> None:
    """Measure, print the medians, and each ratio with its limit; fail if a limit is not kept."""
    options = _read_options()
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores[1:])
    print(f"load average before it begins: {os.getloadavg()[0]:.2f}")
    build = TOP / "build"
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as folder, ExitStack() as servers:
        sandbox = worlds.start_sandbox(Path(folder), cores[:1])
        servers.callback(sandbox.stop)
        tables = [
            _measure_resets(Path(folder), cores, sandbox, options.rounds),
            _measure_requests(cores, sandbox, options.rounds),
            _measure_runs(Path(folder), sandbox, min(options.rounds, RUNS)),
        ]
    for table in tables:
        table.print()
        print()
    resets, requests, runs = tables
    figures = [*worlds.judge(resets), *peers.judge(resets)]
    figures += [*overheads.judge_requests(requests), *overheads.judge_runs(runs)]
    print_figures(figures)
    sys.exit(not all(figure.is_kept for figure in figures))


def _read_options() -> Namespace:
    parser = ArgumentParser(prog="make bench-sandbox", description="What the worlds of the sandbox cost.")
    parser.add_argument("--rounds", type=int, default=20, help="how many rounds there are")
    return parser.parse_args()


def _measure_resets(folder: Path, cores: Sequence[int], sandbox: Server, rounds: int) -> Times:
    with ExitStack() as stack:
        subjects: list[worlds.World | peers.Moto | peers.WireMock] = [*worlds.list_worlds(sandbox, folder)]
        for start, subject in peers.PEERS:
            server = start(folder, cores[:1])
            stack.callback(server.stop)
            subjects.append(subject(server))
        return _measure(subjects, rounds)


def _measure(subjects: Sequence[worlds.World | peers.Moto | peers.WireMock], rounds: int) -> Times:
    for subject in subjects:
        subject.measure(Times())
    times = Times(worlds.DEMO, worlds.LARGE, peers.MOTO, peers.WIREMOCK)
    # The first round gives the rows of the table their order.
    order = [*subjects]
    for _ in range(rounds):
        for subject in order:
            subject.measure(times)
        random.shuffle(order)
    return times


def _measure_requests(cores: Sequence[int], sandbox: Server, rounds: int) -> Times:
    with tempfile.TemporaryDirectory(dir=MEMORY) as memory, ExitStack() as stack:
        plain = overheads.start_plain(Path(memory), cores[:1])
        stack.callback(plain.stop)
        servers = {overheads.PLAIN: plain, overheads.SANDBOX: sandbox}
        clients = {name: Client(server, overheads.TOKEN) for name, server in servers.items()}
        overheads.measure_requests(Times(), clients)
        times = Times(*clients)
        for _ in range(rounds * REQUESTS_A_ROUND):
            overheads.measure_requests(times, clients)
        return times


def _measure_runs(folder: Path, sandbox: Server, rounds: int) -> Times:
    times = Times(overheads.WITHOUT, overheads.WITH)
    for _ in range(rounds):
        overheads.measure_runs(times, folder, sandbox)
    return times


if __name__ == "__main__":
    main()
