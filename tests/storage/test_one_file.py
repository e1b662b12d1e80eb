"""After every stop that is not a kill, the one file of the database holds all of it."""

import json
import os
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path
from threading import enumerate as list_threads

import pytest

from data.store.sqlite import sqlite3
from handlers import Settings
from handlers.server.worker import Worker
from tests.support.command import carry_out, succeed
from tests.support.contacts import contact, make_campaign, store_contact
from tests.support.files import execute, read_rows, run_maintenance
from tests.support.service import FREITON, SECONDS_TO_STOP, TOP, Service, Started, start_process

pytestmark = [pytest.mark.uncovered, pytest.mark.sqlite]

CAMPAIGN = {"ID": 7, "Name": "Autumn", "nMaxParallelLines": None}
STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
KINDS = [("--workers", "1"), ("--workers", "2"), ("--no-fast",)]
MANY = 20_000
# An import commits so many contacts together.
STEP = 1_000
RECORDS = "select Record from DiallerContacts where DiallerCampaignsID = {} order by ID"
COUNT = "select count(*) from DiallerContacts"


def copy_file(database: Path) -> Path:
    """Copy a database as an operator does, who knows of one file only."""
    folder = database.parent / "copied"
    folder.mkdir()
    return Path(shutil.copy(database, folder))


def list_companions(database: Path) -> list[str]:
    return [file.name for file in database.parent.glob(f"{database.name}-*")]


def start_server(folder: Path, number: signal.Signals, handler: signal.Handlers) -> Service:
    """Start a demo server that inherits how a signal is handled; the process of the tests may ignore it."""
    before = signal.signal(number, handler)
    try:
        return Started(folder / "freiton.db", "--demo")
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_stop_server_leaves_one_file_with_all(kind: tuple[str, ...], tmp_path: Path) -> None:
    with Started(tmp_path / "freiton.db", "--demo", *kind) as service, service.client() as api:
        campaign = make_campaign(api)
        stored = [store_contact(api, contact(campaign, UserData=f"U{number}")) for number in range(20)]
        deleted = make_campaign(api)
        store_contact(api, contact(deleted))
        assert api.delete(f"/dialler/campaigns/campaign/{deleted}").status_code == 200
        assert service.stop() == 0
    assert list_companions(service.database) == []
    records = read_rows(copy_file(service.database), RECORDS.format(campaign))
    assert [json.loads(record) for (record,) in records] == stored


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_stop_server_by_signal_leaves_one_file(number: signal.Signals, tmp_path: Path) -> None:
    with start_server(tmp_path, number, signal.SIG_DFL) as service, service.client() as api:
        campaign = make_campaign(api)
        service.process.send_signal(number)
        service.process.wait(SECONDS_TO_STOP)
    assert list_companions(service.database) == []
    assert read_rows(copy_file(service.database), f"select ID from DiallerCampaigns where ID = {campaign}")


def test_stop_server_beside_another_reader_leaves_all_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "freiton.db"
    with Started(file, "--demo") as service, service.client() as api, closing(sqlite3.connect(file)) as other:
        other.execute("select count(*) from Clients").fetchone()
        campaign = make_campaign(api)
        assert service.stop() == 0
        copied = copy_file(file)
    assert read_rows(copied, f"select ID from DiallerCampaigns where ID = {campaign}")


def test_stop_server_whose_database_was_replaced_leaves_one_file(tmp_path: Path) -> None:
    with Started(tmp_path / "freiton.db", "--demo", "--workers", "2") as service, service.client() as api:
        copy = tmp_path / "copy.db"
        assert run_maintenance("backup", copy, service.database) == (0, "", "")
        execute(service.database, ["pragma wal_checkpoint(truncate)"])
        service.database.write_bytes(b"garbage " * 4096)
        assert run_maintenance("restore", copy, service.database) == (0, "", "")
        campaign = make_campaign(api)
        assert service.stop() == 0
    assert list_companions(service.database) == []
    assert read_rows(copy_file(service.database), f"select ID from DiallerCampaigns where ID = {campaign}")


def test_run_commands_leaves_one_file_after_each(tmp_path: Path) -> None:
    database, contacts, backup = tmp_path / "my.db", tmp_path / "contacts.csv", tmp_path / "my.backup"
    contacts.write_text("Name;PhoneNumber1\nMustermann;1\n")
    (tmp_path / "campaigns.json").write_text(json.dumps([CAMPAIGN]))
    for command in (
        ("client", "add", "Musterfirma GmbH"),
        ("client", "list"),
        ("token", "add", "--client", "1"),
        ("token", "list"),
        ("token", "revoke", "1"),
        ("load", str(tmp_path / "campaigns.json"), "--client", "1"),
        ("contacts", "import", str(contacts), "--client", "1", "--campaign", "Autumn"),
        ("contacts", "export", "-", "--client", "1"),
        ("check",),
        ("backup", str(backup)),
        ("restore", str(backup)),
    ):
        succeed(*command, "--database", database)
        assert list_companions(database) == [], command
    copied = copy_file(database)
    assert read_rows(copied, "select Name from DiallerContacts") == [("Mustermann",)]
    assert read_rows(copied, "select count(*) from Tokens where dtRevoked is not null") == [(1,)]


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_stop_import_by_signal_leaves_one_file_with_what_is_stored(number: signal.Signals, tmp_path: Path) -> None:
    database, contacts = tmp_path / "my.db", tmp_path / "contacts.csv"
    carry_out("client", "add", "Musterfirma GmbH", "--database", database)
    carry_out("load", "-", "--client", "1", "--database", database, stdin=json.dumps([CAMPAIGN]))
    contacts.write_text("Name;PhoneNumber1\n" + "Mustermann;1\n" * MANY)
    command = [
        "contacts",
        "import",
        str(contacts),
        "--client",
        "1",
        "--campaign",
        "Autumn",
        "--database",
        str(database),
    ]
    with start_process([*FREITON, *command], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not read_rows(database, COUNT)[0][0]:
            os.sched_yield()
        process.send_signal(number)
        process.communicate(timeout=SECONDS_TO_STOP)
    ((stored,),) = read_rows(copy_file(database), COUNT)
    assert stored > 0
    assert stored % STEP == 0
    assert list_companions(database) == []


def test_server_of_a_closed_terminal_goes_on_with_nohup(tmp_path: Path) -> None:
    with start_server(tmp_path, signal.SIGHUP, signal.SIG_IGN) as service, service.client() as api:
        service.process.send_signal(signal.SIGHUP)
        make_campaign(api)
        assert service.stop() == 0


def test_close_store_of_worker_ends_its_threads(tmp_path: Path) -> None:
    # Some of them may end meanwhile.
    before = set(list_threads())
    carry_out("client", "add", "Musterfirma GmbH", "--database", tmp_path / "my.db")
    with Worker(Settings(tmp_path / "my.db")).store:
        assert set(list_threads()) - before
    assert set(list_threads()) - before == set()
    assert list_companions(tmp_path / "my.db") == []
