"""`make contract-diff`: shows what has changed in the contract, and fails on a break that is not announced."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

REDOCLY = Path(sys.prefix) / "lint" / "node_modules" / ".bin" / "redocly"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
CONTRACT = Path("openapi.yaml")


def compare(before: Path, *, style: str) -> str:
    """Return what has changed since another contract, in a format of Redocly."""
    command = [str(REDOCLY), "diff", str(before), str(CONTRACT), "--format", style, "--fail-on", "none"]
    # Redocly tells its own news on standard error.
    run = subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(run.stderr)
    return run.stdout


def rises(before: str, after: str) -> bool:
    """Return whether a version rises as Semantic Versioning asks of a break: the first number, or 0.x the second."""
    old, new = ([int(number) for number in version.split(".")] for version in (before, after))
    return new[:1] > old[:1] or (old[:1] == [0] and new[:2] > old[:2])


def announces(changes: str, version: str) -> bool:
    """Return whether a change log has an entry marked as breaking that is unreleased, or of a version."""
    heading = rf"## \[(?:Unreleased|{re.escape(version)})\]"
    sections = re.findall(rf"^{heading}.*?(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL)
    return any("\n- **Breaking:** " in section for section in sections)


def find_base() -> str:
    """Return the last revision with another `info.version`: the parent of the commit that changed it.

    :raises SystemExit: the history does not go back so far, as in a shallow clone.
    """
    base = _run_git("log", "-1", "--format=%H^", "-G^  version: ", "--", str(CONTRACT)).decode().strip()
    if not base or subprocess.run(["git", "cat-file", "-e", base], capture_output=True, check=False).returncode:
        sys.exit("The history has no earlier version of the contract: name a revision, as in BASE=HEAD~1.")
    return base


def _run_git(*arguments: str) -> bytes:
    run = subprocess.run(["git", *arguments], capture_output=True, check=False)
    if run.returncode:
        sys.exit(run.stderr.decode())
    return run.stdout


def main(revision: str | None = None) -> None:
    """Compare the contract of this folder with the one of a revision in git.

    :param revision: the revision; None for the last one with another version.
    :raises SystemExit: the contract breaks clients, and this is not announced.
    """
    revision = revision or find_base()
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / CONTRACT
        before.write_bytes(_run_git("show", f"{revision}:./{CONTRACT}"))
        print(compare(before, style="stylish"))
        report: dict[str, Any] = json.loads(compare(before, style="json"))
    versions = report["infoVersions"]
    if not report["summary"]["major"]:
        return
    if not rises(versions["base"], versions["revision"]):
        sys.exit(f"Clients break, and info.version goes from {versions['base']} to {versions['revision']} only.")
    if not announces(Path("CHANGELOG.md").read_text(encoding="utf-8"), versions["revision"]):
        sys.exit(f'Clients break, and CHANGELOG.md has no entry "**Breaking:**" of {versions["revision"]}.')


if __name__ == "__main__":
    main(*sys.argv[1:])
