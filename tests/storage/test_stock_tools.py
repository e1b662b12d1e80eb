"""A served database is read with the SQLite that everybody has: Debian's program, Python's module, sqlite-utils."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.store.scripts import MIGRATIONS, read_script
from data.store.texts import fold
from tests.support.campaigns import clone
from tests.support.contacts import contact, store_contact
from tests.support.files import read_rows
from tests.support.service import Service

pytestmark = pytest.mark.sqlite

# How many arguments a function may have in stock builds of SQLite, such as Debian 12's.
MOST_ARGUMENTS = 127
NAMES = "select name from sqlite_schema where type in ('table', 'view') order by name"
# Without pysqlite3, so that sqlite-utils uses Python's own module.
SQLITE_UTILS = "import sys; sys.modules['pysqlite3'] = None; from sqlite_utils.cli import cli; cli()"
INSPECTIONS = [("tables", "--counts", "--columns"), ("views", "--counts"), ("indexes",), ("triggers",), ("rows",)]

Read = Callable[[Path, str], list[Any]]


def read_with_program(file: Path, sql: str) -> list[Any]:
    """Read by Debian's program, as an operator who looks at a database does."""
    output = run("sqlite3", "-json", str(file), sql)
    return [tuple(row.values()) for row in json.loads(output or "[]")]


def read_with_python(file: Path, sql: str) -> list[Any]:
    """Read by Python's own module, which has the limits of a stock build."""
    with closing(sqlite3.connect(file)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_FUNCTION_ARG, MOST_ARGUMENTS)
        return database.execute(sql).fetchall()


def run(*command: str) -> str:
    """Run a command that must succeed in silence, and return what it prints."""
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


@pytest.fixture(scope="module")
def served(own_demo: Service) -> Path:
    """The file of a running server that has written to it, some of it in the log."""
    with own_demo.client() as api:
        clone(api, "Übersee")
        fields = {"Comment": 'He said "yes"} \U0001f600', "Amount": -0.1, "dtNextTry": "2026-12-24T18:30:00.000"}
        store_contact(api, contact(500, UserData="}", **fields))
    return own_demo.database


@pytest.mark.parametrize("read", [read_with_program, read_with_python])
def test_read_served_database_gives_every_row(served: Path, read: Read) -> None:
    assert read(served, "pragma integrity_check") == [("ok",)]
    names = [name for (name,) in read_rows(served, NAMES)]
    assert len(names) > 20
    for name in names:
        assert read(served, f"select * from {name}") == read_rows(served, f"select * from {name}"), name


@pytest.mark.parametrize("inspection", INSPECTIONS, ids=lambda inspection: inspection[0])
def test_inspect_served_database_with_sqlite_utils_finds_all(served: Path, inspection: tuple[str, ...]) -> None:
    command, *options = inspection
    table = ["DiallerContacts"] if command == "rows" else []
    found = json.loads(run(sys.executable, "-c", SQLITE_UTILS, command, str(served), *table, *options))
    assert found
    if command == "rows":
        records = [record for (record,) in read_rows(served, "select Record from DiallerContacts order by ID")]
        assert [row["Record"] for row in found] == records


def test_dump_served_database_and_read_the_dump_gives_every_row(served: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(copy)) as database:
        database.executescript(run("sqlite3", str(served), ".dump"))
    for (name,) in read_rows(served, NAMES):
        assert read_rows(copy, f"select * from {name}") == read_rows(served, f"select * from {name}"), name


def test_make_schema_needs_no_more_than_a_stock_build() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_FUNCTION_ARG, MOST_ARGUMENTS)
        database.create_function("fold", 1, fold, deterministic=True)
        for migration in sorted(MIGRATIONS.iterdir(), key=lambda file: file.name):
            database.executescript(read_script(migration, "sqlite"))
        assert database.execute("select count(*) from DiallerContactsPresent").fetchone() == (0,)
