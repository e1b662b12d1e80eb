"""Writes: how long they take against bare SQLite, many at a time, and among reads."""

import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from statistics import median
from typing import Any

from tests.bench.contestants import storage
from tests.bench.figures import Figure
from tests.bench.lineup import AUTHORIZATION, BASE, FASTAPI, FREITON, TYPES, Lineup, remove_clones
from tests.bench.load import CLONE, MIX, WARM_UP_SECONDS, Workload, measure, run_wrk
from tests.bench.servers import HOST, SECONDS_TO_START, Server

SOURCE = "Campaign 1000"
CLONES = f"{BASE}/dialler/campaigns/clone"
DELETIONS = f"{BASE}/dialler/campaigns/campaign"
WRITES_A_ROUND = 40
WRITERS = 16
MIX_CLIENTS = 8
REQUESTS_A_SECOND = 500


def compare_writes(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """Clones and deletions by one client against the bare transaction, then clones by many against one."""
    os.environ[storage.DATABASE] = str(lineup.copy())
    with lineup.serve(FREITON) as (freiton,):
        clone, delete = _compare_latencies(freiton, rounds * WRITES_A_ROUND)
        yield Figure("latency of a clone, against the bare transaction", clone, 1.5)
        yield Figure("latency of a deletion, against the bare transaction", delete, 1.5)
        rates: dict[int, list[float]] = {WRITERS: [], 1: []}
        for _ in range(rounds):
            for writers in random.sample(list(rates), len(rates)):
                workload = Workload(f"clones by {writers}", CLONES, CLONE, connections=writers)
                rates[writers].append(measure(freiton, workload, seconds, lineup.cores[1:]).rate)
                remove_clones(freiton)
    ratio = median(rates[WRITERS]) / median(rates[1])
    ceiling = _compare_together(rounds * WRITES_A_ROUND // 4)
    print(f"for comparison: bare SQLite, {WRITERS} clones a transaction against one: {ceiling:.2f} times as many")
    yield Figure(f"clones a second of {WRITERS} writers, against one", ratio, 3, at_least=True)


def compare_mix(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """Nine reads and a clone in turn: the same number of requests for both, since each clone makes the list longer."""
    total = seconds * REQUESTS_A_SECOND
    times: dict[str, list[float]] = {FREITON: [], FASTAPI: []}
    # It ends when all requests are answered.
    workload = Workload("mix", BASE, MIX, connections=MIX_CLIENTS)
    with lineup.serve(FREITON, FASTAPI) as servers:
        for _ in range(rounds):
            for server in random.sample(servers, len(servers)):
                run_wrk(server, Workload("reads", f"{BASE}/dialler/campaigns"), WARM_UP_SECONDS, lineup.cores[1:])
                begin = time.perf_counter()
                run_wrk(server, workload, total, lineup.cores[1:], str(total))
                times[server.name].append(time.perf_counter() - begin)
                remove_clones(server)
    ratio = median(times[FASTAPI]) / median(times[FREITON])
    yield Figure("requests a second, 90 % reads and 10 % clones, against FastAPI", ratio, 2.5, at_least=True)


def _compare_latencies(freiton: Server, number: int) -> tuple[float, float]:
    """Return how much longer clones and deletions take than the bare transactions, all in turn."""
    wire = Wire(freiton)
    times = []
    for run in range(number):
        name = f"Clone {run}"
        body = json.dumps({"source": SOURCE, "destination": name}).encode()
        clone, answer = time_work(partial(wire.send, "POST", CLONES, body))
        bare_clone, row = time_work(partial(storage.clone_as_freiton, 1, SOURCE, name))
        path = f"{DELETIONS}/{json.loads(answer)['records'][0]['ID']}"
        deletion, _ = time_work(partial(wire.send, "DELETE", path))
        bare_deletion, _ = time_work(partial(storage.delete, 1, row["ID"]))
        wire.send("GET", BASE + TYPES)
        kept, _ = time_work(partial(wire.send, "GET", BASE + TYPES))
        times.append((clone, bare_clone, deletion, bare_deletion, kept))
    wire.close()
    clone, bare_clone, deletion, bare_deletion, kept = (median(column) for column in zip(*times, strict=True))
    print(
        f"for comparison: bare clone {bare_clone * 1000:.2f} ms, bare deletion {bare_deletion * 1000:.2f} ms,"
        f" an answer that is kept {kept * 1000:.2f} ms"
    )
    return clone / bare_clone, deletion / bare_deletion


def _compare_together(number: int) -> float:
    """Return how much longer bare clones take each in a transaction of its own than all in one, both in turn."""
    times = []
    for run in range(number):
        names = [[f"Clone {run} {way} {writer}" for writer in range(WRITERS)] for way in range(2)]
        together, copies = time_work(partial(storage.clone_together, 1, SOURCE, names[0]))
        alone, others = time_work(partial(_clone_each, names[1]))
        for copy in chain(copies, others):
            storage.delete(1, copy)
        times.append((alone, together))
    alone, together = (median(column) for column in zip(*times, strict=True))
    return float(alone / together)


def _clone_each(names: Sequence[str]) -> list[int]:
    return [copy for name in names for copy in storage.clone_together(1, SOURCE, [name])]


def time_work(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that some work takes, and what it returns."""
    begin = time.perf_counter()
    outcome = work()
    return time.perf_counter() - begin, outcome


class Wire:
    """A client that takes next to no time itself, where Python's own takes as long as the server."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection((HOST, server.port), timeout=SECONDS_TO_START)
        self.stream = self.socket.makefile("rb")

    def send(self, method: str, path: str, body: bytes = b"") -> Any:
        """Send a request and return the body of its answer."""
        fields = {"Host": HOST, **AUTHORIZATION, "Content-Type": "application/json", "Content-Length": len(body)}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + body)
        status = self.stream.readline()
        length = 0
        while line := self.stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        content = self.stream.read(0 if method == "HEAD" else length)
        if b" 200 " not in status:
            raise RuntimeError(f"{method} {path}: {content!r}")
        return content

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()
        self.socket.close()
