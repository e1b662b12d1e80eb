"""A fault of the machine is told as 500 or 503, stops no more than it must, ends with its cause, and loses no data."""

import ctypes
import os
import resource
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from data.store.sqlite import sqlite3
from tests.support.faults import GONE_ON, UNAVAILABLE, check_body, check_log, check_reads, check_writes, stored_names
from tests.support.files import execute
from tests.support.raw import LAST_REQUEST, SECONDS_TO_ANSWER
from tests.support.service import SECONDS_TO_STOP, Service, Started
from tests.support.writer import Writer

LOG = "freiton.db-wal"
MEBIBYTE = 1024 * 1024
# Of 4 KiB each; after 1,000 of them, SQLite would write them to the database, and begin again.
TRANSACTIONS = 300
GARBAGE = os.urandom(50_000)
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1
DAMAGED = {"status": 500, "error": "Internal server error"}
Fault = Callable[[Service], AbstractContextManager[None]]


class Effect(NamedTuple):
    """What a fault does to a server.

    :param fault: causes it.
    :param reads: the body that reads are answered with.
    :param writes: the body that writes are answered with.
    :param used: whether it is felt by a server too that has used its database before.
    """

    fault: Fault
    reads: dict[str, Any]
    writes: dict[str, Any]
    used: bool = True


@contextmanager
def limit(kind: int, find_limit: Callable[[Service], int], service: Service) -> Iterator[None]:
    """Take from a server what it needs more of."""
    before = resource.prlimit(service.process.pid, kind)
    resource.prlimit(service.process.pid, kind, (find_limit(service), before[1]))
    yield
    resource.prlimit(service.process.pid, kind, before)


@contextmanager
def forbid_writing(service: Service) -> Iterator[None]:
    """Make the database read-only to whom opens it."""
    service.database.chmod(0o400)
    yield
    service.database.chmod(0o600)


@contextmanager
def move_folder(service: Service) -> Iterator[None]:
    """Move the folder of the database away."""
    folder = service.database.parent
    away = folder.rename(folder.with_name("away"))
    yield
    away.rename(folder)


@contextmanager
def overwrite(content: bytes, service: Service) -> Iterator[None]:
    """Overwrite the database with something else of another length."""
    kept = service.database.read_bytes()
    service.database.write_bytes(content)
    yield
    service.database.write_bytes(kept)


@contextmanager
def replace(service: Service) -> Iterator[None]:
    """Put another file in the place of the database."""
    kept, garbage = service.database.with_name("kept"), service.database.with_name("garbage")
    kept.hardlink_to(service.database)
    garbage.write_bytes(GARBAGE)
    garbage.replace(service.database)
    yield
    kept.replace(service.database)


@contextmanager
def after_checkpoint(fault: Fault, service: Service) -> Iterator[None]:
    """Have a fault when the database is in its one file, and nothing in the log beside."""
    execute(service.database, ["pragma wal_checkpoint(truncate)"])
    with fault(service):
        yield


