"""Overheads: what the layers of the sandbox cost a request, and the pytest plugin a test."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.bench.sandbox.client import Client
from tests.bench.sandbox.times import Times
from tests.bench.sandbox.worlds import FIRST
from tests.bench.servers import HOST, Server

PLAIN, SANDBOX = "--no-fast", "--sandbox"
ONE, PAGE, CLONE = "one campaign", "page of 100 contacts", "clone"
BASE = "/rest/v1.0/1/dialler"
TOKEN = "freiton-demo-1"
WITHOUT, WITH = "without the plugin", "with the plugin"
RUN = "pytest, 200 empty tests"
TESTS = 200
# In milliseconds.
MOST_A_REQUEST, MOST_A_TEST = 0.5, 15


def list_requests() -> dict[str, tuple[Any, ...]]:
    """Return the requests that are measured, by what they are called; each clone has another name."""
    body = {"source": "Campaign 1000", "destination": f"Clone {random.getrandbits(64):x}"}
    return {
        ONE: ("GET", f"{BASE}/campaigns/500"),
        PAGE: ("GET", f"{BASE}/contacts?limitPageSize=100"),
        CLONE: ("POST", f"{BASE}/campaigns/clone", body),
    }


def start_plain(folder: Path, cores: Sequence[int]) -> Server:
    """Start a server without a sandbox, which answers by Connexion as a sandbox does.

    :param folder: a folder for its files.
    :param cores: the cores that it may use.
    """
    command = [sys.executable, "-m", "handlers", "serve", "--demo", "--no-fast", "--port", "{port}"]
    server = Server(PLAIN, [*command, "--database", str(folder / "plain.db")], {}, cores, folder / "plain.log")
    server.wait(FIRST, {"Authorization": f"Bearer {TOKEN}"})
    return server


def measure_requests(times: Times, clients: dict[str, Client]) -> None:
    """Send each request once to each server.

    :param times: where to note how long they take.
    :param clients: clients by the columns of the table.
    """
    for what in list_requests():
        for subject, client in random.sample([*clients.items()], len(clients)):
            client.take(times, subject, what, *list_requests()[what])


def measure_runs(times: Times, folder: Path, server: Server) -> None:
    """Run empty tests with the fixture `freiton` and without.

    :param times: where to note how long they take.
    :param folder: a folder for the tests.
    :param server: the sandbox that the plugin uses, so that its start does not count.
    """
    for subject in random.sample((WITHOUT, WITH), 2):
        file = folder / f"test_{subject.partition(' ')[0]}.py"
        argument = "freiton" if subject == WITH else ""
        file.write_text("\n".join(f"def test_{number}({argument}): pass" for number in range(TESTS)))
        times.take(subject, RUN, partial(_run_pytest, file, server))


def _run_pytest(file: Path, server: Server) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(file.parent), str(file)]
    environment = {**os.environ, "FREITON_URL": f"http://{HOST}:{server.port}"}
    run = subprocess.run(command, cwd=file.parent, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(run.stdout + run.stderr)


def judge_requests(times: Times) -> Iterator[Figure]:
    """Yield the figures of requests.

    :param times: what was measured.
    """
    for what in (ONE, CLONE):
        more = times.find(SANDBOX, what) - times.find(PLAIN, what)
        yield Figure(f"{what}: {more:.2f} ms more in a sandbox, against {MOST_A_REQUEST} ms", more / MOST_A_REQUEST, 1)
    yield Figure(f"{PAGE} in a sandbox, against none", times.find(SANDBOX, PAGE) / times.find(PLAIN, PAGE), 2)


def judge_runs(times: Times) -> Iterator[Figure]:
    """Yield the figure of the plugin.

    :param times: what was measured.
    """
    more = (times.find(WITH, RUN) - times.find(WITHOUT, RUN)) / TESTS
    yield Figure(f"{more:.2f} ms more for a test with the plugin, against {MOST_A_TEST} ms", more / MOST_A_TEST, 1)
