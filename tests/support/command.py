"""Commands that succeed or fail as they should, and what a server leaves in its log and in the list of processes."""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from click.testing import CliRunner

from handlers.cli.main import cli
from tests.support.databases import locate_option
from tests.support.forks import Fork
from tests.support.service import TOP, run_freiton

REQUEST_LINE = re.compile(r"\S+ INFO \S+ \S+ \S+ \S+ \d{3} \d+\.\d")
ERROR_LINE = re.compile(r"freiton: [^\n]+\n")
SECONDS_TO_WAIT = 60
INTERNALS = re.compile(r"Traceback|constraint|sqlite|psycopg|\.py\b|\bsys\.", re.IGNORECASE)


def succeed(
    *arguments: str | Path, stdin: str | None = None, environment: Mapping[str, str] | None = None, cwd: Path = TOP
) -> str:
    """Run a command that must succeed in silence, and return what it prints."""
    run = run_freiton(*map(str, arguments), stdin=stdin, environment=environment, cwd=cwd)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def carry_out(*arguments: str | Path, stdin: str | None = None) -> str:
    """Run a command that must succeed in the process of the tests, and return what it prints.

    It takes a tenth of the time of a process of its own, and is for what a test begins with, not for what it is about.
    """
    run = CliRunner(catch_exceptions=False).invoke(cli, locate_option([*map(str, arguments)], Path.cwd()), input=stdin)
    assert (run.exit_code, run.stderr) == (0, "")
    return run.stdout


def assert_fails(run: subprocess.CompletedProcess[str], code: int, *texts: str) -> None:
    """Fail unless a command ended with that exit code, one line on standard error with these texts, and no more."""
    assert (run.returncode, run.stdout) == (code, ""), run.stderr
    assert ERROR_LINE.fullmatch(run.stderr)
    assert not INTERNALS.search(run.stderr)
    for text in texts:
        assert text in run.stderr


def read_troubles(log: Path) -> list[str]:
    """Return the lines of a server's log that tell of more than a request, without the time and the request's ID."""
    lines = [line for line in log.read_text().splitlines() if not REQUEST_LINE.fullmatch(line)]
    return [re.sub(r"^\S+ ([A-Z]+) \S+ ", r"\1 ", line) for line in lines]


def await_line(log: Path, identity: str) -> str:
    """Wait until a server's log tells of the request with that ID, and return the line."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not (lines := [line for line in log.read_text().splitlines() if identity in line]):
        assert time.monotonic() < deadline, "no line of the request"
        time.sleep(0.01)
    return lines[0]


def await_stopped(process: int) -> None:
    """Wait until a process that was sent SIGSTOP does nothing any more."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline, "the process goes on"
        os.sched_yield()


def worker_processes(process: subprocess.Popen[str] | Fork) -> list[int]:
    """Return the IDs of the processes that a server of several workers has started to answer requests."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def list_open_files(process: int) -> list[str]:
    """Return what the descriptors of a process refer to, as `/proc` names it: paths, and such as `socket:[4711]`."""
    names = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        # It may be closed meanwhile.
        with suppress(FileNotFoundError):
            names.append(str(link.readlink()))
    return names
