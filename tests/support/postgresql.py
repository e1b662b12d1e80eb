"""A PostgreSQL server of a test's own, with databases that can be copied."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.rows import DictRow

from data.store import open_store
from data.store.postgresql.statements import translate

# A connection whose rows are dicts.
Connection = psycopg.Connection[DictRow]
DEBIAN = "/usr/lib/postgresql/15/bin"
USER = "postgres"
# Limits for what hangs, not for slow machines.
SECONDS_TO_START = 120
SECONDS_TO_STOP = 60
NOT_DURABLE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@contextmanager
def run_cluster(folder: Path, *, durable: bool = False) -> Iterator[str]:
    """Make a new cluster, run its server for a block, and return the server's URL, without a database.

    :param folder: a folder for its files, with a short path; made if it is missing. As root, the user `postgres` gets
        it and must be able to reach it.
    :param durable: whether a commit waits for the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    if os.getuid() == 0:
        # The server refuses to run as root.
        shutil.chown(folder, USER, USER)
    _initialize(folder, data)
    port = _find_port()
    settings = (
        *("listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "max_connections=300"),
        *(() if durable else NOT_DURABLE),
    )
    options = [option for setting in settings for option in ("-c", setting)]
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen([find_program("postgres"), "-D", str(data), *options], stderr=log, **_as_user(folder))
    url = f"postgresql://{USER}@127.0.0.1:{port}"
    try:
        _await(server, url, folder / "log")
        yield url
    finally:
        _stop(server)


def create_database(server: str, name: str, template: str | None = None) -> str:
    """Create a database, and return its URL.

    :param server: URL of the server, without a database.
    :param name: the name of the database, lower case.
    :param template: the name of the database to copy, which nobody is connected to; None for an empty database.
    """
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'create database "{name}"' + (f' template "{template}"' if template else ""))
    return f"{server}/{quote(name)}"


def make_schema(url: str) -> None:
    """Create the schema of records in an empty database.

    :param url: URL of the database.
    """
    open_store(url).close()


def run(connection: psycopg.Connection[Any], sql: str, /, **parameters: Any) -> list[Any]:
    """Run a statement in our SQL, and return its rows, if any.

    :param connection: the connection.
    :param sql: the statement.
    :param parameters: parameter name to value.
    """
    cursor = connection.execute(translate(sql), parameters)
    return cursor.fetchall() if cursor.description else []


def find_program(program: str) -> str:
    """Return the path of a program of PostgreSQL 15.

    :param program: its name.
    """
    found = shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", os.defpath), DEBIAN)))
    assert found, f"there is no {program}: install PostgreSQL 15"
    return found


def _as_user(folder: Path) -> dict[str, Any]:
    """Return the options of a process of the server: it runs as the user `postgres` if this one runs as root."""
    user = {"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}
    return {"cwd": folder, "start_new_session": True, **user}


def _initialize(folder: Path, data: Path) -> None:
    options = ("--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
    made = subprocess.run(
        [find_program("initdb"), "--pgdata", str(data), *options],
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_START,
        check=False,
        **_as_user(folder),
    )
    assert made.returncode == 0, made.stderr


def _find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _await(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        with suppress(psycopg.OperationalError), psycopg.connect(f"{url}/postgres"):
            return
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def _stop(server: subprocess.Popen[bytes]) -> None:
    # The fast shutdown, which disconnects clients.
    server.send_signal(signal.SIGINT)
    try:
        server.wait(SECONDS_TO_STOP)
    finally:
        server.kill()
        server.wait()
