"""The checks of a commit: the hooks run what `make lint types` runs, and the import rules find what they forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.service import SECONDS_TO_RUN, TOP

pytestmark = pytest.mark.uncovered

LINT_IMPORTS = Path(sys.prefix) / "bin" / "lint-imports"
# By the rule that it breaks: a file, and a line for it.
FORBIDDEN = {
    "handlers: rooms import downwards": ("handlers/contract/url.py", "import handlers.responses.errors"),
    "handlers.verify: of our own imports handlers.contract only": ("handlers/verify/words.py", "import data.acd"),
    "handlers.contract: imports nothing of data": ("handlers/contract/url.py", "import data.store"),
    "data: resources import lists, lists import store": ("data/store/errors.py", "import data.lists.pages"),
    "data: imports nothing of handlers": ("data/acd.py", "import handlers.contract.url"),
    "tests: what tests share is in tests/support/, no test module imports another": (
        "tests/api/test_clone.py",
        "import tests.api.test_delete",
    ),
    "handlers, data: import nothing of tests": ("data/acd.py", "import tests.support.service"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the imports of a folder."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo"],
        cwd=folder,
        env={"COLUMNS": "200", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, to be changed and restored."""
    folder = tmp_path_factory.mktemp("copied")
    for package in ("handlers", "data", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TOP / package, folder / package, symlinks=True, ignore=ignored)
    shutil.copy(TOP / "pyproject.toml", folder)
    return folder


def test_lint_imports_of_sources_finds_nothing(copied: Path) -> None:
    finished = lint_imports(copied)
    assert finished.returncode == 0, finished.stdout
    assert f"Contracts: {len(FORBIDDEN)} kept, 0 broken." in finished.stdout


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_lint_imports_of_forbidden_import_names_rule_and_modules(copied: Path, rule: str) -> None:
    name, line = FORBIDDEN[rule]
    file = copied / name
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n{line}\n", encoding="utf-8")
    finished = lint_imports(copied)
    file.write_text(text, encoding="utf-8")
    assert finished.returncode == 1
    assert f"{rule} BROKEN" in finished.stdout
    importer, imported = name.removesuffix(".py").replace("/", "."), line.removeprefix("import ")
    assert f"{importer} -> {imported} (l." in finished.stdout


@pytest.mark.parametrize("name", ["handlers/newcomer.py", "data/newcomer.py"])
def test_lint_imports_of_module_without_layer_names_it(copied: Path, name: str) -> None:
    (copied / name).touch()
    finished = lint_imports(copied)
    (copied / name).unlink()
    assert finished.returncode == 1
    assert "newcomer" in finished.stdout


def test_hooks_before_commit_run_what_make_runs() -> None:
    (repository,) = yaml.safe_load((TOP / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    hooks = repository["hooks"]
    assert {(hook["language"], hook["pass_filenames"]) for hook in hooks} == {("system", False)}
    planned = subprocess.run(
        # Without the tools, which may have been installed or not.
        ["make", "--no-print-directory", "--dry-run", "--assume-old", ".venv/tools", "lint", "types"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [hook["entry"] for hook in hooks] == planned.stdout.splitlines()
