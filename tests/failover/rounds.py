"""Rounds of a fault: it happens while all write, writes go on, it is undone, the cluster becomes healthy again."""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from tests.failover.cluster import (
    Cluster,
    freeze_primary,
    freeze_standby,
    kill_postmaster,
    kill_primary,
    partition_primary,
)
from tests.failover.load import DIRECT, list_direct, list_events, open_direct_load, open_service_load
from tests.failover.service import Service, cut_off_host, freeze_host
from tests.failover.tally import Outcome, Tally, Verdict, find_pause, judge

# They carry out a fault and return what undoes it.
FAULTS: dict[str, Callable[[Cluster], Callable[[], object]]] = {
    "primary's node killed": kill_primary,
    "postmaster killed": kill_postmaster,
    "primary cut off": partition_primary,
    "primary's node frozen": freeze_primary,
    "standby frozen": freeze_standby,
}
HOST_FAULTS: dict[str, Callable[[Service], Callable[[], object]]] = {
    "host cut off": cut_off_host,
    "host frozen": freeze_host,
}
SERVICE = "service"
SECONDS_BEFORE = 2
SECONDS_AFTER = 3
SECONDS_TO_FAIL_OVER = 60
# By how much writes through the service may pause longer than the cluster.
ALLOWANCE = 2
# The same if the fault is that of a host: until HAProxy leaves it out, and the database ends its transaction.
HOST_ALLOWANCE = 10


@dataclass(frozen=True)
class Side:
    """What the writers and readers of one load saw.

    Attributes:
        name: which load it was.
        tally: what they were told.
        verdict: what became of it.
        pauses: the longest time without an acknowledged write of each round, in seconds.
        read_pauses: the same of reads; empty if nothing was read.
    """

    name: str
    tally: Tally
    verdict: Verdict
    pauses: Sequence[float]
    read_pauses: Sequence[float]


@dataclass(frozen=True)
class Result:
    """What came of all rounds of one fault.

    Attributes:
        fault: its name.
        rounds: how often it happened.
        sides: the writers without the service, and those of the service.
    """

    fault: str
    rounds: int
    sides: Sequence[Side]


def run_rounds(cluster: Cluster, service: Service | None, database: str, fault: str, rounds: int) -> Result:
    """Let a fault happen some times, while clients write and read.

    :param cluster: the cluster that it happens to.
    :param service: what is on that cluster; None to have the writers without it only.
    :param database: the name of the service's database.
    :param fault: one of `FAULTS`, or with the service one of `HOST_FAULTS`.
    :param rounds: how often.
    """
    strike = _choose_strike(cluster, service, fault)
    with ExitStack() as stack:
        loads = {DIRECT: stack.enter_context(open_direct_load(cluster))}
        if service:
            hosts = [host.url for host in service.hosts]
            loads[SERVICE] = stack.enter_context(open_service_load(service.url, hosts))
        tallies = [load.tally for load in loads.values()]
        spans = [_run_round(cluster, tallies, fault, strike) for _ in range(rounds)]
        for load in loads.values():
            load.finish()
    stored = {DIRECT: list_direct(cluster), SERVICE: list_events(cluster, database) if service else []}
    return Result(fault, rounds, [_judge_side(name, load.tally, stored[name], spans) for name, load in loads.items()])


def list_failures(result: Result) -> list[str]:
    """Return what must not be, a line each.

    :param result: what came of the rounds.
    """
    failures = []
    for side in result.sides:
        verdict, wrong = side.verdict, side.tally.outcomes[Outcome.WRONG]
        counts = {
            "lost": verdict.lost,
            "twice": verdict.twice,
            "refused, yet done": verdict.done,
            "refused wrongly": wrong,
        }
        failures += [f"{result.fault}, {side.name}: {count} {what}" for what, count in counts.items() if count]
        failures += [f"{result.fault}, {side.name}: {complaint}" for complaint in side.tally.complaints[:5]]
    allowance = ALLOWANCE if result.fault in FAULTS else HOST_ALLOWANCE
    for number, pauses in enumerate(zip(*(side.pauses for side in result.sides), strict=True), 1):
        if pauses[-1] > pauses[0] + allowance:
            failures.append(f"{result.fault}, round {number}: cluster {pauses[0]:.1f} s, service {pauses[-1]:.1f} s")
    return failures


def print_table(results: Sequence[Result]) -> None:
    """Print all results as a table in Markdown.

    :param results: the results.
    """
    names = [
        *("fault", "rounds", "writers", "acknowledged", "lost", "twice", "refused (503)", "refused, yet done"),
        *("refused wrongly", "unknown", "writes paused, median / longest (s)", "reads paused"),
    ]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for result in results:
        for side in result.sides:
            print(f"| {' | '.join(_list_cells(result, side))} |", flush=True)


def _list_cells(result: Result, side: Side) -> list[str]:
    outcomes, verdict = side.tally.outcomes, side.verdict
    numbers = [
        *(len(side.tally.acknowledged), verdict.lost, verdict.twice, outcomes[Outcome.REFUSED], verdict.done),
        *(outcomes[Outcome.WRONG], outcomes[Outcome.UNKNOWN]),
    ]
    counts = [f"{number:,}" for number in numbers]
    return [result.fault, str(result.rounds), side.name, *counts, _sum_up(side.pauses), _sum_up(side.read_pauses)]


def _sum_up(pauses: Sequence[float]) -> str:
    return f"{statistics.median(pauses):.1f} / {max(pauses):.1f}" if pauses else ""


def _choose_strike(cluster: Cluster, service: Service | None, fault: str) -> Callable[[], Callable[[], object]]:
    if fault in FAULTS:
        return partial(FAULTS[fault], cluster)
    assert service, "there are no hosts"
    return partial(HOST_FAULTS[fault], service)


def _run_round(
    cluster: Cluster, tallies: Sequence[Tally], fault: str, strike: Callable[[], Callable[[], object]]
) -> tuple[float, float]:
    """Carry out a round, and return when it began and ended (`time.monotonic`, s)."""
    time.sleep(SECONDS_BEFORE)
    since = time.monotonic()
    undo = strike()
    _await_writes(tallies, time.monotonic() + 1)
    time.sleep(SECONDS_AFTER)
    undo()
    cluster.await_healthy()
    time.sleep(SECONDS_BEFORE)
    until = time.monotonic()
    pauses = ", ".join(f"{find_pause(tally.acknowledged.values(), since, until):.1f}" for tally in tallies)
    print(f"{fault}: writes paused {pauses} s, healthy after {until - since:.0f} s", flush=True)
    return since, until


def _await_writes(tallies: Sequence[Tally], after: float) -> None:
    """Wait until all have an acknowledgement that is later than a time (`time.monotonic`, s), and complain if not."""
    deadline = time.monotonic() + SECONDS_TO_FAIL_OVER
    while late := [tally for tally in tallies if tally.last() < after]:
        if time.monotonic() > deadline:
            for tally in late:
                tally.complaints.append(
                    f"nothing could be written for {SECONDS_TO_FAIL_OVER} s, until the fault was undone"
                )
            return
        time.sleep(0.1)


def _judge_side(name: str, tally: Tally, stored: Sequence[str], spans: Sequence[tuple[float, float]]) -> Side:
    read = [find_pause(tally.read, *span) for span in spans] if tally.read else []
    return Side(
        name, tally, judge(tally, stored), [find_pause(tally.acknowledged.values(), *span) for span in spans], read
    )
