"""Reads, and the CPU time of writes: Freiton beside FastAPI on the same database."""

import json
from collections.abc import Collection, Iterator, Mapping

from tests.bench.figures import Figure
from tests.bench.lineup import AUTHORIZATION
from tests.bench.postgresql.lineup import ASYNCPG, FREITON, PSYCOPG, Lineup
from tests.bench.postgresql.load import CAMPAIGN, GROUP, PAGE, READS, WRITES, Cost, Key, measure_in_turn
from tests.bench.servers import Server

MOST = 0.5
CONTESTANTS = (FREITON, PSYCOPG, ASYNCPG)


def compare_reads(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """Measure reads and writes of all contestants, print them, and return the ratios of the services' CPU time."""
    with lineup.serve(*CONTESTANTS) as servers:
        check_answers(servers)
        costs = measure_in_turn(lineup, servers, READS, rounds, seconds)
        print_costs(costs)
        print_costs(measure_in_turn(lineup, servers, WRITES, rounds, seconds))
    for workload in READS:
        for other in CONTESTANTS[1:]:
            ratio = costs[FREITON, workload.name].service / costs[other, workload.name].service
            yield Figure(f"CPU time of the service, {workload.name}, against {other}", ratio, MOST)


def check_answers(servers: Collection[Server]) -> None:
    """Do nothing if all of them give the same answers as the first one.

    :raises RuntimeError: one does not.
    """
    for path in (GROUP, CAMPAIGN, PAGE):
        expected, *others = [server.get(path, AUTHORIZATION) for server in servers]
        for answer, body in others:
            same = json.loads(body) == json.loads(expected[1])
            if not same or answer.headers.get("X-Total-Count") != expected[0].headers.get("X-Total-Count"):
                raise RuntimeError(f"{path}: {body[:500]!r} instead of {expected[1][:500]!r}")


def print_costs(costs: Mapping[Key, Cost]) -> None:
    """Print the CPU time a request in microseconds of service and database, and the requests a second."""
    print(f"{'CPU µs a request':<20}" + "".join(f"{name:>30}" for name in CONTESTANTS))
    for workload in dict.fromkeys(workload for _, workload in costs):
        cells = (costs[name, workload] for name in CONTESTANTS)
        texts = (f"{cost.service:,.0f} + {cost.database:,.0f}, {cost.rate:,.0f}/s" for cost in cells)
        print(f"{workload:<20}" + "".join(f"{text:>30}" for text in texts))
