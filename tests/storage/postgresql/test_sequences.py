"""PostgreSQL gives the IDs that SQLite's autoincrement gives."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.store.sqlite import SQLiteStore
from tests.support.postgresql import Connection, run

# What a transaction does: insert rows with these IDs in a statement each, null for the next one, or delete the last.
steps = st.lists(st.one_of(st.none(), st.integers(-3, 60), st.just("delete")), min_size=1, max_size=6)
transactions = st.lists(st.tuples(steps, st.booleans()), max_size=6)
Run = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLiteStore]:
    """A new SQLite database."""
    opened = SQLiteStore(tmp_path_factory.mktemp("sqlite") / "freiton.db", create=True, durable=False)
    with closing(opened):
        yield opened


@pytest.fixture
def contacts(connection: Connection) -> Run:
    """Runs statements in our SQL, in a database without contacts."""
    run(connection, "delete from DiallerContacts")
    run(connection, "update Sequences set Last = 0")
    return partial(run, connection)


def insert(contacts: Run, values: str) -> list[int]:
    """Insert contacts with these IDs, and return the IDs that they got."""
    rows = contacts(f"insert into DiallerContacts (ID, ClientsID, DiallerCampaignsID, Name) {values} returning ID")
    return [row["ID"] for row in rows]


@given(transactions)
def test_transactions_on_both_engines_give_same_ids(
    connection: Connection, sqlite: SQLiteStore, transactions: list[tuple[list[Any], bool]]
) -> None:
    sqlite.execute("delete from DiallerContacts")
    sqlite.execute("delete from sqlite_sequence")
    run(connection, "delete from DiallerContacts")
    run(connection, "update Sequences set Last = 0")
    assert [*_play(partial(run, connection), transactions)] == [*_play(partial(_run_sqlite, sqlite), transactions)]


def _run_sqlite(sqlite: SQLiteStore, sql: str, **parameters: Any) -> list[Any]:
    cursor = sqlite.connections.get().conn.execute(sql, parameters)
    return [{"ID": row[0]} for row in cursor]


def _play(execute: Run, transactions: list[tuple[list[Any], bool]]) -> Iterator[list[Any]]:
    for steps, commits in transactions:
        execute("begin")
        for step in steps:
            if step == "delete":
                sql = "delete from DiallerContacts where ID = (select max(ID) from DiallerContacts) returning ID"
                yield execute(sql)
            else:
                yield execute(
                    "insert into DiallerContacts (ID, ClientsID, DiallerCampaignsID, Name) values (:id, 1, 1, 'Name')"
                    " on conflict (ID) do update set Name = excluded.Name returning ID",
                    id=step,
                )
        execute("commit" if commits else "rollback")


def test_insert_from_select_gives_consecutive_ids_in_its_order(contacts: Run) -> None:
    contacts(
        "insert into DiallerContacts (ClientsID, DiallerCampaignsID, Name)"
        " select 1, 1, 'Name' || n from generate_series(1, 1000) as n order by n desc"
    )
    rows = contacts("select ID, Name from DiallerContacts order by ID")
    assert [(row["ID"], row["Name"]) for row in rows] == [(n, f"Name{1001 - n}") for n in range(1, 1001)]


def test_insert_undone_to_savepoint_gives_id_again(contacts: Run, connection: Connection) -> None:
    with connection.transaction():
        assert insert(contacts, "values (null, 1, 1, 'A')") == [1]
        with connection.transaction(force_rollback=True):
            assert insert(contacts, "values (null, 1, 1, 'B'), (null, 1, 1, 'C')") == [2, 3]
        assert insert(contacts, "values (null, 1, 1, 'D')") == [2]


def test_insert_failed_after_first_row_gives_id_again(contacts: Run, connection: Connection) -> None:
    with connection.transaction():
        with pytest.raises(Exception, match="check"), connection.transaction():
            insert(contacts, "values (null, 1, 1, 'A'), (null, 1, 1, '')")
        assert insert(contacts, "values (null, 1, 1, 'B')") == [1]


def test_insert_with_given_id_raises_next_id_of_its_table_only(contacts: Run) -> None:
    assert insert(contacts, "values (70, 1, 1, 'A'), (7, 1, 1, 'B')") == [70, 7]
    assert insert(contacts, "values (null, 1, 1, 'C')") == [71]
    rows = contacts("select Name, Last from Sequences where Last > 0")
    assert rows == [{"Name": "DiallerContacts", "Last": 71}]


def test_copy_without_ids_gives_consecutive_ids(contacts: Run, connection: Connection) -> None:
    statement = 'copy "DiallerContacts" ("ClientsID", "DiallerCampaignsID", "Name") from stdin'
    with connection.cursor().copy(statement) as copy:
        for number in range(100):
            copy.write_row((1, 1, f"Name{number}"))
    rows = contacts("select ID, Name from DiallerContacts order by ID")
    assert [(row["ID"], row["Name"]) for row in rows] == [(n + 1, f"Name{n}") for n in range(100)]
