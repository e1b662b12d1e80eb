"""Where the workers of pytest-xdist ask for the sandbox that they share."""

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .sandbox import Sandbox

HOST = "127.0.0.1"
FAILED = "failed: "
# In seconds: how long a sandbox may take to start on a machine that is busy.
SECONDS_TO_START = 120
# Another program may connect and say nothing.
SECONDS_TO_ASK = 5


class Desk:
    """Listens in the controller, starts a sandbox when the first worker asks for one, and tells all its URL.

    :param options: options of `freiton serve` for the sandbox.
    """

    def __init__(self, options: list[str]) -> None:
        self.options = options
        self.sandbox: Sandbox | None = None
        self.listener = socket.create_server((HOST, 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop the sandbox, when all workers have ended."""
        # On some systems, accept is not interrupted by closing the socket: a last connection ends it.
        with suppress(OSError), socket.create_connection((HOST, self.port)) as connection:
            connection.sendall(b"end")
        self.thread.join()
        self.listener.close()
        if self.sandbox:
            self.sandbox.stop()

    def _serve(self) -> None:
        while True:
            with suppress(OSError), self.listener.accept()[0] as connection:
                connection.settimeout(SECONDS_TO_ASK)
                if connection.recv(16) == b"end":
                    return
                connection.sendall(self._find_url().encode())

    def _find_url(self) -> str:
        # Imported here: the desk is there in each run with workers, also if no test asks for a sandbox.
        from .sandbox import Sandbox, SandboxError

        try:
            self.sandbox = self.sandbox or Sandbox(*self.options)
        except (SandboxError, OSError) as error:
            return f"{FAILED}{error}"
        return self.sandbox.url


def ask(port: int) -> str:
    """Return the URL of the sandbox, in a worker.

    :param port: the port of the desk.
    :raises SandboxError: the sandbox does not start.
    """
    from .control import SandboxError

    with socket.create_connection((HOST, port), SECONDS_TO_START) as connection, connection.makefile("rwb") as file:
        file.write(b"url")
        file.flush()
        answer = file.read().decode()
    if answer.startswith(FAILED):
        raise SandboxError(answer.removeprefix(FAILED))
    return answer
