"""A cluster of three nodes, each with etcd, Patroni and PostgreSQL, that replicates synchronously."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from tests.failover.network import SUBNET, Machine

USER = "postgres"
BINARIES = Path("/usr/lib/postgresql/15/bin")
PRIMARY, STANDBY = "primary", "synchronous"
POSTMASTER = f"{BINARIES}/postgres -D"
ADDRESSES = {"db1": "10.77.0.11", "db2": "10.77.0.12", "db3": "10.77.0.13"}
SECONDS_TO_BE_HEALTHY = 180
SECONDS_TO_CONNECT = 2
# What every client of the cluster sets. Keepalives find a lost primary while the client waits for an answer: all that
# it sent was received then, so that tcp_user_timeout alone does nothing.
CONNECTION_OPTIONS = (
    f"target_session_attrs=read-write&connect_timeout={SECONDS_TO_CONNECT}&tcp_user_timeout=3000"
    "&keepalives_idle=1&keepalives_interval=1&keepalives_count=3"
)
# Patroni takes no shorter ttl. It requires loop_wait + 2 * retry_timeout <= ttl. In strict mode a write is acknowledged
# on two nodes or not at all, also while no standby is connected.
DYNAMIC_SETTINGS: dict[str, Any] = {
    "ttl": 20,
    "loop_wait": 3,
    "retry_timeout": 5,
    "synchronous_mode": True,
    "synchronous_mode_strict": True,
    "postgresql": {
        "use_pg_rewind": True,
        "use_slots": True,
        "parameters": {
            # The time until a frozen standby is given up; 60 s by default.
            "wal_sender_timeout": "10s",
            "wal_receiver_timeout": "10s",
            # How soon a standby connects to a new primary, which acknowledges nothing until then; 5 s by default.
            "wal_retrieve_retry_interval": "500ms",
            "wal_log_hints": "on",
            "shared_buffers": "64MB",
            "max_connections": 200,
        },
    },
}


class Node(Machine):
    """A node of the cluster.

    :param name: its name.
    :param address: its IPv4 address.
    :param folder: a folder for the folders of the nodes.
    """

    def __init__(self, name: str, address: str, folder: Path) -> None:
        super().__init__(name, address)
        self.folder = folder / name
        self.folder.mkdir()
        shutil.chown(self.folder, USER, USER)
        self.settings = [self._write("etcd", _set_up_etcd(self)), self._write("patroni", _set_up_patroni(self))]

    def boot(self) -> "subprocess.Popen[bytes]":
        """Start etcd and Patroni, which starts PostgreSQL, and a shell as the init process that reaps orphans."""
        # With the small process IDs here, another process may have the ID that a lock file names.
        for stale in (self.folder / "postgresql" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        etcd, patroni = self.settings
        script = f"etcd --config-file {etcd} & patroni {patroni} & wait"
        return self.start(["sh", "-c", script], self.folder.with_suffix(".log"), user=USER)

    def has_role(self, role: str) -> bool:
        """Tell whether Patroni says that the node has a role.

        :param role: `primary`, which holds the leader lock, or `synchronous`, the standby that may become the primary.
        """
        try:
            with urlopen(f"http://{self.address}:8008/{role}", timeout=SECONDS_TO_CONNECT):
                return True
        except (URLError, OSError):
            return False

    def connect(self, database: str = "postgres", *, attributes: str = "any") -> "psycopg.Connection[tuple[Any, ...]]":
        """Connect to its PostgreSQL; each statement is a transaction of its own.

        :param database: the name of the database.
        :param attributes: libpq's `target_session_attrs`, such as `read-write`.
        :raises psycopg.OperationalError: it cannot be reached, or is not such a server.
        """
        return psycopg.connect(
            f"postgresql://{USER}@{self.address}/{database}?{CONNECTION_OPTIONS}",
            target_session_attrs=attributes,
            autocommit=True,
        )

    def _write(self, name: str, settings: dict[str, Any]) -> Path:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(settings))
        return file


class Cluster:
    """The three nodes.

    :param folder: where their data is; the account `postgres` has to be able to reach it.
    """

    def __init__(self, folder: Path) -> None:
        self.nodes = [Node(name, address, folder) for name, address in ADDRESSES.items()]

    def start(self) -> None:
        """Start all nodes, and wait until the cluster is healthy."""
        for node in self.nodes:
            node.boot()
        self.await_healthy()

    def stop(self) -> None:
        """Kill all nodes."""
        for node in self.nodes:
            node.kill()

    def url(self, database: str) -> str:
        """Return the URL by which clients reach the primary of the cluster, whichever it is.

        :param database: the name of the database.
        """
        return f"postgresql://{USER}@{','.join(ADDRESSES.values())}/{database}?{CONNECTION_OPTIONS}"

    def connect(self, database: str) -> "psycopg.Connection[tuple[Any, ...]]":
        """Connect to the primary; each statement is a transaction of its own.

        :param database: the name of the database.
        """
        return psycopg.connect(self.url(database), autocommit=True)

    def find(self, role: str) -> Node:
        """Return the first node that has a role.

        :param role: as in `Node.has_role`.
        :raises LookupError: no node that can be reached has it.
        """
        for node in self.nodes:
            if node.has_role(role):
                return node
        raise LookupError(f"no node is {role}")

    def await_healthy(self) -> None:
        """Wait until there is a primary that both other nodes replicate, one of them synchronously.

        :raises TimeoutError: it takes longer than three minutes.
        """
        deadline = time.monotonic() + SECONDS_TO_BE_HEALTHY
        while not self._is_healthy():
            if time.monotonic() > deadline:
                raise TimeoutError("the cluster does not become healthy")
            time.sleep(0.5)

    def _is_healthy(self) -> bool:
        try:
            standby = self.find(STANDBY)
            with self.find(PRIMARY).connect(attributes="read-write") as connection:
                rows = connection.execute(
                    "select application_name, sync_state from pg_stat_replication where state = 'streaming'"
                ).fetchall()
        except (LookupError, psycopg.OperationalError):
            return False
        # Just after a restart, a standby may be synchronous that Patroni does not know to be.
        return (standby.name, "sync") in rows and len(rows) == len(self.nodes) - 1


def kill_primary(cluster: Cluster) -> Callable[[], object]:
    """Kill all processes of the primary's node, and return what starts it again.

    :param cluster: the cluster.
    """
    node = cluster.find(PRIMARY)
    node.kill()
    return node.boot


def kill_postmaster(cluster: Cluster) -> Callable[[], object]:
    """Kill the postmaster of the primary, which Patroni starts again.

    :param cluster: the cluster.
    """
    for process in cluster.find(PRIMARY).find(POSTMASTER):
        os.kill(process, signal.SIGKILL)
    return lambda: None


def partition_primary(cluster: Cluster) -> Callable[[], object]:
    """Cut the primary off from everybody else, and return what connects it again.

    :param cluster: the cluster.
    """
    node = cluster.find(PRIMARY)
    node.unplug()
    return node.plug


def freeze_primary(cluster: Cluster) -> Callable[[], object]:
    """Stop all processes of the primary's node, and return what lets them go on.

    :param cluster: the cluster.
    """
    node = cluster.find(PRIMARY)
    node.freeze()
    return node.thaw


def freeze_standby(cluster: Cluster) -> Callable[[], object]:
    """Stop all processes of the synchronous standby's node, and return what lets them go on.

    :param cluster: the cluster.
    """
    node = cluster.find(STANDBY)
    node.freeze()
    return node.thaw


def _set_up_etcd(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "data-dir": str(node.folder / "etcd"),
        "listen-client-urls": f"http://{node.address}:2379",
        "advertise-client-urls": f"http://{node.address}:2379",
        "listen-peer-urls": f"http://{node.address}:2380",
        "initial-advertise-peer-urls": f"http://{node.address}:2380",
        "initial-cluster": ",".join(f"{name}=http://{address}:2380" for name, address in ADDRESSES.items()),
        "initial-cluster-state": "new",
        "enable-v2": True,
        "log-level": "error",
    }


def _set_up_patroni(node: Node) -> dict[str, Any]:
    return {
        "scope": "freiton",
        "name": node.name,
        # The version 2 of etcd's API. By version 3, Patroni before 3.0.3 overwrites the leader lock unconditionally: a
        # primary that comes back takes it from its successor, and what that has acknowledged is lost (Patroni's pull
        # request 2689).
        "etcd": {"hosts": [f"{address}:2379" for address in ADDRESSES.values()]},
        "restapi": {"listen": f"{node.address}:8008", "connect_address": f"{node.address}:8008"},
        "bootstrap": {"dcs": DYNAMIC_SETTINGS, "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}]},
        "postgresql": {
            "listen": f"{node.address}:5432",
            "connect_address": f"{node.address}:5432",
            "bin_dir": str(BINARIES),
            "data_dir": str(node.folder / "postgresql"),
            "pgpass": str(node.folder / "pgpass"),
            "authentication": {"superuser": {"username": USER}, "replication": {"username": "replicator"}},
            "pg_hba": ["local all all trust"] + [f"host {what} all {SUBNET} trust" for what in ("all", "replication")],
            "parameters": {"unix_socket_directories": str(node.folder)},
            "remove_data_directory_on_diverged_timelines": True,
        },
    }
