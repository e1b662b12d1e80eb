"""A log that belongs to another file is not read into a database, and its own log always is."""

import shutil
import signal
from contextlib import closing
from pathlib import Path

import pytest

from data.store.sqlite import logs, sqlite3
from tests.support.campaigns import clone
from tests.support.command import assert_fails, carry_out, succeed
from tests.support.files import execute, garble, read_names, read_served_names, run_maintenance
from tests.support.first_version import make_old
from tests.support.service import Killed, Service, run_freiton

pytestmark = pytest.mark.sqlite

OPENING = ["serve --port 0", "check", "client add X", "client list", "contacts export - --client 1", "backup my.copy"]
# More than the log holds before it begins again.
ROUND = f"update Clients set Name = printf('%.{8_000_000}c', 'x') where ID = 2"

ENDS = [*(f"pragma wal_checkpoint({mode})" for mode in ("truncate", "restart", "passive")), ROUND]


def kill_with(database: Path, name: str, *options: str) -> None:
    """Have a server killed that has just cloned a campaign, so that the clone is in the log only."""
    with Killed(database, "--demo", *options) as service, service.client() as api:
        clone(api, name)
    assert name not in read_without_log(database)


def read_without_log(database: Path) -> set[str]:
    with closing(sqlite3.connect(f"{database.as_uri()}?immutable=1", uri=True)) as file:
        return {name for (name,) in file.execute("select Name from DiallerCampaigns")}


def list_names(database: Path) -> set[str]:
    with Service(database, "--demo") as service:
        return read_served_names(service)


@pytest.fixture(scope="module", params=["backup", "file"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that a copy was put in the place of when its server had been killed: a backup, or the file itself."""
    database = tmp_path_factory.mktemp("mixed") / "freiton.db"
    copy = database.with_name("copy.db")
    with Service(database, "--demo") as service, service.client() as api:
        clone(api, "Before")
    shutil.copy(database, copy)
    with Killed(database, "--demo") as service, service.client() as api:
        if request.param == "backup":
            assert run_maintenance("backup", copy, database) == (0, "", "")
        clone(api, "After")
    shutil.copy(copy, database)
    return database


@pytest.mark.parametrize("command", OPENING)
def test_open_copy_beside_log_of_killed_server_is_refused(mixed: Path, command: str) -> None:
    files = [mixed, logs.name_log(mixed)]
    before = [file.read_bytes() for file in files]
    run = run_freiton(*command.split(), "--database", str(mixed), cwd=mixed.parent)
    assert_fails(run, 1, f"{mixed}-wal does not belong to {mixed}", "remove freiton.db-wal and freiton.db-shm")
    assert [file.read_bytes() for file in files] == before


def test_remove_log_as_told_gives_the_copy(mixed: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(mixed, tmp_path))
    assert run_maintenance("check", None, database) == (0, "sound\n", "")
    assert {"Before"} == read_names(database) & {"Before", "After"}


def test_restore_beside_log_of_killed_server_puts_both_aside(mixed: Path, tmp_path: Path, sound: Path) -> None:
    for companion in ("", "-wal"):
        shutil.copy(f"{mixed}{companion}", tmp_path)
    database = tmp_path / mixed.name
    assert run_maintenance("restore", sound, database) == (0, "", "")
    assert read_names(database) == read_names(sound)
    assert {file.name for file in tmp_path.glob("*.damaged1*")} == {"freiton.db.damaged1", "freiton.db.damaged1-wal"}


def test_open_after_kill_gives_what_was_in_the_log(tmp_path: Path) -> None:
    database = tmp_path / "freiton.db"
    names = ["One", "Two", "Three"]
    for number, name in enumerate(names, start=1):
        kill_with(database, name, "--workers", str(number))
    assert set(names) <= list_names(database)


@pytest.mark.parametrize("statement", ENDS)
def test_open_after_kill_whose_log_was_begun_again_gives_all(tmp_path: Path, statement: str) -> None:
    with Killed(tmp_path / "freiton.db", "--demo") as service, service.client() as api:
        clone(api, "Before")
        execute(service.database, [statement])
        clone(api, "After")
    assert {"Before", "After"} <= list_names(service.database)


def test_open_after_kill_behind_a_restore_gives_all(tmp_path: Path, sound: Path) -> None:
    with Killed(tmp_path / "freiton.db", "--demo") as service, service.client() as api:
        clone(api, "Before")
        assert run_maintenance("restore", sound, service.database) == (0, "", "")
        # The mark is in the file before the next process writes.
        execute(service.database, ["pragma wal_checkpoint(passive)"])
        service.process.send_signal(signal.SIGKILL)
    assert list_names(service.database) == read_names(sound)


def test_open_database_whose_log_has_only_just_begun(tmp_path: Path) -> None:
    database, copy = tmp_path / "my.db", tmp_path / "copy.db"
    carry_out("client", "add", "Musterfirma GmbH", "--database", database)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        # As Freiton does before it writes anything else; the file has another number.
        other.execute("update WriteAheadLog set Salt = 4711")
        for companion in ("", "-wal"):
            shutil.copy(f"{database}{companion}", f"{copy}{companion}")
        other.execute("update Clients set Name = 'X'")
        assert succeed("client", "list", "--database", copy) == "1\tMusterfirma GmbH\n"
        for companion in ("", "-wal"):
            shutil.copy(f"{database}{companion}", f"{copy}{companion}")
    assert_fails(run_freiton("client", "list", "--database", str(copy)), 1, "does not belong to")


def test_open_database_of_older_version_reads_its_log(tmp_path: Path) -> None:
    old, copy = make_old(tmp_path / "old.db"), tmp_path / "copy.db"
    with closing(sqlite3.connect(old, isolation_level=None)) as other:
        other.execute("pragma journal_mode = wal")
        other.execute("update Clients set Name = 'In the log' where ID = 1")
        for companion in ("", "-wal"):
            shutil.copy(f"{old}{companion}", f"{copy}{companion}")
    assert "In the log" in succeed("client", "list", "--database", copy)


@pytest.mark.parametrize("log", [b"", b"garbage", b"garbage " * 1_000])
def test_open_database_beside_what_is_no_log(tmp_path: Path, sound: Path, log: bytes) -> None:
    database = Path(shutil.copy(sound, tmp_path))
    logs.name_log(database).write_bytes(log)
    assert run_maintenance("check", None, database) == (0, "sound\n", "")
    assert list_names(database) == read_names(sound)


def test_check_damaged_file_beside_a_log_says_what_is_wrong(tmp_path: Path) -> None:
    kill_with(tmp_path / "freiton.db", "After")
    garble(tmp_path / "freiton.db")
    assert "is damaged: " in run_maintenance("check", None, tmp_path / "freiton.db")[2]
