"""Worlds of two sizes: made, reset and restored, beside a copy of the same file."""

import json
import secrets
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from handlers.sandbox.registry import files, fixtures, open_registry
from tests.bench.database import build
from tests.bench.figures import Figure
from tests.bench.sandbox.client import Client
from tests.bench.sandbox.times import Times
from tests.bench.servers import Server

DEMO, LARGE = "demo", "100,000 contacts"
# The fixture that has so many records.
FIXTURE = "large"
COUNTS = {"contacts": 100_000, "campaigns": 100, "events": 1_000}
WORLDS = "/sandbox/v1/worlds"
FIRST = "/rest/v1.0/1/acd/groups"
CHANGE = "/rest/v1.0/1/dialler/campaigns/clone"
MADE, RESET, SNAPSHOT, RESTORED, COPIED = "made", "reset", "snapshot", "restored", "file copied"
AFTER, LATER = "first answer after a reset", "next answer"
# In milliseconds.
MOST = 10


def start_sandbox(folder: Path, cores: Sequence[int]) -> Server:
    """Start a sandbox that has the large fixture too.

    :param folder: a folder for its files.
    :param cores: the cores that it may use.
    """
    worlds = folder / "worlds"
    worlds.mkdir()
    build(folder / "large.db", COUNTS)
    with open_registry(worlds, create=True), files.making() as path:
        shutil.copyfile(folder / "large.db", path)
        fixtures.save(FIXTURE, path)
    command = [sys.executable, "-m", "handlers", "serve", "--sandbox", "--sandbox-dir", str(worlds)]
    server = Server("sandbox", [*command, "--port", "{port}"], {}, cores, folder / "sandbox.log")
    server.wait("/health/ready", {})
    return server


class World:
    """A world that is measured.

    :param name: what it is called in the table.
    :param server: the sandbox.
    :param fixture: the fixture that it is made of.
    :param file: a file of the same size, in the same file system.
    """

    def __init__(self, name: str, server: Server, fixture: str, file: Path) -> None:
        self.name = name
        self.fixture, self.file = fixture, file
        self.control = Client(server)
        made = json.loads(self.control.send("POST", WORLDS, {"fixture": fixture}))
        self.path = f"{WORLDS}/{made['id']}"
        self.client = Client(server, made["accounts"][0]["token"])
        # A clone needs the name of a campaign.
        campaigns = json.loads(self.client.send("GET", "/rest/v1.0/1/dialler/campaigns?limitPageSize=1"))
        self.campaign: str = campaigns["records"][0]["Name"]

    def measure(self, times: Times) -> None:
        """Measure all rows once.

        :param times: where to note them.
        """
        made = json.loads(self.control.take(times, self.name, MADE, "POST", WORLDS, {"fixture": self.fixture}))
        self.control.send("DELETE", f"{WORLDS}/{made['id']}")
        self.client.send("POST", CHANGE, {"source": self.campaign, "destination": secrets.token_hex(8)})
        self.control.take(times, self.name, RESET, "POST", f"{self.path}/reset")
        self.client.take(times, self.name, AFTER, "GET", FIRST)
        self.client.take(times, self.name, LATER, "GET", FIRST)
        self.control.take(times, self.name, SNAPSHOT, "POST", f"{self.path}/snapshots/bench")
        self.control.take(times, self.name, RESTORED, "POST", f"{self.path}/snapshots/bench/restore")
        copy = self.file.with_suffix(".copy")
        times.take(self.name, COPIED, partial(shutil.copyfile, self.file, copy))
        copy.unlink()


def list_worlds(server: Server, folder: Path) -> list[World]:
    """Return a world of each size.

    :param server: the sandbox.
    :param folder: the folder of its files.
    """
    shutil.copyfile(folder / "worlds" / "server.db", folder / "demo.db")
    sizes = ((DEMO, "demo", folder / "demo.db"), (LARGE, FIXTURE, folder / "large.db"))
    return [World(name, server, fixture, file) for name, fixture, file in sizes]


def judge(times: Times) -> Iterator[Figure]:
    """Yield the figures of worlds.

    :param times: what was measured.
    """
    for what in (MADE, RESET, SNAPSHOT, RESTORED):
        yield Figure(f"{what}, {DEMO}, against {MOST} ms", times.find(DEMO, what) / MOST, 1)
    # A snapshot is a backup: the database may be in use meanwhile.
    for what, limit in ((MADE, 2), (RESET, 2), (SNAPSHOT, 4), (RESTORED, 2)):
        ratio = times.find(LARGE, what) / times.find(LARGE, COPIED)
        yield Figure(f"{what}, {LARGE}, against a copy of the file", ratio, limit)
