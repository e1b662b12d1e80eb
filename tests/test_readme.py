"""The README's commands run as they are written, and give what it says."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.service import LISTENING, TOP

pytestmark = pytest.mark.uncovered

README = (TOP / "README.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
ANSWER = re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0]
SOURCES = ("Makefile", "pyproject.toml", "requirements.lock", "openapi.yaml", "schemathesis.toml", "README.md")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, set up already."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        shutil.copy2(TOP / name, folder)
    for name in ("handlers", "data", "tests"):
        shutil.copytree(TOP / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    # Links to the parts: make would clear an environment that it takes for out of date, through a link to the whole.
    (folder / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(TOP / ".venv" / part)
    for stamp in ("installed", "tools"):
        (folder / ".venv" / stamp).touch()
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    """A port that is free, in the place of the README's 8080, which may be in use."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number


@pytest.fixture(scope="module")
def served(checkout: Path, port: int) -> Iterator[str]:
    """The demo, as `make serve` runs it; the value is what it printed."""
    with _serve(COMMANDS[0], checkout, port) as listening:
        yield listening


def test_make_serve_listens_where_readme_says(served: str, port: int) -> None:
    assert COMMANDS[0] == "make serve\n"
    assert served == f"listening on http://127.0.0.1:{port}\n"


@pytest.mark.usefixtures("served")
def test_curl_gives_the_answer_shown(checkout: Path, port: int) -> None:
    answer = _run(COMMANDS[1], checkout, port)
    assert answer == ANSWER.rstrip("\n")


@pytest.mark.usefixtures("served")
def test_list_command_gives_page_with_links(checkout: Path, port: int) -> None:
    answer = _run(COMMANDS[5], checkout, port).lower()
    assert "\nx-total-count: 3\n" in answer.replace("\r", "")
    assert 'rel="next"' in answer


@pytest.mark.usefixtures("served")
def test_contact_commands_import_and_export(checkout: Path, port: int) -> None:
    assert '"outcome":"created"' in _run(COMMANDS[6], checkout, port)
    assert _run(COMMANDS[7], checkout, port) == "created 12, overwritten 0, failed 0\n"


@pytest.mark.usefixtures("served")
def test_client_is_generated(checkout: Path, port: int) -> None:
    _run(COMMANDS[2], checkout, port)
    operations = {path.stem for path in (checkout / "build/client/freiton_client/api").glob("*/*.py")}
    assert operations > {"list_acd_groups", "clone_dialler_campaign", "list_dialler_result_codes"}


@pytest.mark.usefixtures("served")
def test_fuzzing_command_ends_well(checkout: Path, port: int) -> None:
    # So few examples of a random seed may meet no record of some operation, which it warns of.
    few = COMMANDS[3].replace("schemathesis run", "schemathesis run --max-examples 10 --seed 1")
    report = _run(few, checkout, port)
    assert "No issues found" in report, report


@pytest.mark.usefixtures("served")
def test_verify_command_finds_no_difference(checkout: Path, port: int) -> None:
    (checkout / "build").mkdir(exist_ok=True)
    answer = _run(COMMANDS[4].replace("--junit", "--rate-limit 1000 --junit"), checkout, port)
    assert answer.splitlines()[-1].startswith("no differences in ")
    assert (checkout / "build/verify.xml").is_file()


def test_own_data_is_served_and_backed_up(checkout: Path, port: int) -> None:
    *commands, serve = COMMANDS[8].splitlines(keepends=True)
    printed = _run("".join(commands), checkout, port).splitlines()
    assert printed[0] == "1"
    assert re.fullmatch("frt_[0-9a-f]{48}", printed[1])
    assert printed[2:] == ["loaded 1 campaign", "loaded 1 contact"]
    with _serve(f". .venv/bin/activate\nexec {serve}", checkout, 0) as listening:
        url = f"{listening.removeprefix(LISTENING).strip()}/rest/v1.0/1/dialler/campaigns/7"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {printed[1]}"})
    assert answer.json()["records"][0]["Name"] == "Winter"
    # Of the same database, which is another process's if these are two tests.
    assert _run(COMMANDS[9], checkout, port) == "sound\n"


def test_develop_command_is_make_test() -> None:
    assert COMMANDS[10:] == ["make test\n"]


@contextmanager
def _serve(script: str, folder: Path, port: int) -> Iterator[str]:
    with subprocess.Popen(
        ["sh", "-ec", script],
        cwd=folder,
        env={**os.environ, "FREITON_PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        yield next(line for line in iter(process.stdout.readline, "") if line.startswith(LISTENING))
        os.killpg(process.pid, signal.SIGTERM)


def _run(script: str, folder: Path, port: int) -> str:
    run = subprocess.run(
        ["sh", "-ec", script.replace(":8080/", f":{port}/")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
