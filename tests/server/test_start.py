"""Connexion is loaded in the background when the server listens; plain requests never wait for it."""

import os
import time
from pathlib import Path

import pytest

from tests.support.command import SECONDS_TO_WAIT, read_troubles
from tests.support.service import TOP, Service, Started

pytestmark = pytest.mark.uncovered

# A part of Connexion's imports that stands among what a process has mapped.
IMPORTED = "/rpds/"
# Takes the place of Connexion until a file is there.
SLOW = """
import os, sys, time
while not os.path.exists(os.environ["GO_ON"]):
    time.sleep(0.01)
sys.path.remove({folder!r})
del sys.modules["connexion"]
import connexion
"""


def has_connexion(service: Service) -> bool:
    """Return whether the server has imported what Connexion needs."""
    maps = Path(f"/proc/{service.process.pid}/maps").read_text()
    return IMPORTED in maps


def await_connexion(service: Service) -> None:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not has_connexion(service):
        assert time.monotonic() < deadline, "Connexion is not loaded"
        time.sleep(0.01)


def start_slowly(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> Service:
    """Start a demo server with other code in the place of Connexion."""
    (folder / "connexion.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{TOP}")
    monkeypatch.setenv("GO_ON", str(folder / "go on"))
    return Started(folder / "freiton.db", "--demo")


def test_server_that_nobody_asks_loads_connexion(tmp_path: Path) -> None:
    with Started(tmp_path / "freiton.db", "--demo") as service:
        await_connexion(service)


@pytest.mark.fast
def test_plain_requests_do_not_wait_for_connexion_and_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"source": "Campaign 1000", "destination": "A copy"}
    with start_slowly(tmp_path, monkeypatch, SLOW.format(folder=str(tmp_path))) as service, service.client() as api:
        for path in ("/acd/groups", "/acd/events/event/3001", "/dialler/campaigns?limitPageSize=1"):
            assert api.get(path).status_code == 200
        assert api.post("/dialler/campaigns/clone", json=names).status_code == 200
        has_waited = not has_connexion(service)
        (tmp_path / "go on").touch()
        assert has_waited
        assert api.get("/acd/groups?limitPageSize=x").status_code == 400
        assert has_connexion(service)


def test_connexion_that_cannot_be_imported_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with start_slowly(tmp_path, monkeypatch, "raise ImportError('secret')") as service, service.client() as api:
        assert api.get("/acd/groups?limitPageSize=x").status_code == 503
        (tmp_path / "connexion.py").write_text(SLOW.format(folder=str(tmp_path)))
        (tmp_path / "go on").touch()
        assert api.get("/acd/groups?limitPageSize=x").status_code == 400
    assert set(read_troubles(service.log)) == {"ERROR Connexion cannot be imported now: ImportError"}
