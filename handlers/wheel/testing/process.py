"""The process of a sandbox. It ends when its standard input does, so that it never outlives who has started it.

`python -m freiton.testing.process OPTIONS` is that process: `freiton serve --sandbox` with a thread that waits for the
end of the input.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading

from .control import SandboxError

LISTENING = "listening on "
# In seconds: a server answers open requests for up to eight. One that hangs is killed.
SECONDS_TO_STOP = 30
# Of Windows, where `start_new_session` means nothing.
NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


class Process:
    """A sandbox in a process of its own, on a free port of this machine.

    It has its own process group, so that Ctrl+C in a terminal ends the tests and not the server that they clean up in.

    :param options: further options of `freiton serve`.
    :raises SandboxError: the server does not start.
    """

    def __init__(self, *options: str) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 (`stop` closes it)
        self.process = subprocess.Popen(
            # -P: the modules of the project that is tested are not the server's.
            [sys.executable, "-P", "-m", __name__, "--port=0", *options],
            env={name: value for name, value in os.environ.items() if not name.startswith("FREITON_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
            creationflags=NEW_GROUP,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.url = line.removeprefix(LISTENING).strip()
        if not line.startswith(LISTENING):
            self.stop()

    def stop(self) -> None:
        """Stop the server.

        :raises SandboxError: it had an error; the message is what it has logged.
        """
        code = self._end()
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")
        self.log.close()
        if code:
            raise SandboxError(f"the sandbox has ended with exit code {code}: {text.strip()}")

    def _end(self) -> int:
        assert self.process.stdin
        assert self.process.stdout
        with self.process.stdin, self.process.stdout:
            self.process.stdin.close()
            try:
                return self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                return self.process.wait()


def main() -> None:
    """Serve until the standard input ends."""
    from freiton.__main__ import main as run_command

    sys.argv[1:1] = ["serve", "--sandbox"]
    threading.Thread(target=_wait_for_end, args=(sys.stdin.fileno(),), daemon=True).start()
    run_command()


def _wait_for_end(file: int) -> None:
    while os.read(file, 1):
        pass
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
