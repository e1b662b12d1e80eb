"""Each migration keeps every value of every table, and makes those that it adds from the right ones."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from data import store
from data.store.scripts import MIGRATIONS
from data.store.sqlite import SQLiteStore, schema
from data.store.sqlite.schema import newest_version
from data.store.texts import fold
from tests.support.folds import find_misfolded, read_folds
from tests.support.sqlite import connection

pytestmark = pytest.mark.sqlite

Row = dict[str, Any]
Tables = dict[str, dict[tuple[Any, ...], Row]]
Migrate = Callable[[], None]

# As version 0.1.0 had it; there is another one in its place now.
RELEASED = Path(__file__).parents[1] / "released"
READABLE = "select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_stat%'"
FILLABLE = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by rowid"
# Of these, other tables' triggers or transactions keep the rows.
COUNTS = {"AcdEventsCounts", "DiallerContactsCounts", "DiallerContactsTotals"}
# In each letter of it, folding changes something.
TEXT = "ÄSSßİI"
NEWEST = newest_version()
CONTACTS = "DiallerContacts"
NOT_YET = (("Record", None), ("Salt", None))
# What the columns hold that take some texts only.
CHECKED = {"CallState": "held"}
ROWS = 5
COUNTED = "select ClientsID, DiallerCampaignsID, count(*) from DiallerContacts group by 1, 2"
TOTALED = "select ClientsID, count(*) from DiallerContacts group by 1"


class Filler:
    """Rows for every table, with no value twice, but for flags and references."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def fill(self) -> None:
        """Fill each table that is empty, those first that others refer to."""
        for (table,) in read(FILLABLE):
            if table not in COUNTS and not read(f"select * from {table}"):
                # More contacts than campaigns, so that their numbers differ.
                for row in range(12 if table == CONTACTS else ROWS):
                    self._insert(table, row)

    def _insert(self, table: str, row: int) -> None:
        columns = [column[1:3] for column in read(f"pragma table_xinfo({table})") if not column[-1]]
        values = {name: self._value(name, type_.lower()) for name, type_ in columns}
        flags = [name for name, _ in columns if re.search("(^|_)b[A-Z]", name)]
        # In each row another bit of the flag's number, so that no two columns are alike.
        values |= {name: number >> row & 1 for number, name in enumerate(flags, start=1)}
        for number, (_, _, parent, column, *_) in enumerate(read(f"pragma foreign_key_list({table})"), start=2):
            ids = [parent_id for (parent_id,) in read(f"select ID from {parent} order by ID")]
            values[column] = ids[row**number % len(ids)]
        places = ", ".join("?" for _ in values)
        connection().execute(f"insert into {table} ({', '.join(values)}) values ({places})", list(values.values()))

    def _value(self, column: str, type_: str) -> Any:
        number = next(self.numbers)
        if column == "Extra":
            return json.dumps({f"{TEXT} {number}": [number]}, ensure_ascii=False, separators=(",", ":"))
        if column.startswith("dt"):
            return datetime.fromtimestamp(number, UTC).isoformat(timespec="milliseconds")[:23]
        if column in CHECKED:
            return CHECKED[column]
        return {"integer": number, "real": number + 0.5}.get(type_, f"{TEXT} {number}")


@pytest.fixture(params=["made by 0.1.0", "new"])
def migrate(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Migrate]:
    """Runs the next migration on a database of this test's own, as the first start of a new version does."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    scripts = [Path(str(script)) for script in sorted(MIGRATIONS.iterdir(), key=lambda script: script.name)]
    if request.param != "new":
        scripts = [RELEASED / script.name if (RELEASED / script.name).exists() else script for script in scripts]
    following = iter(scripts)
    monkeypatch.setattr(schema, "RECORDS", schema.RECORDS._replace(migrations=folder))
    with ExitStack() as stack:

        def run() -> None:
            shutil.copy(next(following), folder)
            stack.enter_context(SQLiteStore(tmp_path / "store.db", create=True))

        yield run


def read(sql: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection().execute(sql).fetchall()
    return rows


def read_tables() -> Tables:
    return {
        table: {key(table, row): row for row in store.query(f"select * from {table}")} for (table,) in read(READABLE)
    }


def key(table: str, row: Row) -> tuple[Any, ...]:
    primary = [column[1] for column in read(f"pragma table_info({table})") if column[5]]
    # Of a view, and of the table that SQLite keeps the IDs in.
    columns = primary or [column for column in ("name", "ID", "LanguagesID") if column in row]
    return tuple(row[column] for column in columns)


def assert_kept(before: Tables, after: Tables) -> None:
    for table, rows in before.items():
        assert after[table].keys() == rows.keys(), table
        for place, row in rows.items():
            # A new database has no record of a contact before 0006, and does not know its log before 0008.
            kept = {column: value for column, value in row.items() if (column, value) not in NOT_YET}
            assert {column: after[table][place][column] for column in kept} == kept, (table, place)


def test_migrate_keeps_every_value_of_every_table(migrate: Migrate) -> None:
    filler = Filler()
    before: Tables = {}
    for version in range(1, NEWEST + 1):
        migrate()
        assert read("pragma user_version") == [(version,)]
        assert_kept(before, read_tables())
        filler.fill()
        before = read_tables()
    assert all(before.values())
    assert read("pragma foreign_key_check") == []
    assert read("pragma integrity_check") == [("ok",)]


def test_migrate_makes_new_values_of_the_old_ones(migrate: Migrate) -> None:
    migrate()
    Filler().fill()
    for _ in range(1, NEWEST):
        migrate()
    for table in ("AcdGroups", "DiallerCampaigns"):
        names = read(f"select Name, NameFolded from {table}")
        assert [(name, fold(name)) for name, _ in names] == names
        assert all(name != folded for name, folded in names)
    assert any(table == CONTACTS and not text.isascii() for table, _, text, _ in read_folds(read))
    assert find_misfolded(read) == []
    owners = read(
        "select Campaigns.ClientsID from DiallerContacts join DiallerCampaigns as Campaigns"
        " on Campaigns.ID = DiallerCampaignsID order by DiallerContacts.ID"
    )
    assert read("select ClientsID from DiallerContacts order by ID") == owners
    counted = read(COUNTED)
    assert len(counted) > len({client for client, *_ in counted}) > 1
    assert read("select * from DiallerContactsCounts order by 1, 2") == counted
    assert read("select * from DiallerContactsTotals order by 1") == read(TOTALED)
    records = [json.loads(record) for (record,) in read("select Record from DiallerContacts order by ID")]
    rows = store.query("select * from DiallerContacts order by ID")
    assert len(records) == 12
    for record, row in zip(records, rows, strict=True):
        shown = {name: value for name, value in row.items() if name not in ("Extra", "Record", "Folded")}
        assert record == {**shown, **json.loads(row["Extra"])}
        assert list(record) == [*shown, *json.loads(row["Extra"])]
