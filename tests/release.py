"""`make release`: builds wheel and sdist reproducibly into `dist/`, once all places name the same version."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
RELEASED = re.compile(r"\[(\S+)\] - \d{4}-\d{2}-\d{2}")
BUILD = (sys.executable, "-m", "build", "--no-isolation")


def check_versions() -> None:
    """Check that `pyproject.toml`, `openapi.yaml` and the newest heading of `CHANGELOG.md` name the same version.

    :raises SystemExit: they do not.
    """
    version = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    contract = yaml.load(Path("openapi.yaml").read_bytes(), yaml.CSafeLoader)["info"]["version"]
    if contract != version:
        sys.exit(f"openapi.yaml: info.version is {contract}, but pyproject.toml has {version}.")
    (heading, *_) = [*HEADING.findall(Path("CHANGELOG.md").read_text(encoding="utf-8")), "missing"]
    released = RELEASED.fullmatch(heading)
    if not released or released[1] != version:
        sys.exit(f'CHANGELOG.md: the newest heading is "{heading}", not "[{version}] - " and the date.')


def check_commits() -> None:
    """Check that all files are committed: the date of the archives is that of the last commit.

    :raises SystemExit: they are not.
    """
    changed = _run_git("status", "--porcelain")
    if changed:
        sys.exit(f"Not everything is committed: {', '.join(line[3:] for line in changed.splitlines())}.")


def main() -> None:
    """Check this folder, and build wheel and sdist of it.

    SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/) is the date of the last commit.

    :raises SystemExit: the versions differ, files are not committed, or the build fails.
    """
    check_versions()
    check_commits()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _run_git("log", "-1", "--format=%ct").strip()}
    sys.exit(subprocess.run(BUILD, env=environment, check=False).returncode)


def _run_git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(run.stderr)
    return run.stdout


if __name__ == "__main__":
    main()
