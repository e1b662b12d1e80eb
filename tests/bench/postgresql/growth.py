"""Growth: where the first wall is as contacts grow to a hundred million, by a model of measured costs and a simulation.

`make bench-growth` measures the costs at three sizes, fits the model, and prints how many contacts each resource can
take with each way to grow. See README.md for the assumptions.
"""

import json
import math
import os
import random
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.bench.postgresql.costs import Costs, measure_costs
from tests.support.postgresql import run_cluster

COUNTS = (10_000, 100_000, 1_000_000)
MOST_ERROR = 0.15
# Entries of a leaf page of the index by name, and of a page above, whose entries are shorter.
LEAF, FANOUT = 95, 150

BACKUP = "backup of a contact"

# The load: a contact is called once in five days, in ten hours with a peak of twice the mean. A call is two lookups,
# a tenth of a page and two writes. Each night, 2 % of the contacts are imported and as many purged.
CALLS_A_DAY = 0.2
PEAK = 2 / (10 * 3600)
LOOKUPS, PAGES, WRITES = 2, 0.1, 2
RENEWED_A_DAY = 0.02
NIGHT_SECONDS = 8 * 3600
HOT = 0.2

# The machine of a primary or a replica.
CORES = 16
MEMORY = 128 * 2**30
DISK = 4 * 2**40
MOST_BUSY = 0.7
FLUSH_SECONDS = 0.001

# Group commit of the service, and how long 99 of 100 writes may wait.
MOST_TOGETHER = 64
MOST_WAIT_SECONDS = 0.1
SIMULATED_SECONDS = 10
LARGEST = 1e11


class Model:
    """The costs at any number of contacts, fitted to measured ones.

    :param measured: number of contacts to costs.
    """

    def __init__(self, measured: Mapping[int, Costs]) -> None:
        self.lines = {
            name: _fit([(_measure(name, count), costs[name]) for count, costs in measured.items()])
            for name in next(iter(measured.values()))
        }

    def predict(self, name: str, count: float) -> float:
        """Return a cost at a number of contacts."""
        if name == "levels of an index":
            return 1 + math.ceil(math.log(count / LEAF, FANOUT) - 1e-9)
        base, slope = self.lines[name]
        return base + slope * _measure(name, count)

    def find_errors(self, measured: Mapping[int, Costs]) -> dict[tuple[int, str], float]:
        """Return the relative error of each prediction."""
        return {
            (count, name): self.predict(name, count) / value - 1
            for count, costs in measured.items()
            for name, value in costs.items()
        }


def _measure(name: str, count: float) -> float:
    """Return what a cost grows with: the depth of the indexes, or what a dump of any size takes, for each contact."""
    return 1 / count if name == BACKUP else math.log2(count)


class Shape(NamedTuple):
    """A way to grow.

    :param name: what it is called.
    :param clusters: primaries, each with its share of the client accounts.
    :param replicas: replicas of each, which answer the reads.
    :param partitions: parts of the table of contacts, by client account; dumped and purged side by side.
    :param writers: how many transactions write at a time; more than one needs a lock for each client account.
    """

    name: str
    clusters: int = 1
    replicas: int = 0
    partitions: int = 1
    writers: int = 1


SHAPES = (
    Shape("one primary"),
    Shape("+ 2 replicas", replicas=2),
    Shape("+ 64 partitions", replicas=2, partitions=64),
    Shape("+ a lock for each account", replicas=2, partitions=64, writers=CORES),
    Shape("4 clusters by account", clusters=4, replicas=2, partitions=64),
    Shape("16 clusters by account", clusters=16, replicas=2, partitions=64),
)


