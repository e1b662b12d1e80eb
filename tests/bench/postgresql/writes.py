"""Writes: events that 16 clients create, against pgbench with the same transaction."""

import re
import subprocess
from collections.abc import Iterator
from statistics import median

from data.store.postgresql.statements import translate
from tests.bench.figures import Figure
from tests.bench.postgresql import statements
from tests.bench.postgresql.lineup import FREITON, Lineup
from tests.bench.postgresql.load import CLIENTS, WRITES, Cost, find_median, measure
from tests.bench.servers import pin
from tests.support.postgresql import find_program

LEAST = 0.8
# The statements of `data.events.create`, one transaction an event.
TRANSACTION = f"""
begin;
{statements.LOCK_WRITERS};
select (select dtCreated from AcdEvents where ClientsID = 1 order by dtCreated desc limit 1) as Newest
from AcdGroups where ClientsID = 1 and ID = 137;
insert into AcdEvents (
    AcdEventTypesID, AcdGroupsID, Sender, Subject, UserData, ClientsID, AcdEventStatusID, dtCreated, dtLastModified
)
values
    (3, 137, '+493023125155', 'Callback', 'CON6177', 1, 20, '2026-11-24T09:30:00.000', '2026-11-24T09:30:00.000')
on conflict (ID) do nothing returning ID, Record;
commit;
"""


def compare_writes(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """Return the rate of Freiton's writes against that of pgbench."""
    script = lineup.folder / "event.sql"
    script.write_text(translate(TRANSACTION))
    costs: list[Cost] = []
    rates: list[float] = []
    with lineup.serve(FREITON) as (freiton,):
        measure(lineup, freiton, WRITES[0], 1)
        for _ in range(rounds):
            costs.append(measure(lineup, freiton, WRITES[0], seconds))
            rates.append(_run_pgbench(lineup, str(script), seconds))
    cost, rate = find_median(costs), median(rates)
    print(f"events a second of {CLIENTS} clients: Freiton {cost.rate:,.0f}, pgbench {rate:,.0f}")
    yield Figure(f"events a second of {CLIENTS} clients, against pgbench", cost.rate / rate, LEAST, at_least=True)


def _run_pgbench(lineup: Lineup, script: str, seconds: int) -> float:
    """Return how many transactions a second pgbench runs, on the core of the services."""
    command = [*pin(lineup.cores[:1]), find_program("pgbench"), "--no-vacuum", "--protocol", "prepared"]
    command += ["--client", str(CLIENTS), "--time", str(seconds), "--file", script, lineup.database]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10 * seconds + 60).stdout
    found = re.search(r"tps = ([\d.]+)", printed)
    assert found, printed
    return float(found[1])