@contextmanager
def fill_disk(service: Service) -> Iterator[None]:
    """Let no file grow beyond the log of the database, which a reader needs, so that it cannot begin again either."""
    # The log of the server is a file as well, and has to have room for its lines.
    room = ["update Clients set Name = Name"] * TRANSACTIONS
    execute(service.database, ["pragma wal_checkpoint(truncate)"])
    with closing(sqlite3.connect(service.database, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select Name from Clients").fetchall()
        # The reader keeps a checkpoint of the server from letting the log begin again.
        execute(service.database, ["pragma synchronous = off", *room])
        assert service.database.with_name(LOG).stat().st_size > MEBIBYTE > 2 * service.log.stat().st_size
        with limit(resource.RLIMIT_FSIZE, lambda service: service.database.with_name(LOG).stat().st_size, service):
            yield


# Fewer than are open already.
take_files = partial(limit, resource.RLIMIT_NOFILE, lambda service: 3)

# Without its fast paths, a server reads in threads that may not have opened the database before.
FILES = "too many open files"
EFFECTS = {
    "full disk": Effect(fill_disk, GONE_ON, UNAVAILABLE),
    "read-only file": Effect(forbid_writing, GONE_ON, UNAVAILABLE, used=False),
    FILES: Effect(take_files, GONE_ON, UNAVAILABLE, used=False),
    "folder away": Effect(move_folder, UNAVAILABLE, UNAVAILABLE),
    "truncated file": Effect(partial(overwrite, b""), UNAVAILABLE, UNAVAILABLE),
    "truncated file without log": Effect(partial(after_checkpoint, partial(overwrite, b"")), UNAVAILABLE, UNAVAILABLE),
    "overwritten file without log": Effect(partial(after_checkpoint, partial(overwrite, GARBAGE)), DAMAGED, DAMAGED),
    "replaced file": Effect(replace, UNAVAILABLE, UNAVAILABLE),
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A demo server with a folder of its own; the permissions of files hold for it even if it is root."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with ThreadPoolExecutor(1, initializer=_drop_capability) as thread:
        started = thread.submit(Started, folder / "freiton.db", "--demo").result()
    with started:
        yield started


@pytest.mark.sqlite
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.fast if n == FILES else ()) for n in EFFECTS])
def test_meet_fault_is_told_and_passes_with_its_cause(service: Service, name: str) -> None:
    effect = EFFECTS[name]
    stored = stored_names(service.database)
    with service.client() as api:
        for state in ("unused", "used"):
            api.get(f"{service.url}/health/live")
            felt = state == "unused" or effect.used
            with effect.fault(service):
                check_reads(api, effect.reads if felt else GONE_ON)
                check_writes(api, effect.writes if felt else GONE_ON, f"During {state}")
                check_body(api.get(f"{service.url}/health/ready"), UNAVAILABLE if felt else GONE_ON)
                check_body(api.get(f"{service.url}/health/live"), GONE_ON)
            check_reads(api, GONE_ON)
            check_writes(api, GONE_ON, f"After {state}")
            check_body(api.get(f"{service.url}/health/ready"), GONE_ON)
            stored |= {f"After {state}"} | (set() if felt else {f"During {state}"})
    with service.client() as newcomer:
        assert {campaign["Name"] for campaign in newcomer.get("/dialler/campaigns").json()["records"]} == stored
    service.stop()
    assert stored_names(service.database) == stored
    check_log(service)


@pytest.mark.sqlite
@pytest.mark.parametrize("fault", [fill_disk, move_folder], ids=["full disk", "folder away"])
def test_write_across_faults_and_a_crash_loses_nothing(
    service: Service, fault: Fault, rounds: Callable[[int, int], int]
) -> None:
    with Writer(service) as writer:
        for _ in range(rounds(3, 30)):
            writer.await_more(writer.acknowledged)
            with fault(service):
                writer.await_more(writer.refused)
        writer.await_more(writer.acknowledged)
    service.process.kill()
    service.process.wait(SECONDS_TO_STOP)
    assert set(writer.refused) == {503}
    assert {name for name in stored_names(service.database) if name.startswith("Clone ")} == set(writer.acknowledged)
    check_log(service)


@pytest.mark.sqlite
def test_connect_with_too_many_open_files_waits_until_there_are_fewer(service: Service) -> None:
    target = urlsplit(service.url)
    with service.client() as api:
        api.get("/acd/groups")
        with take_files(service):
            newcomer = socket.create_connection((target.hostname, target.port), SECONDS_TO_ANSWER)
            newcomer.sendall(LAST_REQUEST)
            check_reads(api, GONE_ON)
    with newcomer:
        assert newcomer.recv(1024).startswith(b"HTTP/1.1 200 OK\r\n")
    check_log(service)


def test_miss_table_is_told_and_passes_with_its_cause(service: Service) -> None:
    with service.client() as api:
        execute(service.database, ["alter table AcdGroups rename to Gone"])
        assert api.get("/acd/groups").status_code in (500, 503)
        assert api.get("/dialler/campaigns").status_code == 200
        execute(service.database, ["alter table Gone rename to AcdGroups"])
        check_reads(api, GONE_ON)
    check_log(service)


def _drop_capability() -> None:
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
