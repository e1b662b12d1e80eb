"""Load: wrk, and the CPU time that a service and the database server take meanwhile."""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.lineup import BASE
from tests.bench.load import CLONE, COLD, Workload, run_wrk
from tests.bench.postgresql.lineup import Lineup
from tests.bench.servers import Server

CLIENTS = 16
EVENT = Path(__file__).parents[1] / "wrk" / "event.lua"
GROUP = f"{BASE}/acd/groups/group/137"
CAMPAIGN = f"{BASE}/dialler/campaigns/500"
PAGE = f"{BASE}/dialler/contacts?orderBy=ID&limitStart=0&limitPageSize=100"
READS = (
    Workload("cold group", GROUP, COLD, connections=CLIENTS),
    Workload("repeated group", GROUP, connections=CLIENTS),
    Workload("cold campaign", CAMPAIGN, COLD, connections=CLIENTS),
    Workload("repeated campaign", CAMPAIGN, connections=CLIENTS),
    Workload("cold page", PAGE, COLD, connections=CLIENTS),
    Workload("repeated page", PAGE, connections=CLIENTS),
)
WRITES = (
    Workload("event", f"{BASE}/acd/events/create", EVENT, connections=CLIENTS),
    Workload("clone", f"{BASE}/dialler/campaigns/clone", CLONE, connections=CLIENTS),
)


class Cost(NamedTuple):
    """The CPU time of the service and of the database server a request, in microseconds, and the requests a second."""

    service: float
    database: float
    rate: float


Key = tuple[str, str]


def measure(lineup: Lineup, server: Server, workload: Workload, seconds: int) -> Cost:
    """Return what a workload takes.

    :param seconds: how long it goes on.
    :raises RuntimeError: requests failed.
    """
    service, database = server.read_cpu(), lineup.read_cpu()
    printed = run_wrk(server, workload, seconds, lineup.cores[1:])
    service, database = server.read_cpu() - service, lineup.read_cpu() - database
    requests, rate = (re.search(pattern, printed) for pattern in (r"(\d+) requests in", r"Requests/sec: +([\d.]+)"))
    assert requests
    assert rate
    if requests[1] == "0":
        # The disk of a busy machine may hold up all writes for seconds.
        return measure(lineup, server, workload, 2 * seconds)
    return Cost(service / int(requests[1]) * 1e6, database / int(requests[1]) * 1e6, float(rate[1]))


def measure_in_turn(
    lineup: Lineup, servers: Sequence[Server], workloads: Sequence[Workload], rounds: int, seconds: int
) -> dict[Key, Cost]:
    """Return the medians of several rounds, after one that does not count; in each, all have their turn."""
    costs: dict[Key, list[Cost]] = {(server.name, workload.name): [] for workload in workloads for server in servers}
    for server in servers:
        for workload in workloads:
            measure(lineup, server, workload, 1)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for workload in random.sample(workloads, len(workloads)):
            for server in random.sample(servers, len(servers)):
                costs[server.name, workload.name].append(measure(lineup, server, workload, seconds))
    return {key: find_median(taken) for key, taken in costs.items()}


def find_median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of costs."""
    return Cost(*(median(cost[place] for cost in costs) for place in range(len(Cost._fields))))
