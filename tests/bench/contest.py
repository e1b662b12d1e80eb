"""`make bench`: Freiton side by side with others who serve the same, in one run on one machine.

Servers run on one core, what asks them on another, all in turn in several rounds; the figures are ratios of medians.
"""

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench import reads
from tests.bench.figures import Figure, print_figures
from tests.bench.lineup import FREITON, Lineup
from tests.bench.load import Key, Load, measure_in_turn
from tests.bench.neighbours import compare_neighbours
from tests.bench.picture import draw
from tests.bench.servers import TOP
from tests.bench.starts import compare_starts, compare_workers
from tests.bench.writes import compare_mix, compare_writes

PICTURE = Path(__file__).with_name("performance.svg")


def main() -> None:
    """Measure, print each ratio with its limit, and draw the picture of a whole run; fail if a limit is not kept."""
    options = _read_options()
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores[1:])
    print(f"load average before it begins: {os.getloadavg()[0]:.2f}")
    build = TOP / "build"
    build.mkdir(exist_ok=True)
    loads: dict[Key, Load] = {}
    with tempfile.TemporaryDirectory(dir=build) as folder:
        figures = list(_compare(Lineup(Path(folder), cores), options, loads))
    _print_loads(loads)
    print_figures(figures)
    if not options.only:
        PICTURE.write_text(draw(loads, figures))
    sys.exit(not all(figure.is_kept for figure in figures))


def _read_options() -> Namespace:
    parser = ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="how long each measurement takes")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds there are")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="rows and groups that contain one of these words")
    return parser.parse_args()


def _compare(lineup: Lineup, options: Namespace, loads: dict[Key, Load]) -> Iterator[Figure]:
    rounds, seconds = options.rounds, options.seconds
    groups: Mapping[str, Callable[[], Iterator[Figure]]] = {
        "writes": lambda: compare_writes(lineup, rounds, seconds),
        "mix": lambda: compare_mix(lineup, rounds, seconds),
        "workers": lambda: compare_workers(lineup, rounds, seconds),
        "neighbours": lambda: compare_neighbours(lineup, rounds, seconds),
        "start, memory": lambda: compare_starts(lineup, rounds),
    }
    yield from _compare_reads(lineup, options, loads)
    for name, compare in groups.items():
        if _is_wanted(options, name):
            print(f"{name}:", flush=True)
            yield from compare()


def _compare_reads(lineup: Lineup, options: Namespace, loads: dict[Key, Load]) -> Iterator[Figure]:
    rows = [row for row in reads.ROWS if _is_wanted(options, row.group, row.what)]
    keys = reads.list_keys(rows, _is_wanted(options, reads.OTHERS))
    if not keys:
        return
    names = [name for name in reads.SUITE if name == FREITON or any(name == server for server, _ in keys)]
    with lineup.serve(*names) as servers:
        reads.check_answers(servers)
        workloads = {**reads.WORKLOADS, reads.UNCHANGED: reads.find_unchanged(servers[0])}
        tasks = [
            (server, workload)
            for server in servers
            for name, workload in workloads.items()
            if workload and (server.name, name) in keys
        ]
        loads |= measure_in_turn(tasks, options.rounds, options.seconds, lineup.cores[1:])
    yield from (reads.make_figure(row, loads) for row in rows)


def _is_wanted(options: Namespace, *names: str) -> bool:
    return not options.only or any(word in name for word in options.only for name in names)


def _print_loads(loads: Mapping[Key, Load]) -> None:
    """Print the CPU time a request in microseconds, and the requests a second, of each server and workload."""
    workloads = [name for name in reads.WORKLOADS if any(name == workload for _, workload in loads)]
    if loads:
        print("".join(f"{name:>20}" for name in ("CPU µs, requests/s", *workloads)))
    for server in reads.SUITE:
        cells = (loads.get((server, workload)) for workload in workloads)
        texts = (f"{load.cpu:,.0f}, {load.rate:,.0f}" if load else "" for load in cells)
        if any(server == name for name, _ in loads):
            print("".join(f"{text:>20}" for text in (server, *texts)))


if __name__ == "__main__":
    main()
