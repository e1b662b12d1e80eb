"""Freiton on three hosts, and HAProxy in front of them."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.failover.network import Machine

TOP = Path(__file__).parents[2]
FREITON = [sys.executable, "-m", "handlers"]
ADDRESSES = {"web1": "10.77.0.21", "web2": "10.77.0.22", "web3": "10.77.0.23"}
PORT = 8080
PROXY_ADDRESS = "10.77.0.31"
SECONDS_TO_START = 120
SECONDS_TO_RUN = 300
# A request is sent to another host only if no connection to the first was made: it has not been sent then. A host that
# is not ready gets no requests while another is. If none is, each still answers for itself: with 503 and Retry-After,
# or with what a replica has.
PROXY_SETTINGS = """
global
    maxconn 1000

defaults
    mode http
    timeout connect 1s
    timeout client 70s
    timeout server 65s
    timeout queue 5s
    retries 2
    retry-on conn-failure
    option redispatch 1
    default-server check inter 1s fall 2 rise 1

frontend clients
    bind {address}:{port}
    use_backend unready if {{ nbsrv(ready) eq 0 }}
    default_backend ready

backend ready
    balance roundrobin
    option httpchk GET /health/ready
{servers}

backend unready
    balance roundrobin
    option httpchk GET /health/live
{servers}
"""


class Host(Machine):
    """A host that runs the service.

    :param name: its name.
    :param address: its IPv4 address.
    """

    def __init__(self, name: str, address: str) -> None:
        super().__init__(name, address)
        self.url = f"http://{address}:{PORT}"

    def serve(self, database: str, log: Path) -> None:
        """Start the service, and wait until it is ready.

        :param database: what `--database` names.
        :param log: the file that its log is added to.
        :raises TimeoutError: it is not ready in two minutes.
        """
        options = ["--host", self.address, "--port", str(PORT), "--database", database, "--demo", "--demo-public"]
        self.start([*FREITON, "serve", *options], log, environment={"PYTHONPATH": str(TOP)})
        await_ready(self.url)


class Service:
    """Three hosts, and HAProxy on a machine of its own.

    :param database: what `--database` names.
    :param folder: where the logs and HAProxy's settings go.
    """

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.hosts = [Host(name, address) for name, address in ADDRESSES.items()]
        self.proxy = Machine("proxy", PROXY_ADDRESS)
        self.url = f"http://{PROXY_ADDRESS}:{PORT}"

    def start(self) -> None:
        """Start all, and wait until the service is ready."""
        for host in self.hosts:
            host.serve(self.database, self.folder / f"{host.name}.log")
        settings = self.folder / "haproxy.cfg"
        servers = "\n".join(f"    server {host.name} {host.address}:{PORT}" for host in self.hosts)
        settings.write_text(PROXY_SETTINGS.format(address=PROXY_ADDRESS, port=PORT, servers=servers))
        self.proxy.start(["haproxy", "-db", "-f", str(settings)], self.folder / "haproxy.log")
        await_ready(self.url)

    def stop(self) -> None:
        """Kill the processes of all its machines."""
        for machine in (self.proxy, *self.hosts):
            machine.kill()

    def run(self, *arguments: str) -> str:
        """Run a command on the database, and return what it prints.

        :param arguments: what comes after `freiton`; `--database` is added.
        :raises subprocess.CalledProcessError: it failed.
        """
        return subprocess.run(
            [*FREITON, *arguments, "--database", self.database],
            cwd=TOP,
            env={**os.environ, "PYTHONPATH": str(TOP)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=SECONDS_TO_RUN,
        ).stdout


def cut_off_host(service: Service) -> Callable[[], object]:
    """Cut a host off from everybody else, and return what connects it again.

    :param service: the service.
    """
    host = random.choice(service.hosts)
    host.unplug()
    return host.plug


def freeze_host(service: Service) -> Callable[[], object]:
    """Stop all processes of a host, and return what lets them go on.

    :param service: the service.
    """
    host = random.choice(service.hosts)
    host.freeze()
    return host.thaw


def await_ready(url: str) -> None:
    """Wait until a server says that it is ready.

    :param url: where it listens.
    :raises TimeoutError: it does not in two minutes.
    """
    deadline = time.monotonic() + SECONDS_TO_START
    while not _is_ready(url):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} is not ready")
        time.sleep(0.1)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
