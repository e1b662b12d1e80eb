"""`make bench-postgresql`: the speed of Freiton on PostgreSQL, side by side with others over the same server."""

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench.figures import Figure, print_figures
from tests.bench.postgresql.imports import compare_imports
from tests.bench.postgresql.lineup import Lineup, run_lineup
from tests.bench.postgresql.reads import compare_reads
from tests.bench.postgresql.writes import compare_writes


def main() -> None:
    """Measure, and print each ratio with its limit; fail if a limit is not kept."""
    options = _read_options()
    cores = sorted(os.sched_getaffinity(0))[:2]
    print(f"load average before it begins: {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # The user `postgres` has a folder in it.
        folder.chmod(0o755)
        with run_lineup(folder, cores, options.contacts) as lineup:
            figures = list(_compare(lineup, options))
    print(f"load average at the end: {os.getloadavg()[0]:.2f}")
    print_figures(figures)
    sys.exit(not all(figure.is_kept for figure in figures))


def _read_options() -> Namespace:
    parser = ArgumentParser(prog="make bench-postgresql", description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="how long each measurement takes")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds there are")
    parser.add_argument("--contacts", type=int, default=100_000, help="how many contacts there are")
    parser.add_argument("--only", nargs="+", metavar="GROUP", help="reads, writes, imports")
    return parser.parse_args()


def _compare(lineup: Lineup, options: Namespace) -> Iterator[Figure]:
    groups: Mapping[str, Callable[[Lineup, int, int], Iterator[Figure]]] = {
        "reads": compare_reads,
        "writes": compare_writes,
        "imports": compare_imports,
    }
    for name, compare in groups.items():
        if not options.only or name in options.only:
            print(f"{name}:", flush=True)
            yield from compare(lineup, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
