"""Neighbours: what the requests of one client account take while another account has all its contacts searched."""

import json
import math
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from statistics import median
from urllib.parse import quote

import pysqlite3

from tests.bench.figures import Figure
from tests.bench.lineup import AUTHORIZATION, BASE, FREITON, TYPES, Lineup, remove_clones
from tests.bench.load import WARM_UP_SECONDS
from tests.bench.servers import HOST, Server, pin
from tests.bench.writes import CLONES, SOURCE, Wire, time_work

CONTACTS = 400_000
NEIGHBOURS = 60
PAUSE_SECONDS = 0.01
LONGEST_SECONDS = 0.02
# No index answers it, and it finds nothing.
FILTER = "contains(Comment,'z') and endswith(Email,'q')"
SCAN = f"/rest/v1.0/2/dialler/contacts?filter={quote(FILTER)}"
FILL = f"""
    insert into DiallerContacts (
        ClientsID, DiallerCampaignsID, UserData, Name, Company, City, Comment, Email, PhoneNumber1, Folded
    )
    with recursive Numbers (N) as (select 1 union all select N + 1 from Numbers where N < {CONTACTS})
    select
        2, 539, 'CON' || N, 'Name ' || N, 'Company ' || N % 5000, iif(N % 5, 'Berlin', 'Köln'), 'Comment on ' || N,
        'contact' || N || '@example.org', '+49' || N, iif(N % 5, null, json_object('City', 'köln'))
    from Numbers
"""
COUNT = f"update DiallerContactsCounts set nContacts = nContacts + {CONTACTS} where DiallerCampaignsID = 539"
GROUPS = f"{BASE}/acd/groups"
CLONE = "clone"
REQUESTS = {"list": ("GET", GROUPS), CLONE: ("POST", CLONES), "HEAD": ("HEAD", GROUPS)}


def compare_neighbours(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """The 99th percentile of what account 1 asks for, alone and beside account 2 in turn."""
    server = lineup.start(FREITON, cores=lineup.cores)
    times: dict[str, dict[str, list[float]]] = {way: {name: [] for name in REQUESTS} for way in ("alone", "beside")}
    try:
        server.wait(BASE + TYPES, AUTHORIZATION)
        _fill(server)
        # The first HEAD has Connexion imported.
        _measure(server, {name: [] for name in REQUESTS}, WARM_UP_SECONDS)
        for _ in range(rounds):
            _measure(server, times["alone"], seconds)
            with _searching(lineup, server):
                _measure(server, times["beside"], seconds)
            remove_clones(server)
    finally:
        server.stop()
    for way, taken in times.items():
        texts = (f"{name} {median(each) * 1000:.1f}, {_find_longest(each) * 1000:.1f}" for name, each in taken.items())
        print(f"for comparison: {way}, median and 99th percentile in ms: {'; '.join(texts)}")
    for name, each in times["beside"].items():
        what = f"{name}: 99th percentile beside {NEIGHBOURS} searches of another account, against 20 ms"
        yield Figure(what, _find_longest(each) / LONGEST_SECONDS, 1)


def _fill(server: Server) -> None:
    with closing(pysqlite3.connect(server.log.with_suffix(".db"), isolation_level=None)) as connection:
        for statement in ("begin immediate", FILL, COUNT, "commit", "pragma wal_checkpoint(truncate)"):
            connection.execute(statement)


@contextmanager
def _searching(lineup: Lineup, server: Server) -> Iterator[None]:
    command = [*pin(lineup.cores[1:]), "wrk", "--threads", "1", "--connections", str(NEIGHBOURS), "--timeout", "60s"]
    command += ["--duration", "1h", "--header", "Authorization: Bearer freiton-demo-2"]
    with subprocess.Popen([*command, f"http://{HOST}:{server.port}{SCAN}"], stdout=subprocess.DEVNULL) as wrk:
        try:
            time.sleep(WARM_UP_SECONDS)
            yield
        finally:
            wrk.kill()


def _measure(server: Server, times: dict[str, list[float]], seconds: int) -> None:
    wire = Wire(server)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, (method, path) in REQUESTS.items():
            clone = {"source": SOURCE, "destination": f"Clone {time.monotonic_ns()}"}
            body = json.dumps(clone).encode() if name == CLONE else b""
            times[name].append(time_work(partial(wire.send, method, path, body))[0])
        time.sleep(PAUSE_SECONDS)
    wire.close()


def _find_longest(times: list[float]) -> float:
    return sorted(times)[math.ceil(len(times) * 0.99) - 1]
