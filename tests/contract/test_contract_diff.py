"""A change of the contract that breaks clients passes `make contract-diff` only if it is announced."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract_diff import announces, find_base, rises
from tests.support.service import TOP

pytestmark = [pytest.mark.uncovered, pytest.mark.sqlite]

VERSION = "version: 0.1.0"
CONTRACT = re.sub(r"version: \S+", VERSION, (TOP / "openapi.yaml").read_text(encoding="utf-8"), count=1)
CHANGES = """# Change log

## [0.2.0] - 2026-12-24

### Changed

- **Breaking:** Much is new.

## [0.1.0] - 2026-11-24

The first version.
"""
BREAKS = {
    "operation renamed": ("operationId: listAcdGroups\n      x-", "operationId: listGroups\n      x-"),
    "path moved": ("/{ClientsID}/acd/groups:", "/{ClientsID}/acd/all-groups:"),
    "parameter gone": ("        - $ref: '#/components/parameters/FilterParameter'\n", ""),
    "field of answer gone": ("      required: [ShortText, ID]", "      required: [ID]"),
    "value of request gone": ("enum: [1, 2]\n", "enum: [1]\n"),
    "request field required": ("required: [source, destination]", "required: [source, destination, userData]"),
    "text of request shorter": ("maxLength: 64", "maxLength: 32"),
}


def change(old: str, new: str, contract: str = CONTRACT) -> str:
    """Return a contract with one change."""
    assert old in contract
    return contract.replace(old, new, 1)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose first revision has the contract as it is."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGES, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    commit(tmp_path)
    return tmp_path


def commit(repository: Path) -> None:
    """Commit all files of a repository."""
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    for arguments in (("add", "."), (*author, "commit", "--quiet", "--message", "Change")):
        subprocess.run(["git", *arguments], cwd=repository, check=True)


def compare(repository: Path, contract: str, revision: str = "HEAD") -> subprocess.CompletedProcess[str]:
    """Compare another contract with the one in a repository."""
    (repository / "openapi.yaml").write_text(contract, encoding="utf-8")
    # The top is found for the module, not for the contract.
    command = [sys.executable, "-c", "from tests.contract_diff import main; import sys; main(sys.argv[1])", revision]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(TOP)}
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.node
@pytest.mark.parametrize("name", BREAKS)
def test_compare_break_that_is_not_announced_fails(repository: Path, name: str) -> None:
    run = compare(repository, change(*BREAKS[name]))
    assert (run.returncode, run.stderr) == (1, "Clients break, and info.version goes from 0.1.0 to 0.1.0 only.\n")
    assert "✖ major" in run.stdout


@pytest.mark.node
def test_compare_break_that_is_announced_passes(repository: Path) -> None:
    broken = change(*BREAKS["operation renamed"])
    run = compare(repository, change(VERSION, "version: 0.2.0", broken))
    assert (run.returncode, run.stderr) == (0, "")
    assert "changed from 'listAcdGroups' to 'listGroups'" in run.stdout


@pytest.mark.node
def test_compare_break_without_word_in_change_log_fails(repository: Path) -> None:
    broken = change(*BREAKS["operation renamed"])
    run = compare(repository, change(VERSION, "version: 0.3.0", broken))
    assert run.returncode == 1
    assert run.stderr == 'Clients break, and CHANGELOG.md has no entry "**Breaking:**" of 0.3.0.\n'


@pytest.mark.node
def test_compare_change_that_breaks_nobody_shows_it_and_passes(repository: Path) -> None:
    run = compare(repository, change("summary: List all ACD event types", "summary: All ACD event types"))
    assert (run.returncode, run.stderr) == (0, "")
    assert "patch  modified  summary" in run.stdout


@pytest.mark.node
def test_compare_with_unknown_revision_says_so(repository: Path) -> None:
    run = compare(repository, CONTRACT, "no-such-revision")
    assert run.returncode == 1
    assert "no-such-revision" in run.stderr


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.1.0", "1.0.0", True),
        ("0.9.0", "0.10.0", True),
        ("1.0.0", "1.1.0", False),
        ("1.9.0", "2.0.0", True),
        ("2.0.0", "1.0.0", False),
    ],
)
def test_version_rises_as_semantic_versioning_asks(before: str, after: str, expected: bool) -> None:
    assert rises(before, after) is expected


def test_change_log_announces_in_the_section_of_the_version_only() -> None:
    assert announces(CHANGES, "0.2.0")
    assert not announces(CHANGES, "0.1.0")
    assert not announces(CHANGES, "0.3.0")
    assert announces(CHANGES.replace("[0.2.0] - 2026-12-24", "[Unreleased]"), "0.2.0")
    assert not announces(CHANGES.replace("**Breaking:** ", ""), "0.2.0")


def test_base_is_the_last_revision_of_another_version(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    with pytest.raises(SystemExit, match="The history has no earlier version of the contract"):
        find_base()
    second = CONTRACT.replace(VERSION, "version: 0.2.0")
    for contract in (second, second.replace("summary: List all ACD groups", "summary: All ACD groups")):
        (repository / "openapi.yaml").write_text(contract, encoding="utf-8")
        commit(repository)
    shown = subprocess.run(["git", "show", f"{find_base()}:openapi.yaml"], capture_output=True, check=True)
    assert shown.stdout.decode() == CONTRACT


def test_base_in_shallow_clone_is_not_guessed(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "openapi.yaml").write_text(CONTRACT.replace(VERSION, "version: 0.2.0"), encoding="utf-8")
    commit(repository)
    shallow = tmp_path_factory.mktemp("shallow")
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", repository.as_uri(), shallow], check=True)
    monkeypatch.chdir(shallow)
    with pytest.raises(SystemExit, match="BASE=HEAD~1"):
        find_base()
