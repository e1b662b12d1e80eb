"""Every command helps with an example, ends with 0, 1 or 2, tells an error in one line, and knows its settings."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import IO

import pytest

from tests.support.command import assert_fails, succeed, worker_processes
from tests.support.databases import locate_option
from tests.support.service import FREITON, SECONDS_TO_STOP, TOP, Service, run_freiton, start_process

COMMANDS = [
    "",
    "backup",
    "check",
    "client",
    "client add",
    "client list",
    "contacts",
    "contacts export",
    "contacts import",
    "coverage",
    "fixture",
    "fixture save",
    "load",
    "move",
    "restore",
    "run",
    "serve",
    "token",
    "token add",
    "token list",
    "token revoke",
    "verify",
]
DEFAULTS = {
    "HOST": "127.0.0.1",
    "PORT": "8080",
    "DATABASE": "freiton.db",
    "WORKERS": "1",
    "REQUEST_TIMEOUT": "30",
    "LOG_FORMAT": "text",
}
WRONG_VARIABLES = [
    ("PORT", "x"),
    ("WORKERS", "0"),
    ("REQUEST_TIMEOUT", "never"),
    ("DEMO", "perhaps"),
    ("DATABASE", "."),
    ("LOG_FORMAT", "xml"),
]
SCRIPT = Path(sys.executable).with_name("freiton")
TOO_LARGE = str(2**64)
WRONG_CALLS = [
    ("nope", "'nope'"),
    ("--nope", "--nope"),
    ("serve --nope", "--nope"),
    ("serve --port x", "--port"),
    ("serve --port 65536", "--port"),
    ("serve --workers 0", "--workers"),
    ("serve --host=", "--host"),
    ("serve --request-timeout 0", "--request-timeout"),
    ("client add", "NAME"),
    ("client add X --id 0", "--id"),
    ("client add X --id 2147483648", "--id"),
    ("coverage", "--url"),
    ("coverage --url ftp://x", "--url"),
    ("coverage --url http://x --fail-under 101", "--fail-under"),
    ("load --client 1", "FILE"),
    ("load -", "--client"),
    (f"load - --client {TOO_LARGE}", "--client"),
    ("load - --client 1 --language 3", "--language"),
    ("load missing.json --client 1", "missing.json"),
    ("token add", "--client"),
    (f"token add --client {TOO_LARGE}", "--client"),
    ("token revoke", "ID"),
    ("token revoke 0", "ID"),
    (f"token revoke {TOO_LARGE}", "ID"),
]


def count_unread_bytes(pipe: IO[bytes]) -> int:
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@cache
def ask_for_help(command: str) -> str:
    return succeed(*command.split(), "--help")


def find_commands(group: str = "") -> list[str]:
    listing = ask_for_help(group).partition("\nCommands:\n")[2]
    names = re.findall(r"^  (\S+)", listing, re.MULTILINE)
    return [group, *(command for name in names for command in find_commands(f"{group} {name}".strip()))]


def test_ask_for_help_of_each_group_lists_every_command() -> None:
    assert find_commands() == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_ask_for_help_shows_an_example(command: str) -> None:
    start = f"freiton {command}".strip()
    assert ask_for_help(command).startswith(f"Usage: {start} ")
    assert re.search(rf"\n  Example:\n    {start}[ \n]", ask_for_help(command))


def test_ask_for_help_in_short_gives_the_same() -> None:
    assert succeed("-h") == ask_for_help("")


def test_ask_for_help_of_serve_names_variables_and_defaults() -> None:
    text = " ".join(ask_for_help("serve").split())
    for name, default in DEFAULTS.items():
        assert f"[env var: FREITON_{name}; default: {default}" in text
    for name in ("DEMO", "CORS_ORIGINS"):
        assert f"[env var: FREITON_{name}]" in text


def test_ask_for_version_gives_that_of_the_package() -> None:
    assert succeed("--version") == f"{version('freiton')}\n"


@pytest.mark.sqlite
@pytest.mark.parametrize("arguments", [["--help"], ["nope"], ["client", "list", "--database", "missing.db"]])
def test_run_script_gives_the_same_as_module(arguments: list[str], tmp_path: Path) -> None:
    module = run_freiton(*arguments, cwd=tmp_path)
    script = subprocess.run([SCRIPT, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (script.returncode, script.stdout, script.stderr) == (module.returncode, module.stdout, module.stderr)


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["", ":memory:", "file::memory:", "file:my.db?mode=ro", "file:///tmp/my.db"])
@pytest.mark.parametrize("command", ["serve --port 0", "client add X", "contacts export -"])
def test_name_database_that_is_no_file_ends_with_two(command: str, name: str, tmp_path: Path) -> None:
    assert_fails(run_freiton(*command.split(), f"--database={name}", cwd=tmp_path), 2, "--database")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "culprit"), WRONG_CALLS)
def test_call_wrongly_ends_with_two(arguments: str, culprit: str, tmp_path: Path) -> None:
    assert_fails(run_freiton(*arguments.split(), cwd=tmp_path), 2, culprit)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["", "client", "token"])
def test_call_without_command_shows_help_and_ends_with_two(command: str) -> None:
    run = run_freiton(*command.split())
    assert (run.returncode, run.stdout, run.stderr) == (2, "", ask_for_help(command))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "command",
    [
        "backup copy.db",
        "check",
        "client list",
        "load - --client 1",
        "token add --client 1",
        "token list",
        "token revoke 1",
    ],
)
def test_run_without_database_names_the_missing_file(command: str, tmp_path: Path) -> None:
    assert_fails(run_freiton(*command.split(), "--database", "missing.db", stdin="[]", cwd=tmp_path), 1, "missing.db")
    assert list(tmp_path.iterdir()) == []


def test_interrupt_before_the_database_is_open_says_so(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise KeyboardInterrupt")
    path = {"PYTHONPATH": f"{tmp_path}:{TOP}"}
    run = run_freiton("client", "list", "--database", "postgresql://127.0.0.1:1/freiton", environment=path)
    assert (run.returncode, run.stdout, run.stderr) == (128 + signal.SIGINT, "", "\nfreiton: interrupted\n")


def test_interrupt_load_says_so_and_stores_nothing(database: Path) -> None:
    arguments = [*FREITON, "load", "-", "--client", "4711", "--database", str(database)]
    # Who runs the tests may ignore Ctrl+C, which a child would take over.
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipe = subprocess.PIPE
    with start_process(arguments, stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=default) as process:
        assert process.stdin
        process.stdin.write(b"[")
        process.stdin.flush()
        while count_unread_bytes(process.stdin) and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=SECONDS_TO_STOP)
    assert (process.returncode, *output) == (128 + signal.SIGINT, b"", b"\nfreiton: interrupted\n")


def test_list_for_reader_who_has_left_ends_with_one(database: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = locate_option([*FREITON, "client", "list", "--database", str(database)], TOP)
    run = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (run.returncode, run.stderr) == (1, b"")


@pytest.mark.sqlite
@pytest.mark.parametrize("command", ["client add X", "serve --port 0"])
def test_make_database_in_missing_folder_names_the_file(command: str, tmp_path: Path) -> None:
    path = str(tmp_path / "missing" / "my.db")
    assert_fails(run_freiton(*command.split(), "--database", path), 1, path)


@pytest.mark.sqlite
@pytest.mark.parametrize("command", ["client add X", "serve --port 0"])
def test_make_database_where_a_device_is_names_it(command: str) -> None:
    assert_fails(run_freiton(*command.split(), "--database", "/dev/null"), 1, "/dev/null is not a file")


@pytest.mark.sqlite
def test_name_database_takes_option_before_variable_before_default(tmp_path: Path) -> None:
    variable = {"FREITON_DATABASE": "variable.db"}
    succeed("client", "add", "Default", cwd=tmp_path)
    succeed("client", "add", "Variable", environment=variable, cwd=tmp_path)
    succeed("client", "add", "Option", "--database", "option.db", environment=variable, cwd=tmp_path)
    assert {file.name for file in tmp_path.glob("*.db")} == {"freiton.db", "variable.db", "option.db"}
    assert succeed("client", "list", cwd=tmp_path) == "1\tDefault\n"
    assert succeed("client", "list", environment=variable, cwd=tmp_path) == "1\tVariable\n"
    assert succeed("client", "list", "--database", "option.db", environment=variable, cwd=tmp_path) == "1\tOption\n"


@pytest.mark.sqlite
def test_serve_takes_settings_from_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"PORT": "0", "DATABASE": str(tmp_path / "my.db"), "WORKERS": "2", "DEMO": "1", "LOG_FORMAT": "json"}
    for name, value in settings.items():
        monkeypatch.setenv(f"FREITON_{name}", value)
    pipe = subprocess.PIPE
    with start_process([*FREITON, "serve"], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout
            listening = process.stdout.readline()
            workers = worker_processes(process)
        finally:
            process.terminate()
            _, log = process.communicate(timeout=SECONDS_TO_STOP)
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+\n", listening)
    assert not listening.endswith(":8080\n")
    assert len(workers) == 2
    assert json.loads(log)["operation"] == "/health/live"
    assert succeed("client", "list") == "1\tDemo Telefonservice\n2\tDemo Callcenter Two\n"


def test_serve_takes_host_from_variable(tmp_path: Path) -> None:
    variables = {"FREITON_HOST": "192.0.2.1", "FREITON_DATABASE": str(tmp_path / "my.db")}
    assert_fails(run_freiton("serve", environment=variables), 1, "192.0.2.1")


def test_serve_takes_options_before_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = [("HOST", "192.0.2.1"), ("PORT", "x"), ("DATABASE", "/"), ("WORKERS", "2"), ("LOG_FORMAT", "xml")]
    for name, value in settings:
        monkeypatch.setenv(f"FREITON_{name}", value)
    options = ["--host", "127.0.0.1", "--workers", "1", "--log-format", "text", "--demo"]
    with Service(tmp_path / "option.db", *options) as service, service.client() as api:
        assert worker_processes(service.process) == []
        assert api.get("/acd/groups").json()["count"] == 40


@pytest.mark.parametrize(("name", "value"), WRONG_VARIABLES)
def test_serve_with_wrong_variable_ends_with_two_and_names_it(name: str, value: str, tmp_path: Path) -> None:
    assert_fails(run_freiton("serve", environment={f"FREITON_{name}": value}, cwd=tmp_path), 2, f"FREITON_{name}")


def test_package_of_the_wheel_runs_the_command_line() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "handlers.wheel", "--version"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, f"{version('freiton')}\n", "")
