"""A real Freiton to talk to: the server in a process of its own, and the command line."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.conformance import BASE_PATH, check_answer
from tests.support.databases import locate_option
from tests.support.forks import Fork
from tests.support.raw import SECONDS_TO_ANSWER

FREITON = [sys.executable, "-m", "handlers"]
TOP = Path(__file__).parents[2]
LISTENING = "listening on "
# By which coverage tells new processes that it looks at them, which takes them twice the time.
COVERAGE = "COVERAGE_PROCESS_CONFIG"
# Limits for processes that hang, not for slow machines.
SECONDS_TO_STOP = 60
SECONDS_TO_RUN = 300


class Server:
    """Makes HTTP clients of a server.

    :param url: where it listens.
    :param database: the path that names its database; see `tests.support.databases`.
    """

    def __init__(self, url: str, database: Path) -> None:
        self.url = url
        self.database = database

    def client(self, clients_id: int = 1, token: str | None = "") -> httpx.Client:
        """Return an HTTP client of the API whose every answer is held against the contract.

        :param clients_id: the client account that the base URL names.
        :param token: the bearer token; empty for that account's demo token, None for no token.
        """
        headers = {} if token is None else {"Authorization": f"Bearer {token or f'freiton-demo-{clients_id}'}"}
        return httpx.Client(
            base_url=f"{self.url}{BASE_PATH}/{clients_id}",
            headers=headers,
            event_hooks={"response": [check_answer]},
            timeout=SECONDS_TO_ANSWER,
            # No TLS context, which would take longer to make than most tests.
            verify=False,
        )


class Service(Server):
    """A running server.

    :param database: the path that names its database; see `tests.support.databases`.
    :param options: further options of `freiton serve`.
    """

    own_session = False
    covered = True
    # Whether it is forked, which takes half the time.
    forked = True

    def __init__(self, database: Path, *options: str) -> None:
        self.log = database.with_suffix(".log")
        self.process = self._start(
            locate_option(["serve", "--port", "0", *self.choose_database(database), *options], TOP),
            {name: value for name, value in os.environ.items() if self.covered or name != COVERAGE},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith(LISTENING):
            self.stop()
            raise AssertionError(self.log.read_text())
        super().__init__(line.removeprefix(LISTENING).strip(), database)

    def _start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str] | Fork:
        # The workers of a supervisor are new interpreters.
        if self.forked and _can_fork(environment) and "--workers" not in arguments:
            return Fork(arguments, TOP, environment, self.log, self.own_session)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*FREITON, *arguments],
                cwd=TOP,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=self.own_session,
            )

    def choose_database(self, database: Path) -> list[str]:
        """Return the options that name the database."""
        return ["--database", str(database)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Stop the server as a supervisor does, and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(SECONDS_TO_STOP)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()


class Started(Service):
    """A running server in an interpreter of its own, for what is about its start, its end, and what it inherits."""

    forked = False


class Killed(Service):
    """A running server that is ended by killing all of its processes at once."""

    own_session = True
    # What is killed cannot save what coverage has seen.
    covered = False

    def stop(self) -> int:
        """Kill it, with the workers that it may have."""
        with suppress(ProcessLookupError):
            if self.process.returncode is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        return super().stop()


@contextmanager
def start_process(command: Sequence[str], *, covered: bool = False, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start a process that has to end by itself soon after the block; with its children, it is killed if it does not.

    :param command: program and arguments.
    :param covered: whether coverage looks at it. If the handler of a signal raises an exception while coverage holds a
        lock of its own, the process waits for that lock for ever.
    :param options: what else `subprocess.Popen` takes.
    """
    given = options.pop("env", os.environ)
    environment = {name: value for name, value in given.items() if covered or name != COVERAGE}
    located = locate_option(command, TOP)
    process = subprocess.Popen(located, start_new_session=True, env=environment, **options)
    try:
        yield process
        process.wait(SECONDS_TO_STOP)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with process:
            pass


def run_freiton(
    *arguments: str, stdin: str | None = None, environment: Mapping[str, str] | None = None, cwd: Path = TOP
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end, forked unless it has an input or variables.

    :param arguments: what comes after `freiton`.
    :param stdin: its standard input.
    :param environment: variables beside those of this process.
    :param cwd: the folder to run it in.
    """
    located = locate_option(arguments, cwd)
    if stdin is None and environment is None and _can_fork(os.environ):
        return _run_forked(located, cwd)
    return subprocess.run(
        [*FREITON, *located],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(TOP), **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )


def _can_fork(environment: Mapping[str, str]) -> bool:
    """Return whether no variable is for a new interpreter only."""
    return not {"PYTHONPATH", COVERAGE} & {*environment}


def _run_forked(arguments: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    with TemporaryDirectory() as folder:
        errors = Path(folder, "stderr")
        fork = Fork(arguments, cwd, {**os.environ}, errors, own_session=False)
        killer = Timer(SECONDS_TO_RUN, fork.kill)
        killer.start()
        try:
            with fork.stdout as output:
                printed = output.read()
            return subprocess.CompletedProcess(arguments, fork.wait(SECONDS_TO_RUN), printed, errors.read_text())
        finally:
            killer.cancel()
