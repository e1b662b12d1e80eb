"""No world is half made, half reset or half restored: not after a kill at any moment, not on a full disk."""

import random
import resource
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.support.campaigns import clone
from tests.support.command import read_troubles
from tests.support.sandbox import WORLDS, SandboxService, World
from tests.support.service import Killed

CAMPAIGNS = "/dialler/campaigns"
SQLITE = {"Content-Type": "application/octet-stream"}
# The database of a world is larger.
ROOM = 100_000
REGISTRY, SERVER = "registry.db", "server.db"
LONGEST_LOAD_SECONDS = 0.2


class KilledSandbox(Killed, SandboxService):
    """A running sandbox that is ended by killing all of its processes at once."""


def list_worlds(service: SandboxService) -> list[dict[str, object]]:
    """Return all worlds."""
    worlds: list[dict[str, object]] = httpx.get(f"{service.url}{WORLDS}", timeout=60).json()["worlds"]
    return worlds


def read_campaigns(service: SandboxService, world_id: object) -> list[str]:
    """Return the names of the campaigns of a world, but not those that were cloned without an end."""
    headers = {"Authorization": f"Bearer world-{world_id}-1"}
    answer = httpx.get(f"{service.url}/rest/v1.0/1{CAMPAIGNS}", headers=headers, timeout=60).raise_for_status()
    return [record["Name"] for record in answer.json()["records"]]


def work(service: SandboxService, label: str) -> None:
    """Make, snapshot, reset and restore worlds until the server is gone."""
    with suppress(httpx.TransportError):
        for number in count():
            world = World(service)
            with closing(world.control), world.client() as api:
                clone(api, "In the snapshot")
                assert world.ask("POST", "/snapshots/one").status_code == 200
                clone(api, "After it")
                assert world.ask("POST", "/snapshots/one/restore" if number % 2 else "/reset").status_code == 200
                if label == "0":
                    assert world.ask("DELETE").status_code == 200


def list_named(folder: Path) -> set[str]:
    """Return the databases of a sandbox: its own, and those that its registry names, also those to be deleted later."""
    tables = ("Worlds", "Snapshots", "Fixtures", "Leavings")
    with closing(sqlite3.connect(folder / REGISTRY)) as registry:
        named = {file for table in tables for (file,) in registry.execute(f"select file from {table}")}
    return {REGISTRY, SERVER} | named


def test_kill_at_any_moment_leaves_whole_worlds(tmp_path: Path) -> None:
    options = ("--workers", "2", "--sandbox-dir", str(tmp_path / "worlds"))
    for _ in range(2):
        with KilledSandbox(tmp_path / "sandbox", *options) as service:
            original = read_campaigns(service, "default")
            whole = [
                original,
                *(sorted([*original, *more]) for more in (["In the snapshot"], ["In the snapshot", "After it"])),
            ]
            for world in list_worlds(service):
                assert sorted(read_campaigns(service, world["id"])) in whole
            with ThreadPoolExecutor(3) as threads:
                running = [threads.submit(work, service, str(label)) for label in range(3)]
                time.sleep(random.uniform(LONGEST_LOAD_SECONDS / 2, LONGEST_LOAD_SECONDS))
                service.stop()
            for each in running:
                each.result()
    with SandboxService(tmp_path / "sandbox", *options) as service:
        worlds = list_worlds(service)
        assert len(worlds) > 1
        for world in worlds[-10:]:
            for snapshot in httpx.get(f"{service.url}{WORLDS}/{world['id']}/snapshots").json()["snapshots"]:
                path = f"{service.url}{WORLDS}/{world['id']}/snapshots/{snapshot['name']}/restore"
                assert httpx.post(path, timeout=60).status_code == 200
                assert sorted(read_campaigns(service, world["id"])) == sorted([*original, "In the snapshot"])
        assert httpx.post(f"{service.url}{WORLDS}/default/reset").status_code == 200
    # What the killed servers were about to make or had left was deleted at the next start.
    assert {file.name for file in (tmp_path / "worlds").glob("*.db")} == list_named(tmp_path / "worlds")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[SandboxService]:
    """A sandbox of one test's own, of one process."""
    with SandboxService(tmp_path / "sandbox") as service:
        yield service


@contextmanager
def full_disk(service: SandboxService) -> Iterator[None]:
    """Let no file grow beyond a size that is too small for a world."""
    before = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, before)


def test_full_disk_refuses_new_worlds_and_leaves_the_others_whole(alone: SandboxService) -> None:
    with World(alone) as world, world.client() as api:
        clone(api, "Before")
        assert world.ask("POST", "/snapshots/one").status_code == 200
        campaigns = api.get(CAMPAIGNS).content
        with full_disk(alone):
            refused = [
                httpx.post(f"{alone.url}{WORLDS}", json={"fixture": "demo"}),
                world.ask("POST", "/reset"),
                world.ask("POST", "/snapshots/two"),
                world.ask("POST", "/snapshots/one/restore"),
                world.ask(
                    "PUT",
                    "/snapshots/two/file",
                    content=bytes(ROOM * 2),
                    headers={"Content-Type": "application/octet-stream"},
                ),
            ]
            assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in refused] == [(503, "1")] * 5
            assert {answer.json()["error"] for answer in refused} == {"The database cannot be used now"}
            assert api.get(CAMPAIGNS).content == campaigns
        assert api.get(CAMPAIGNS).content == campaigns
        assert [each["name"] for each in world.ask("GET", "/snapshots").json()["snapshots"]] == ["one"]
        assert world.ask("POST", "/reset").status_code == 200
        assert api.get(CAMPAIGNS).json()["count"] == 5
    troubles = read_troubles(alone.log)
    assert {line.partition(":")[0] for line in troubles} == {"ERROR The database cannot be used now"}
