"""Commands that succeed, commands that fail as they should, and the processes behind a server."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.service import TOP, run_freiton

ERROR_LINE = re.compile(r"freiton: [^\n]+\n")
INTERNALS = re.compile(r"Traceback|constraint|sqlite|\.py\b|\bsys\.", re.IGNORECASE)


def succeed(
    *arguments: str | Path, stdin: str | None = None, environment: Mapping[str, str] | None = None, cwd: Path = TOP
) -> str:
    """Run a command that must succeed in silence, and return what it prints."""
    run = run_freiton(*map(str, arguments), stdin=stdin, environment=environment, cwd=cwd)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def assert_fails(run: subprocess.CompletedProcess[str], code: int, *texts: str) -> None:
    """Fail unless a command ended with that exit code, one line on standard error with these texts, and no more."""
    assert (run.returncode, run.stdout) == (code, ""), run.stderr
    assert ERROR_LINE.fullmatch(run.stderr)
    assert not INTERNALS.search(run.stderr)
    for text in texts:
        assert text in run.stderr


def worker_processes(process: subprocess.Popen[str]) -> list[int]:
    """Return the IDs of the processes that a server of several workers has started to answer requests."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
