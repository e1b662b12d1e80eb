"""`freiton run` gives a command a sandbox, passes signals on, and exits with the command's exit code."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.service import FREITON, SECONDS_TO_RUN, run_freiton, start_process

READ = """
import os, urllib.request
def read(url, headers={}):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status
token = {"Authorization": "Bearer " + os.environ["FREITON_TOKEN"]}
print(read(os.environ["FREITON_URL"] + "/acd/groups", token))
print(read(os.environ["FREITON_CONTROL"] + "/worlds/" + os.environ["FREITON_WORLD"]))
print(os.environ["FREITON_URL"].removeprefix(os.environ["FREITON_API_URL"] + "/"))
print(os.environ["FREITON_CONTROL"])
raise SystemExit(7)
"""
WAIT = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(9))
print("ready", flush=True)
signal.pause()
"""
COMMAND = [*FREITON, "run", sys.executable, "-c", WAIT]


def test_run_command_tells_it_the_sandbox_and_exits_with_its_code(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text('[{"ID": 4711, "Name": "Musterfirma GmbH"}]', encoding="utf-8")
    finished = run_freiton("run", "--fixture", f"crm={tmp_path}", "--", sys.executable, "-c", READ)
    assert (finished.returncode, finished.stderr) == (7, "")
    api, control, account, url = finished.stdout.splitlines()
    assert (api, control, account) == ("200", "200", "4711")
    with pytest.raises(httpx.TransportError):
        httpx.get(url, verify=False)


def test_interrupt_ends_command_as_it_does_without_freiton() -> None:
    with start_process(COMMAND, covered=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS_TO_RUN) == 9


def test_interrupt_in_a_terminal_is_left_to_it_and_termination_is_passed_on() -> None:
    ours, terminal = os.openpty()
    with (
        os.fdopen(ours, "wb"),
        os.fdopen(terminal, "rb") as stdin,
        start_process(COMMAND, covered=True, stdin=stdin, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        # It would end with 9 meanwhile.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS_TO_RUN) == 128 + signal.SIGTERM


def test_run_with_unknown_fixture_says_which_there_are() -> None:
    finished = run_freiton("run", "--fixture", "nope", "--", sys.executable)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert re.fullmatch(r"freiton: .*: Fixture not found; there are demo, empty\n", finished.stderr)


def test_run_unknown_program_is_refused_before_a_sandbox_starts() -> None:
    finished = run_freiton("run", "no-such-program", "--help")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == "freiton: Invalid value for COMMAND: there is no program no-such-program\n"
