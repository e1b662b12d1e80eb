"""The pytest plugin: a world a test, one sandbox a run, and nothing for those who do not ask for it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.service import SECONDS_TO_RUN, Service

pytestmark = pytest.mark.uncovered

USE = """
import http.client, json, pytest
from urllib.parse import urlsplit

@pytest.mark.parametrize("number", range(6))
def test_clone(freiton, number, freiton_server):
    url = urlsplit(freiton.base_url)
    connection = http.client.HTTPConnection(url.netloc)
    body = json.dumps({"source": "Campaign 1000", "destination": "Tonight", "userData": ""})
    headers = {"Authorization": f"Bearer {freiton.token}", "Content-Type": "application/json"}
    connection.request("POST", url.path + "/dialler/campaigns/clone", body, headers)
    print("SERVER", freiton_server.url, "WORLD", freiton.id)
    assert connection.getresponse().status == 200
    connection.close()
"""
MARK = """
import pytest

@pytest.mark.freiton(fixture="empty")
def test_mark(freiton):
    assert len(freiton.accounts) == 1

def test_without_mark(freiton):
    assert len(freiton.accounts) == 2
"""
LEAVE = """
import sys

def test_leave():
    heavy = {"freiton.testing.control", "freiton.testing.sandbox", "http.client", "handlers", "connexion"}
    assert "freiton.testing.pytest_plugin" in sys.modules
    assert not heavy & sys.modules.keys()
"""
OWN = """
import pytest

@pytest.fixture
def freiton():
    return "theirs"

def test_own(freiton):
    assert freiton == "ours"
"""
STRICT = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider")
# Plugins that take longer to load than all tests here.
OTHERS = ("schemathesis", "hypothesispytest", "typeguard", "anyio")

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs pytest on a file of somebody else's, and returns what it has printed."""

    def run_pytest(text: str, *options: str, code: int = 0, **variables: str) -> str:
        (tmp_path / "test_theirs.py").write_text(text, encoding="utf-8")
        finished = subprocess.run(
            [sys.executable, "-m", "pytest", "-rA", *STRICT, *(f"-pno:{name}" for name in OTHERS), *options],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=SECONDS_TO_RUN,
            check=False,
        )
        assert finished.returncode == code, finished.stdout + finished.stderr
        return finished.stdout

    return run_pytest


def test_use_fixture_in_workers_gives_worlds_of_one_sandbox(run: Run) -> None:
    printed = run(USE, "--numprocesses=2")
    assert "6 passed" in printed
    assert len(set(re.findall(r"SERVER (\S+)", printed))) == 1
    assert len(set(re.findall(r"WORLD (\S+)", printed))) == 6


def test_use_fixture_without_workers_starts_sandbox_with_options(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfreiton_options = --sandbox-worlds=2\n", encoding="utf-8")
    assert "6 passed" in run(USE)


def test_use_fixture_with_url_uses_that_sandbox(run: Run, sandbox: Service) -> None:
    printed = run(USE, FREITON_URL=f"{sandbox.url}/rest/v1.0/1")
    assert set(re.findall(r"SERVER (\S+)", printed)) == {sandbox.url}


def test_mark_test_chooses_fixture_of_its_world(run: Run, sandbox: Service) -> None:
    assert "2 passed" in run(MARK, FREITON_URL=sandbox.url)


@pytest.mark.parametrize("workers", [[], ["--numprocesses=2"]], ids=["alone", "workers"])
def test_sandbox_that_does_not_start_fails_tests_with_the_reason(run: Run, tmp_path: Path, workers: list[str]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nfreiton_options = --nope\n", encoding="utf-8")
    assert "No such option '--nope'" in run(USE, *workers, code=1)


@pytest.mark.parametrize("workers", [[], ["--numprocesses=1"]], ids=["alone", "workers"])
def test_suite_without_the_fixtures_loads_nothing(run: Run, workers: list[str]) -> None:
    assert "1 passed" in run(LEAVE, *workers)


def test_suite_with_a_fixture_of_the_same_name_keeps_its_own(run: Run) -> None:
    assert "assert 'theirs' == 'ours'" in run(OWN, code=1)
