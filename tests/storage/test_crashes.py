"""A server that is killed at any moment has lost nothing that it acknowledged, and left nothing in parts."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx
import pytest

from data.store import maintenance
from tests.support.databases import locate
from tests.support.model import read_campaign
from tests.support.service import Killed, Service

pytestmark = pytest.mark.uncovered

WRITERS = 6
KEPT = 20
LONGEST_LOAD_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20
SOURCE = "Campaign 1000"
PREFIX = "Crash"


class Ledger:
    """What the writers were told of their writes: what must be there, and what may be."""

    def __init__(self) -> None:
        self.cloned: dict[int, str] = {}
        self.deleted: set[int] = set()
        self.unsure_clones: set[str] = set()
        self.unsure_deletions: set[int] = set()
        self.present: deque[int] = deque()
        self.begun = threading.Event()

    def write(self, service: Service, label: str) -> int:
        """Clone and delete until the server is gone, and return how many writes were acknowledged."""
        acknowledged = 0
        with service.client() as client, suppress(httpx.TransportError):
            for number in count():
                self._clone(client, f"{PREFIX} {label}-{number}")
                acknowledged += 1
                while len(self.present) > KEPT:
                    self._delete(client, self.present.popleft())
                    acknowledged += 1
        return acknowledged

    def compare(self, present: dict[int, str]) -> None:
        """Compare it with the clones that are there after a crash, and go on from them.

        :param present: the name of each, by ID.
        """
        certain = self.cloned.keys() - self.deleted - self.unsure_deletions
        assert certain <= present.keys(), "an acknowledged clone is lost"
        assert self.deleted.isdisjoint(present), "a clone is back whose deletion was acknowledged"
        assert {present[campaign_id] for campaign_id in present.keys() - self.cloned.keys()} <= self.unsure_clones
        assert {**present, **self.cloned}.items() >= present.items(), "a clone has another name"
        self.deleted |= self.unsure_deletions - present.keys()
        self.cloned |= present
        self.unsure_clones.clear()
        self.unsure_deletions.clear()
        self.present = deque(present)
        self.begun.clear()

    def _clone(self, client: httpx.Client, name: str) -> None:
        self.unsure_clones.add(name)
        answer = client.post("/dialler/campaigns/clone", json={"source": SOURCE, "destination": name})
        assert answer.status_code == 200, answer.text
        campaign_id = answer.json()["records"][0]["ID"]
        assert campaign_id not in self.cloned, "an ID was given before"
        self.cloned[campaign_id] = name
        self.unsure_clones.remove(name)
        self.present.append(campaign_id)
        self.begun.set()

    def _delete(self, client: httpx.Client, campaign_id: int) -> None:
        self.unsure_deletions.add(campaign_id)
        answer = client.delete(f"/dialler/campaigns/campaign/{campaign_id}")
        assert answer.status_code == 200, answer.text
        self.deleted.add(campaign_id)
        self.unsure_deletions.remove(campaign_id)


def test_kill_at_any_moment_loses_no_acknowledged_write(
    tmp_path: Path, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    database = tmp_path / "freiton.db"
    ledger = Ledger()
    kills = rounds(5, 200)
    acknowledged = cut_off = 0
    for number in range(kills):
        with Killed(database, "--demo", "--workers", str(1 + number % 2)) as service:
            ledger.compare(_read_clones(service))
            acknowledged += _write_until_killed(service, ledger, str(number))
        cut_off += len(ledger.unsure_clones) + len(ledger.unsure_deletions)
    with Service(database, "--demo") as service:
        ledger.compare(_read_clones(service))
    figure(f"crashes: {kills} kills, {acknowledged} writes acknowledged, 0 lost, {cut_off} cut off, 0 in parts")


def _write_until_killed(service: Service, ledger: Ledger, label: str) -> int:
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(ledger.write, service, f"{label}-{writer}") for writer in range(WRITERS)]
        ledger.begun.wait(LONGEST_WAIT_SECONDS)
        time.sleep(random.uniform(0, LONGEST_LOAD_SECONDS))
        service.stop()
    return sum(writer.result() for writer in writing)


def _read_clones(service: Service) -> dict[int, str]:
    """Return the name of each clone by ID; all of them, and the database, are sound."""
    with service.client() as client:
        (source,) = client.get("/dialler/campaigns/500").json()["records"]
        original = read_campaign(client, source)
        records = client.get("/dialler/campaigns/campaign", params={"name": PREFIX}).json()["records"]
        for record in records:
            clone = read_campaign(client, record)
            assert clone == original.clone(record["Name"], None, record["ID"], clone.code_ids)
    assert maintenance.find_problems(locate(service.database)) == []
    return {record["ID"]: record["Name"] for record in records}
