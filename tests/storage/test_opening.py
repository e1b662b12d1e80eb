"""A database of Freiton's is brought up to date in whole steps when it is opened, and other files stay as they are."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from data import store
from data.store.sqlite import SQLiteStore, schema
from tests.support.command import assert_fails, carry_out, succeed
from tests.support.service import Service, run_freiton

pytestmark = pytest.mark.sqlite

NO_DATABASES = [b"Dear reader,\nthis is a letter.\n", b"garbage " * 2000, b"SQLite format 3\0" + b"?" * 4096]
OPENING = ["client add X", "serve --port 0"]


@pytest.fixture
def migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations in the place of the real ones, with one that makes the table A."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_a.sql").write_text("create table A (\n    ID integer\n);\ninsert into A values (1);\n")
    monkeypatch.setattr(schema, "RECORDS", schema.RECORDS._replace(migrations=folder))
    return folder


def read_version() -> int:
    version: int = store.query("pragma user_version")[0]["user_version"]
    return version


def list_tables() -> set[str]:
    return {row["name"] for row in store.query("select name from sqlite_master")}


@pytest.mark.parametrize("command", OPENING)
@pytest.mark.parametrize("content", NO_DATABASES)
def test_open_file_that_is_no_database_leaves_it_untouched(command: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    assert_fails(run_freiton(*command.split(), "--database", str(path)), 1, str(path), "database")
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("command", OPENING)
@pytest.mark.parametrize("version", [0, 1])
def test_open_database_of_other_program_leaves_it_untouched(command: str, version: int, tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"create table Bookmarks (URL text); pragma user_version = {version}")
    before = path.read_bytes()
    assert_fails(run_freiton(*command.split(), "--database", str(path)), 1, str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", OPENING)
def test_open_database_of_newer_version_leaves_it_untouched(command: str, tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    carry_out("client", "add", "Musterfirma GmbH", "--database", path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("pragma user_version = 99")
    before = path.read_bytes()
    assert_fails(run_freiton(*command.split(), "--database", str(path)), 1, str(path), "newer", "99")
    assert path.read_bytes() == before


def test_make_database_gives_it_to_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Service(tmp_path / "freiton.db", "--demo"):
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("freiton.db*")}
    finally:
        os.umask(before)
    assert modes == {"freiton.db": 0o600, "freiton.db-wal": 0o600, "freiton.db-shm": 0o600}


def test_read_by_a_command_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    carry_out("client", "add", "Musterfirma GmbH", "--database", path)
    before = path.read_bytes()
    assert succeed("client", "list", "--database", path) == "1\tMusterfirma GmbH\n"
    assert path.read_bytes() == before


def test_migrate_runs_each_migration_once(migrations: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with SQLiteStore(tmp_path / "store.db", create=True):
            assert (read_version(), store.query("select ID from A")) == (1, [{"ID": 1}])
    (migrations / "0002_b.sql").write_text("-- Why: no reason; none.\nalter table A add column Name text;\n")
    with SQLiteStore(tmp_path / "store.db"):
        assert (read_version(), store.query("select ID, Name from A")) == (2, [{"ID": 1, "Name": None}])


def test_migrate_that_fails_leaves_nothing(migrations: Path, tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "store.db", create=True):
        (migrations / "0002_b.sql").write_text("create table B (ID integer);\ninsert into Missing values (1);\n")
        with pytest.raises(store.Refused, match="no such table: Missing"):
            SQLiteStore(tmp_path / "store.db")
        assert (read_version(), list_tables()) == (1, {"A"})
    (migrations / "0002_b.sql").write_text("create table B (ID integer);\n")
    with SQLiteStore(tmp_path / "store.db"):
        assert (read_version(), list_tables()) == (2, {"A", "B"})
