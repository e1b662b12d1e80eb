"""A move copies everything to another database on either engine; it can be stopped at any time, and goes on."""

import random
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any

import psycopg
import pytest
from sqlite_utils import Database

from data import calls, contacts, imports, store
from data.contact_rows import make_batch
from data.dialler import tries
from data.dialler.rules import BUSY, MACHINE, Call, Settings
from data.moves import TABLES
from data.opening import open_database
from tests.support.command import assert_fails, carry_out
from tests.support.postgresql import create_database
from tests.support.service import FREITON, TOP, run_freiton, start_process

# What conversions could change: letters, quotes, control characters, numbers of 17 digits, empty and missing values.
CONTACTS: list[dict[str, Any]] = [
    {"Name": "Straße \\ \"'%s\t\n", "UserData": "a", "Amount": 0.1 + 0.2, "Comment": "\N{LINE SEPARATOR}\x7f"},
    {
        "Name": "ÇELİK \N{SMILE}",
        "UserData": "b",
        "Amount": 100.0,
        "dtNextTry": "2026-12-01T10:00:00.123",
    },
    {"Name": "Ω", "Amount": 1e-7},
    *({"Name": f"Contact {number}", "UserData": f"n{number}"} for number in range(5_000)),
]
ROUNDS = 6

pytestmark = pytest.mark.uncovered


def make_call(outcome: str, *_: object) -> Call:
    """Return a call to the first number of a contact."""
    return Call(outcome, 1, datetime(2026, 12, 1, 8, tzinfo=UTC), 10, 60, "Zoë")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the demo, more contacts, calls, a token, a key and a deleted campaign; not to be changed."""
    path = tmp_path_factory.mktemp("source") / "source.db"
    with open_database(path, create=True, demo=True):
        batch = make_batch({line: {"DiallerCampaignsID": 538, **each} for line, each in enumerate(CONTACTS, 1)}, {})
        imports.import_each(1, [batch], overwrite=False, report=lambda outcomes: None, finish=lambda: None)
        # Its ID, the highest, is not to be given again.
        contacts.delete(1, store.current().find_last_id("DiallerContacts"))
        calls.start_second_leg(1, "20220708113431-410004", "4711")
        for ufn in ("20220708113431-410004", "20220708113402-410002"):
            calls.hang_up_call(1, ufn)
        for outcome in (BUSY, MACHINE):
            tries.play_one(1, 215380, partial(make_call, outcome), Settings())
    carry_out("token", "add", "--client", "1", "--name", "moved", "--database", path)
    return path


@pytest.fixture
def target(server: str) -> str:
    """The URL of an empty database."""
    return create_database(server, f"move_{time.monotonic_ns()}")


def read(path: Path) -> dict[str, list[dict[str, object]]]:
    with closing(Database(path)) as database:
        return {table: [*database.query(f"select * from {table} order by 1, 2")] for table in TABLES}


def move(source: Path | str, target: Path | str) -> str:
    run = run_freiton("move", "--from", str(source), "--to", str(target))
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_move_there_and_back_keeps_everything(source: Path, target: str, tmp_path: Path) -> None:
    count = sum(map(len, read(source).values()))
    assert move(source, target).startswith(f"{count} rows are in postgresql://")
    assert move(target, tmp_path / "back.db") == f"{count} rows are in {tmp_path / 'back.db'}\n"
    assert read(tmp_path / "back.db") == read(source)
    for database in (target, tmp_path / "back.db"):
        assert carry_out("check", "--database", database) == "sound\n"
        assert read_last_id(database) == read_last_id(source) == read_highest_id(source) + 1


def read_last_id(database: Path | str) -> int:
    with open_database(database):
        return store.current().find_last_id("DiallerContacts")


def read_highest_id(source: Path) -> int:
    return max(int(str(row["ID"])) for row in read(source)["DiallerContacts"])


def test_every_table_is_moved_or_made_by_triggers(source: Path) -> None:
    with closing(Database(source)) as database:
        tables = {name for name in database.table_names() if not name.startswith("sqlite_")}
    made = {"AcdEventsCounts", "DiallerContactsTotals"}
    # Of what has not ended, and of this engine alone.
    unfinished = {
        *("DiallerContactsPurges", "DiallerContactsUploads", "DiallerContactsArrivals", "DiallerContactsResets"),
    }
    assert tables - made - unfinished - {"WriteAheadLog"} == {*TABLES}


@pytest.fixture
def stopped(source: Path, target: str) -> str:
    """A database to which a move was stopped."""
    with start_process([*FREITON, "move", "--from", str(source), "--to", target], cwd=TOP, stderr=PIPE) as process:
        while not is_begun(target):
            assert process.poll() is None, "the move has ended before it was stopped"
            time.sleep(0.005)
        process.kill()
    return target


def is_begun(target: str) -> bool:
    with suppress(psycopg.errors.UndefinedTable), psycopg.connect(target) as connection:
        return connection.execute('select "ID" from "AcdGroups" limit 1').fetchone() is not None
    return False


def test_stopped_move_is_not_served_and_goes_on(source: Path, stopped: str, tmp_path: Path) -> None:
    assert_fails(
        run_freiton("client", "list", "--database", stopped), 1, "is not complete: 'freiton move' has not ended"
    )
    move(source, stopped)
    move(stopped, tmp_path / "back.db")
    assert read(tmp_path / "back.db") == read(source)


def test_move_killed_at_any_moment_goes_on(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    command = [*FREITON, "move", "--from", str(source), "--to", str(target)]
    for _ in range(ROUNDS):
        with start_process(command, cwd=TOP, stderr=PIPE, stdout=PIPE) as process:
            time.sleep(random.uniform(0.1, 1.5))
            process.kill()
    run = run_freiton("move", "--from", str(source), "--to", str(target))
    assert run.returncode == 0 or "has content already" in run.stderr, run.stderr
    assert read(target) == read(source)


def test_change_of_the_source_during_a_move_is_noticed(source: Path, tmp_path: Path, target: str) -> None:
    changed = tmp_path / "changed.db"
    changed.write_bytes(source.read_bytes())
    with open_database(changed), store.atomic():
        store.execute("update AcdGroups set Name = 'Changed' where ID = 101")
    with start_process([*FREITON, "move", "--from", str(source), "--to", target], cwd=TOP, stderr=PIPE) as process:
        while not is_begun(target):
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    run = run_freiton("move", "--from", str(changed), "--to", target)
    assert run.returncode == 1
    assert "AcdGroups differs after the move: is one of the databases being served?" in run.stderr


def test_move_to_a_database_with_content_is_refused(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    carry_out("client", "add", "Musterfirma GmbH", "--database", other)
    run = run_freiton("move", "--from", str(source), "--to", str(other))
    assert_fails(run, 1, f"{other} has content already: name a new database")
    assert_fails(run_freiton("move", "--from", str(source), "--to", str(source)), 1, "has content already")
