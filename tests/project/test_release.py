"""`make release` builds the same archives each time, and only if all places name the same version."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.release import check_versions
from tests.support.service import SECONDS_TO_RUN, TOP

pytestmark = pytest.mark.uncovered

FILES = ("handlers", "data", "pyproject.toml", "README.md", "LICENSE", "openapi.yaml")
PYPROJECT, CONTRACT = '[project]\nversion = "0.2.0"\n', "info:\n  version: 0.2.0\n"
CHANGES = "# Change log\n\n## [0.2.0] - 2026-12-24\n\n## [0.1.0] - 2026-11-24\n"
DATE = "2026-12-24T18:00:00Z"
# Of Keep a Changelog 1.1.0.
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def write(folder: Path, pyproject: str = PYPROJECT, contract: str = CONTRACT, changes: str = CHANGES) -> None:
    """Write the files that name the version."""
    for name, text in (("pyproject.toml", pyproject), ("openapi.yaml", contract), ("CHANGELOG.md", changes)):
        (folder / name).write_text(text, encoding="utf-8")


def run(folder: Path, *command: str, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with the date of a commit if it is one."""
    author = {"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_AUTHOR_DATE": DATE}
    committer = {name.replace("AUTHOR", "COMMITTER"): value for name, value in author.items()}
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **author, **committer},
        umask=umask,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )


def release(folder: Path, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    """Release what a folder holds."""
    return run(folder, sys.executable, str(TOP / "tests" / "release.py"), umask=umask)


def make_checkout(folder: Path, umask: int) -> Path:
    """Make a git repository with a copy of the sources and a change log that is ready for a release."""
    folder.mkdir()
    run(folder, "cp", "--recursive", *(str(TOP / name) for name in FILES), ".", umask=umask)
    changes = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    version = re.findall(r'^version = "(.+)"$', (TOP / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[0]
    heading = f"## [{version}] - 2026-12-24"
    (folder / "CHANGELOG.md").write_text(changes.replace("## [Unreleased]", heading), encoding="utf-8")
    (folder / ".gitignore").write_text("dist/\n__pycache__/\n", encoding="utf-8")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "Release")):
        assert run(folder, "git", *arguments).returncode == 0
    return folder


def test_release_twice_gives_same_bytes(tmp_path: Path) -> None:
    built = []
    for name, umask in (("one", 0o022), ("other", 0o077)):
        finished = release(make_checkout(tmp_path / name, umask), umask)
        assert finished.returncode == 0, finished.stderr
        built.append({path.name: path.read_bytes() for path in (tmp_path / name / "dist").iterdir()})
    assert [name.rpartition(".")[2] for name in sorted(built[0])] == ["whl", "gz"]
    assert built[0].keys() == built[1].keys()
    assert [name for name in built[0] if built[0][name] != built[1][name]] == []
    # It is built from the sdist, which holds the contract once, and a link to it.
    with zipfile.ZipFile(next((tmp_path / "one" / "dist").glob("*.whl"))) as wheel:
        contract = wheel.read("freiton/handlers/contract/openapi.yaml")
    assert contract == (TOP / "openapi.yaml").read_bytes()


def test_release_with_uncommitted_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    run(tmp_path, "git", "init", "--quiet")
    finished = release(tmp_path)
    expected = "Not everything is committed: CHANGELOG.md, openapi.yaml, pyproject.toml.\n"
    assert (finished.returncode, finished.stderr) == (1, expected)


def test_check_versions_that_agree_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    check_versions()


@pytest.mark.parametrize(
    ("files", "error"),
    [
        (
            {"contract": CONTRACT.replace("0.2.0", "0.1.0")},
            "openapi.yaml: info.version is 0.1.0, but pyproject.toml has 0.2.0.",
        ),
        (
            {"changes": CHANGES.replace("[0.2.0] - 2026-12-24", "[Unreleased]")},
            'CHANGELOG.md: the newest heading is "[Unreleased]", not "[0.2.0] - " and the date.',
        ),
        (
            {"changes": CHANGES.replace("## [0.2.0] - 2026-12-24\n\n", "")},
            'CHANGELOG.md: the newest heading is "[0.1.0] - 2026-11-24", not "[0.2.0] - " and the date.',
        ),
        ({"changes": ""}, 'CHANGELOG.md: the newest heading is "missing", not "[0.2.0] - " and the date.'),
    ],
    ids=["contract", "unreleased", "older", "empty"],
)
def test_release_of_versions_that_differ_is_refused_in_one_line(
    tmp_path: Path, files: dict[str, str], error: str
) -> None:
    write(tmp_path, **files)
    finished = release(tmp_path)
    assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", f"{error}\n")


def test_change_log_has_headings_of_keep_a_changelog() -> None:
    headings = re.findall(r"^(#+) (.+)$", (TOP / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    versions = [text for level, text in headings if level == "##"]
    assert [text for text in versions if not re.fullmatch(r"\[(\d+\.){2}\d+\] - \d{4}(-\d{2}){2}", text)] in (
        ["[Unreleased]"],
        [],
    )
    assert {text for level, text in headings if level == "###"} <= set(SECTIONS)