def list_uses(model: Model, shape: Shape, contacts: float) -> dict[str, float]:
    """Return how much of each resource is in use; 1 is the limit.

    :param contacts: the contacts of all clusters.
    """
    count = contacts / shape.clusters
    part = count / shape.partitions
    calls = count * CALLS_A_DAY * PEAK
    cost = {name: model.predict(name, max(part, COUNTS[0])) / 1e6 for name in model.lines}
    # The service is one of several, and not on the machine of the primary, but holds the lock while it works.
    turn = cost["write of a contact"] + cost["write, in the service"]
    reads = calls * (LOOKUPS * cost["lookup by user data"] + PAGES * cost["page of 100"])
    writes = calls * WRITES * cost["write of a contact"]
    renewed = count * RENEWED_A_DAY * (cost["import of a contact"] + cost["purge of a contact"])
    heap, indexes = (model.predict(name, COUNTS[-1]) for name in ("bytes of heap", "bytes of indexes"))
    jobs = min(shape.partitions, CORES // 2)
    return {
        "turns of the writer": find_wait(calls * WRITES, turn, shape.writers) / MOST_WAIT_SECONDS,
        "CPU of the primary": (writes + (0 if shape.replicas else reads)) / CORES / MOST_BUSY,
        "CPU of the replicas": reads / max(1, shape.replicas) / CORES / MOST_BUSY if shape.replicas else 0,
        "memory for indexes and hot rows": count * (indexes + HOT * heap) / MEMORY,
        "disk": count * (indexes + heap) * 1.5 / DISK,
        "night of imports and purges": renewed / NIGHT_SECONDS / MOST_BUSY,
        "night of a backup": count * cost[BACKUP] / jobs / NIGHT_SECONDS,
    }


def find_wait(rate: float, seconds: float, writers: int) -> float:
    """Return how long 99 of 100 writes wait, in seconds, by simulation.

    Writes that wait while a transaction is committed share the next one; see `handlers/fast/write_queue.py`.

    :param rate: writes a second, at random moments.
    :param seconds: the time of the lock that a write takes, beside the flush of its transaction.
    :param writers: how many transactions run at a time, each of other client accounts.
    """
    rate /= writers
    if rate * (seconds + FLUSH_SECONDS / MOST_TOGETHER) >= 1:
        return math.inf
    chance = random.Random(1)
    arrivals: list[float] = []
    moment = 0.0
    while moment < SIMULATED_SECONDS and len(arrivals) < 100_000:
        moment += chance.expovariate(rate)
        arrivals.append(moment)
    waits: list[float] = []
    free, next_ = 0.0, 0
    while next_ < len(arrivals):
        begin = max(free, arrivals[next_])
        end = next_
        while end < len(arrivals) and end - next_ < MOST_TOGETHER and arrivals[end] <= begin:
            end += 1
        free = begin + (end - next_) * seconds + FLUSH_SECONDS
        waits += [free - arrival for arrival in arrivals[next_:end]]
        next_ = end
    return sorted(waits)[int(len(waits) * 0.99)]


def find_walls(model: Model, shape: Shape) -> dict[str, float]:
    """Return how many contacts each resource can take."""
    names = list_uses(model, shape, 1e6)
    return {name: _find_largest(partial(_find_use, model, shape, name)) for name in names}


def _find_use(model: Model, shape: Shape, name: str, contacts: float) -> float:
    return list_uses(model, shape, contacts)[name]


def _find_largest(use: Callable[[float], float]) -> float:
    low, high = 1e4, LARGEST
    while high / low > 1.02:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if use(middle) <= 1 else (low, middle)
    return low


def _fit(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return base and slope of the line with the least squares of relative errors."""
    weights = [1 / value**2 for _, value in points]
    total = sum(weights)
    x_mean = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    y_mean = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    spread = sum(w * (x - x_mean) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    if not spread:
        return y_mean, 0
    slope = sum(w * (x - x_mean) * (y - y_mean) for w, (x, y) in zip(weights, points, strict=True)) / spread
    return y_mean - slope * x_mean, slope


def report(measured: Mapping[int, Costs]) -> bool:
    """Print costs, errors and walls, and return whether the model reproduces the measured costs."""
    model = Model(measured)
    errors = model.find_errors(measured)
    print(f"{'cost':<22}" + "".join(f"{count:>24,}" for count in measured))
    for name in model.lines:
        cells = (f"{measured[count][name]:,.1f} ({errors[count, name]:+.0%})" for count in measured)
        print(f"{name:<22}" + "".join(f"{cell:>24}" for cell in cells))
    print("\nmillions of contacts at which a resource is at its limit; the first wall is marked")
    walls = {shape.name: find_walls(model, shape) for shape in SHAPES}
    print(f"{'':<34}" + "".join(f"{shape:>28}" for shape in walls))
    for resource in next(iter(walls.values())):
        cells = (_describe(found, resource) for found in walls.values())
        print(f"{resource:<34}" + "".join(f"{cell:>28}" for cell in cells))
    return all(abs(error) <= MOST_ERROR for error in errors.values())


def _describe(walls: Mapping[str, float], resource: str) -> str:
    wall = walls[resource]
    text = "none" if wall > LARGEST / 1.1 else f"{wall / 1e6:,.0f}"
    return f"* {text}" if wall == min(walls.values()) else text


def main() -> None:
    """Measure or read the costs, and print what the model says; fail if it does not reproduce them."""
    parser = ArgumentParser(prog="make bench-growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how many rounds of measurements there are")
    parser.add_argument("--costs", type=Path, help="a file of costs that were measured before")
    options = parser.parse_args()
    if options.costs:
        measured = {int(count): costs for count, costs in json.loads(options.costs.read_text()).items()}
    else:
        print(f"load average before it begins: {os.getloadavg()[0]:.2f}")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            # The user `postgres` has a folder in it.
            folder.chmod(0o755)
            with run_cluster(folder / "cluster") as url:
                postmaster = int((folder / "cluster/data/postmaster.pid").read_text().splitlines()[0])
                measured = measure_costs(url, postmaster, COUNTS, options.rounds)
    sys.exit(not report(measured))


if __name__ == "__main__":
    main()
