"""What can be said of the Containerfile without a container engine."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from handlers.app import public
from tests.support.service import FREITON, LISTENING, TOP, start_process

pytestmark = pytest.mark.uncovered

FILE = (TOP / "Containerfile").read_text(encoding="utf-8")
STEPS = [line.split(maxsplit=1) for line in FILE.replace("\\\n", "").splitlines() if re.match("[A-Z]", line)]
# What the wheel is built from, and the lock.
SOURCES = {"requirements.lock", "pyproject.toml", "README.md", "LICENSE", "openapi.yaml", "handlers", "data"}


def read_step(name: str) -> str:
    """Return what the last step of a name says."""
    return [text for step, text in STEPS if step == name][-1]


def test_copied_sources_are_those_of_the_wheel() -> None:
    copied = [text.split()[:-1] for step, text in STEPS if step == "COPY" and "--from" not in text]
    assert {source for sources in copied for source in sources} == SOURCES
    assert all((TOP / source).exists() for source in SOURCES)


def test_container_is_short_and_has_no_root() -> None:
    assert len(FILE.splitlines()) < 20
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", read_step("USER"))


def test_health_check_asks_an_endpoint_that_is_there() -> None:
    *_, script = json.loads(read_step("HEALTHCHECK").partition("CMD ")[2])
    (port, path) = re.findall(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", script)[0]
    assert path in public.ENDPOINTS
    assert port == read_step("EXPOSE")
    assert f"--port={port}" in json.loads(read_step("CMD"))


def test_command_serves_a_sandbox_and_writes_to_temporary_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--port=0" if option.startswith("--port") else option for option in json.loads(read_step("CMD"))]
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    for name, value in {"HOME": home, "TMPDIR": temporary, "PYTHONPATH": TOP}.items():
        monkeypatch.setenv(name, str(value))
    # In a container it is the only one that is served: all addresses are those of the container.
    options[options.index("--host=0.0.0.0")] = "--host=127.0.0.1"
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with start_process([*FREITON, *options], cwd=home, stdout=pipe, stderr=nothing, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().removeprefix(LISTENING).strip()
        made = httpx.post(f"{url}/sandbox/v1/worlds", json={"fixture": "demo"}, verify=False)
        assert made.status_code == 201
        assert list(home.iterdir()) == []
        server.terminate()
    assert [path.name for path in temporary.iterdir()] == []
