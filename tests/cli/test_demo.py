"""The demo says how to begin, comes with a new database only, and is open to others only if that is asked for."""

import json
import shlex
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.command import assert_fails, read_troubles, succeed
from tests.support.files import read_contents
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import SECONDS_TO_STOP, Service, run_freiton


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "freiton.db"


def test_serve_demo_prints_a_command_that_succeeds(database: Path) -> None:
    with Service(database, "--demo") as service:
        assert service.process.stdout is not None
        announced, _, command = service.process.stdout.readline().partition(": ")
        answer = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=60, check=True).stdout
    assert announced == "try"
    assert json.loads(answer)["count"] == 5


def test_serve_without_demo_prints_no_token(database: Path) -> None:
    with Service(database) as service:
        service.process.terminate()
        assert service.process.wait(SECONDS_TO_STOP) == 0
        assert service.process.stdout is not None
        assert service.process.stdout.read() == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_serve_demo_to_others_is_refused(database: Path, host: str) -> None:
    assert_fails(
        run_freiton("serve", "--demo", "--host", host, "--database", str(database)),
        2,
        "--host",
        "loopback",
        "--demo-public",
    )
    assert not database.exists()


def test_serve_demo_public_listens_and_warns(database: Path) -> None:
    # Not known as a loopback address by its spelling; another one would be open to others here.
    with Service(database, "--demo", "--demo-public", "--host", "127.1") as service, service.client() as api:
        assert api.get("/acd/groups").json()["count"] == 40
    (warning,) = [line for line in service.log.read_text().splitlines() if "warning" in line]
    assert warning == "freiton: warning: everybody who can reach 127.1 can read and change the demo"


def test_serve_demo_public_on_loopback_address_does_not_warn(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREITON_DEMO_PUBLIC", "1")
    with Service(database, "--demo") as service:
        pass
    assert read_troubles(service.log) == []


def test_serve_demo_public_without_demo_is_refused(database: Path) -> None:
    run = run_freiton("serve", "--demo-public", "--host", "127.1", "--database", str(database))
    assert_fails(run, 2, "--demo-public", "--demo only")
    assert not database.exists()


def test_serve_demo_on_localhost_listens_there(database: Path) -> None:
    with Service(database, "--demo", "--host", "localhost") as service:
        assert httpx.get(f"{service.url}/health/live", timeout=SECONDS_TO_ANSWER).json() == {"status": 200}


def test_serve_demo_on_other_data_changes_nothing(database: Path) -> None:
    succeed("client", "add", "Musterfirma GmbH", "--database", database)
    before = read_contents(database)
    assert_fails(run_freiton("serve", "--demo", "--port", "0", "--database", str(database)), 1, "holds other data")
    assert read_contents(database) == before
    assert succeed("client", "list", "--database", database) == "1\tMusterfirma GmbH\n"
