"""The README's commands run as they are written, in their order, and give what it says."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import LISTENING, TOP

pytestmark = pytest.mark.uncovered

README = (TOP / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
ANSWER = re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0]
SERVER = re.compile(r"^(make|freiton) serve\b", re.MULTILINE)
# What takes long or needs the network, and what stands for it.
REPLACED = {
    # test_fuzzing.py runs all phases.
    "schemathesis run ": "schemathesis run --phases examples ",
    "freiton verify ": "freiton verify --rate-limit 1000 ",
    "make test\n": "make --dry-run test\n",
    "make contract-diff\n": "make --dry-run contract-diff\n",
    "make audit\n": "make audit PIP_AUDIT=--dry-run\n",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the repository with the files as they are now; `make serve` and `make tools` have installed all."""
    folder = tmp_path_factory.mktemp("checkout")
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", TOP, folder], check=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=TOP, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if os.path.lexists(TOP / name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, folder / name, follow_symlinks=False)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    # Links to the parts: make would clear an environment that it takes for out of date, through a link to the whole.
    (folder / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(TOP / ".venv" / part)
    for stamp in ("installed", "package", "tools"):
        (folder / ".venv" / stamp).touch()
    return folder


class Terminal:
    """Runs the README's commands, and keeps the servers that they start.

    :param folder: where to run them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # The ports of the README, which may be in use, and those that the servers have instead.
        self.ports: dict[str, str] = {}
        self.servers = ExitStack()

    def run(self, block: str) -> str:
        """Run a block of commands, a server as the last one until the end, and return what they print."""
        for command, replacement in REPLACED.items():
            block = block.replace(command, replacement)
        for port, own in self.ports.items():
            block = block.replace(f":{port}/", f":{own}/")
        return self._serve(block) if SERVER.search(block) else self._run(block)

    def _run(self, script: str) -> str:
        command = ["sh", "-ec", script]
        run = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def _serve(self, script: str) -> str:
        (port,) = re.findall(r"--port (\d+)", script) or ["8080"]
        process = self.servers.enter_context(
            subprocess.Popen(
                ["sh", "-ec", script.replace(f"--port {port}", "--port 0")],
                cwd=self.folder,
                env={**os.environ, "FREITON_PORT": "0"},
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        self.servers.callback(os.killpg, process.pid, signal.SIGTERM)
        assert process.stdout is not None
        printed = ""
        for line in iter(process.stdout.readline, ""):
            printed += line
            if line.startswith(LISTENING):
                self.ports[port] = line.strip().rpartition(":")[2]
                return printed
        raise AssertionError(printed)


@pytest.fixture
def terminal(checkout: Path) -> Iterator[Terminal]:
    """A terminal in the clone."""
    opened = Terminal(checkout)
    with opened.servers:
        yield opened


def check_client_and_verify(printed: str, terminal: Terminal) -> None:
    """The generated client has the operations; nothing differs, and all operations were checked."""
    files = (terminal.folder / "build/client/freiton_client/api").glob("*/*.py")
    operations = {path.stem for path in files}
    assert operations > {"list_acd_groups", "clone_dialler_campaign", "list_dialler_result_codes"}
    assert re.search(r"^no differences in \d+ requests\n\Z", printed, re.MULTILINE)
    assert (terminal.folder / "verify.xml").is_file()


def check_list(printed: str, terminal: Terminal) -> None:
    """The page says how many groups match, and where the next page is."""
    assert "\nx-total-count: 3\n" in printed.lower().replace("\r", "")
    assert 'rel="next"' in printed


def check_own_data(printed: str, terminal: Terminal) -> None:
    """The records that were loaded are served for the token that was made."""
    client, token, *loaded, listening = printed.splitlines()
    assert client == "1"
    assert re.fullmatch("frt_[0-9a-f]{48}", token)
    assert loaded == ["loaded 1 campaign", "loaded 1 contact"]
    base = f"{listening.removeprefix(LISTENING)}/rest/v1.0/1/dialler"
    for path, name in (("campaigns/7", "Winter"), ("contacts?diallerCampaignsID=7", "Mustermann")):
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{base}/{path}", headers=headers, timeout=SECONDS_TO_ANSWER)
        assert [record["Name"] for record in answer.json()["records"]] == [name]


def prints(*patterns: str) -> Callable[[str, Terminal], None]:
    """Return a check for texts that are printed."""

    def check(printed: str, terminal: Terminal) -> None:
        for pattern in patterns:
            assert re.search(pattern, printed, re.MULTILINE), printed

    return check


# By a part of a block that no other has, in the README's order: what has to come of it.
CHECKS: Mapping[str, Callable[[str, Terminal], None]] = {
    "make serve": prints(f"^{LISTENING}"),
    "name=campaign": prints(f"^{re.escape(ANSWER.strip())}$"),
    "/acd/groups": check_list,
    "import/batch": prints('"outcome":"created"'),
    "pytest test_connector.py": prints("1 failed", "no answer"),
    "openapi-python-client": check_client_and_verify,
    "serve --demo": prints(LISTENING),
    "schemathesis run": prints("No issues found"),
    "freiton load": check_own_data,
    "freiton contacts": prints("^created 12, overwritten 0, failed 0$", "^sound$"),
    "make test": prints("-m pytest", "tests.contract_diff", "detect-secrets-hook"),
}


def test_commands_in_their_order_give_what_readme_says(terminal: Terminal) -> None:
    assert len(BLOCKS) == len(CHECKS)
    for block, (part, check) in zip(BLOCKS, CHECKS.items(), strict=True):
        assert part in block
        check(terminal.run(block), terminal)
    # The others leave the demo as it was where the first one looks.
    assert terminal.run(BLOCKS[1]) == ANSWER.rstrip("\n")


def test_example_for_pytest_passes(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "test_connector.py").write_text(example, encoding="utf-8")
    commands = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "pytest", "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, env=commands, capture_output=True, text=True, check=False)
    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_targets_of_make_that_readme_names_exist(checkout: Path) -> None:
    targets = set(re.findall(r"`(?:\w+=\S+ )?make ([a-z-]+)", README))
    assert targets > {"clients", "workflows", "mutants"}
    run = subprocess.run(
        ["make", "--dry-run", *sorted(targets)], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.node
def test_contract_diff_compares_with_the_last_version(checkout: Path) -> None:
    lint = checkout / ".venv" / "lint"
    lint.mkdir()
    (lint / "node_modules").symlink_to(TOP / ".venv" / "lint" / "node_modules")
    (lint / "installed").touch()
    run = subprocess.run(["make", "contract-diff"], cwd=checkout, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert re.search(r"\d+ major, \d+ minor, \d+ patch", run.stdout)
