"""Machines of a network: network namespaces on one bridge, within namespaces that belong to this run alone.

The run has a network, a mount and a process namespace of its own. When it ends, in whatever way, the kernel ends all of
its processes and removes all namespaces, links and mounts. Nothing of it can be seen from outside or stay behind.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from pwd import getpwnam

INSIDE = "FREITON_FAILOVER_INSIDE"
NAMESPACES = Path("/run/netns")
SUBNET = "10.77.0.0/24"
BRIDGE = "bridge0"
# This process is on the bridge too, as the clients are.
CLIENTS_ADDRESS = "10.77.0.1"
SECONDS_TO_DIE = 30


def enter() -> None:
    """Run this program again in namespaces of its own, unless it already does; needs root, and does not return."""
    if INSIDE in os.environ:
        return
    if os.geteuid():
        sys.exit("network namespaces need root: sudo make failover")
    isolate = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    again = [sys.executable, "-m", "tests.failover", *sys.argv[1:]]
    os.execvpe(isolate[0], [*isolate, *again], {**os.environ, INSIDE: "1"})


def build_bridge() -> None:
    """Make the bridge that the machines are connected by, and a folder for their names that nobody else sees."""
    NAMESPACES.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "tmpfs", str(NAMESPACES))
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", BRIDGE, "type", "bridge")
    _run("ip", "address", "add", f"{CLIENTS_ADDRESS}/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")


class Machine:
    """A machine: a network namespace, and the processes in it.

    :param name: its name, at most 10 characters.
    :param address: its IPv4 address on the bridge.
    """

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.port = f"port-{name}"
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", self.port, "master", BRIDGE, "up")
        _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _run("ip", "-n", name, "link", "set", device, "up")

    def start(
        self, command: Sequence[str], log: Path, *, user: str = "root", environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start a program on it, in a process namespace of its own.

        :param command: program and arguments.
        :param log: the file that what it prints is added to.
        :param user: the name of the account that it runs as.
        :param environment: variables beside those of this process.
        """
        account = getpwnam(user)
        isolate = ["unshare", "--pid", "--fork", "--mount-proc"]
        become = [f"--setgid={account.pw_gid}", f"--setuid={account.pw_uid}"]
        with log.open("ab") as printed:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *isolate, *become, *command],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
            )

    def unplug(self) -> None:
        """Drop all that is sent to it and by it; it does not notice that its link is cut, as with a failed switch."""
        _run("ip", "link", "set", self.port, "nomaster")

    def plug(self) -> None:
        """Connect it again."""
        _run("ip", "link", "set", self.port, "master", BRIDGE)

    def kill(self) -> None:
        """Send SIGKILL to all its processes, and wait until they are gone.

        :raises TimeoutError: they are still there after 30 seconds.
        """
        deadline = time.monotonic() + SECONDS_TO_DIE
        while self._list():
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes of {self.name} cannot be killed")
            self._signal(signal.SIGKILL)
            time.sleep(0.01)

    def freeze(self) -> None:
        """Stop all its processes; their connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its processes go on."""
        self._signal(signal.SIGCONT)

    def find(self, program: str) -> list[int]:
        """Return the IDs of its processes whose command line contains a text, as this process sees them.

        :param program: the text.
        """
        wanted = program.encode()
        return [process for process in self._list() if wanted in _read_command_line(process)]

    def _list(self) -> list[int]:
        return [int(line) for line in _run("ip", "netns", "pids", self.name).split()]

    def _signal(self, number: signal.Signals) -> None:
        for process in self._list():
            with suppress(ProcessLookupError):
                os.kill(process, number)


def _read_command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ")
    except FileNotFoundError:
        return b""


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
