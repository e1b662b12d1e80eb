"""Processes of `freiton` that are forked from one that has imported it, which is two thirds of the work of a start."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.support.preload"])


class Fork:
    """A forked process of `freiton`, with what tests use of `subprocess.Popen`.

    :param arguments: what comes after `freiton`.
    :param folder: the folder to run it in.
    :param environment: its environment variables.
    :param log: the file that its standard error is appended to.
    :param own_session: whether it has a session, and a process group, of its own.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path, own_session: bool
    ) -> None:
        _run_forkserver()
        reader, writer = FORKS.Pipe(duplex=False)
        with reader, writer:
            given = (arguments, folder, environment, writer, log, own_session)
            self.process = FORKS.Process(target=_run, args=given)
            self.process.start()
            self.stdout = os.fdopen(os.dup(reader.fileno()))

    @property
    def pid(self) -> int:
        """The ID of the process."""
        assert self.process.pid is not None
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while the process runs."""
        return self.process.exitcode

    def poll(self) -> int | None:
        """Return the exit code; see `returncode`."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when the process has ended.

        :param timeout: for how long to wait, in seconds; None for ever.
        :raises subprocess.TimeoutExpired: the process runs on.
        """
        self.process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("freiton", timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended.

        :param number: the signal.
        """
        # The process that forked it may have seen its end, and not have told yet.
        with suppress(ProcessLookupError):
            if self.returncode is None:
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


@cache
def _run_forkserver() -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Without it, it finds no module of ours, and imports nothing.
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        forkserver.ensure_running()


def _run(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    output: Connection,
    log: Path,
    own_session: bool,
) -> None:
    """Become a process of `freiton`."""
    if own_session:
        os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with output, log.open("ab") as errors, Path(os.devnull).open() as nothing:
        for number, descriptor in enumerate((nothing.fileno(), output.fileno(), errors.fileno())):
            os.dup2(descriptor, number)
    sys.argv = ["freiton", *arguments]
    from handlers.cli.main import main

    # That of the process that was forked may be a file, which has a position.
    with Path("/dev/stdout").open("w") as sys.stdout:
        try:
            main()
        finally:
            # multiprocessing ends a process without them.
            atexit._run_exitfuncs()
