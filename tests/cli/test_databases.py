"""Databases by URL and by path: what commands say of those that they cannot use, and moves between files."""

import json
from pathlib import Path

import pytest

from data import calls, store
from tests.support.command import assert_fails, carry_out
from tests.support.databases import open_database
from tests.support.files import read_contents
from tests.support.service import run_freiton

# Nothing listens there.
UNREACHABLE = "postgresql://freiton:secret@127.0.0.1:1/freiton"  # pragma: allowlist secret

pytestmark = pytest.mark.sqlite


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database with the demo data."""
    with open_database(tmp_path / "source.db", create=True, demo=True):
        pass
    return tmp_path / "source.db"


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["client", "list"], ["check"]], ids=" ".join)
def test_use_server_that_is_not_there_says_so_without_the_password(command: list[str]) -> None:
    run = run_freiton(*command, "--database", UNREACHABLE)
    assert_fails(run, 1, "127.0.0.1")
    assert "secret" not in run.stderr


def test_use_url_that_is_not_valid_says_so_without_the_password() -> None:
    run = run_freiton("client", "list", "--database", UNREACHABLE + "?sslmood=on")
    assert_fails(run, 1, "the URL of the database is not valid")
    assert "secret" not in run.stderr


@pytest.mark.parametrize(("command", "program"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_back_up_and_restore_of_a_server_name_its_programs(command: str, program: str, source: Path) -> None:
    run = run_freiton(command, str(source), "--database", UNREACHABLE)
    assert_fails(run, 1, f"with {program}, or move it to a file with 'freiton move'")


def test_use_server_without_psycopg_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError")
    path = {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    run = run_freiton("client", "list", "--database", UNREACHABLE, environment=path)
    assert_fails(run, 1, "a PostgreSQL database needs a further package: pip install 'freiton[postgresql]'")


def test_move_file_to_file_copies_everything(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    run = run_freiton("move", "--from", str(source), "--to", str(target))
    assert (run.returncode, run.stdout) == (0, f"{count(source)} rows are in {target}\n")
    assert read_contents(target) == read_contents(source)
    assert carry_out("check", "--database", target) == "sound\n"


def test_move_of_calls_that_have_all_ended_gives_no_id_again(source: Path, tmp_path: Path) -> None:
    with open_database(source):
        for call in store.query("select ClientsID, UFN from Calls"):
            calls.hang_up_call(call["ClientsID"], call["UFN"])
        last = store.current().find_last_id("Calls")
    run = run_freiton("move", "--from", str(source), "--to", str(tmp_path / "target.db"))
    assert run.returncode == 0, run.stderr
    with open_database(tmp_path / "target.db"):
        started = json.loads(calls.start(1, {**dict.fromkeys(calls.GIVEN), "bOutbound": 0, "AcdGroupsID": 105}))
    assert started["ID"] == last + 1


def count(database: Path) -> int:
    made = {"AcdEventsCounts", "DiallerContactsTotals", "sqlite_sequence"}
    return sum(len(rows) for table, rows in read_contents(database).items() if table not in made)


def test_move_with_an_import_that_has_not_ended_is_refused(source: Path, tmp_path: Path) -> None:
    with open_database(source), store.atomic():
        store.execute("insert into DiallerContactsUploads (ClientsID, nStepped, bOverwrites) values (1, 9e15, 0)")
    run = run_freiton("move", "--from", str(source), "--to", str(tmp_path / "target.db"))
    assert_fails(run, 1, "an import has not ended: stop what serves the database, and wait half a minute")


def test_target_of_a_move_that_has_not_ended_is_refused_until_it_has(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    with open_database(target, create=True) as opened, store.atomic():
        opened.mark_moving(moving=True)
        for table in ("DiallerResultCodesTypesTexts", "DiallerResultCodesTexts"):
            store.execute(f"delete from {table}")
    assert_fails(run_freiton("client", "list", "--database", str(target)), 1, "'freiton move' has not ended")
    assert run_freiton("move", "--from", str(source), "--to", str(target)).returncode == 0
    assert read_contents(target) == read_contents(source)


def test_move_to_a_database_with_content_is_refused(source: Path) -> None:
    run = run_freiton("move", "--from", str(source), "--to", str(source))
    assert_fails(run, 1, f"{source} has content already: name a new database")


def test_change_during_a_move_is_noticed(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    with open_database(target, create=True) as opened, store.atomic():
        opened.mark_moving(moving=True)
        store.execute("update Languages set Name = 'Changed' where ID = 1")
    run = run_freiton("move", "--from", str(source), "--to", str(target))
    assert run.returncode == 1
    assert "Languages differs after the move: is one of the databases being served?" in run.stderr
