"""The schema on PostgreSQL has the tables and columns of the one on SQLite."""

from contextlib import closing
from pathlib import Path

from data.store.sqlite import SQLiteStore
from tests.support.postgresql import Connection, run

ONLY_SQLITE = {"WriteAheadLog", "sqlite_sequence"}
ONLY_POSTGRESQL = {"Schema", "Sequences", "DiallerContactsStaged"}
TYPES = {"TEXT": {"text", "json"}, "INTEGER": {"bigint", "smallint"}, "REAL": {"double precision"}}


def test_tables_and_columns_are_those_of_sqlite_in_their_order(connection: Connection, tmp_path: Path) -> None:
    rows = run(
        connection,
        "select table_name, column_name, data_type, collation_name from information_schema.columns"
        " where table_schema = 'public' order by table_name, ordinal_position",
    )
    with closing(SQLiteStore(tmp_path / "freiton.db", create=True)) as opened:
        sqlite = opened.connections.get().conn
        tables = [name for (name,) in sqlite.execute("select name from sqlite_schema where type in ('table', 'view')")]
        theirs = {table: sqlite.execute(f"pragma table_xinfo({table})").fetchall() for table in tables}
    ours: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        ours.setdefault(row["table_name"], []).append((row["column_name"], row["data_type"]))
    assert ours.keys() - ONLY_POSTGRESQL == theirs.keys() - ONLY_SQLITE
    for table in ours.keys() - ONLY_POSTGRESQL:
        # On SQLite the record of a contact is a column of the table; views have no types there that are always known.
        expected = [
            (name, kind) for _, name, kind, *_ in theirs[table] if (table, name) != ("DiallerContacts", "Record")
        ]
        assert [name for name, _ in ours[table]] == [name for name, _ in expected], table
        assert all(mine in TYPES.get(kind, {mine}) for (_, mine), (_, kind) in zip(ours[table], expected, strict=True))


def test_texts_are_compared_by_code_points(connection: Connection) -> None:
    rows = run(
        connection,
        "select table_name, column_name from information_schema.columns where table_schema = 'public'"
        " and data_type = 'text' and collation_name is distinct from 'C'",
    )
    assert rows == []


def test_staged_contacts_have_the_columns_of_contacts(connection: Connection) -> None:
    staged, contacts = (
        [
            row["column_name"]
            for row in run(
                connection,
                "select column_name from information_schema.columns where table_name = :name order by ordinal_position",
                name=name,
            )
        ]
        for name in ("DiallerContactsStaged", "DiallerContacts")
    )
    assert staged == ["DiallerContactsUploadsID", *contacts]


def test_search_by_fold_finds_texts_of_ascii_and_others(connection: Connection) -> None:
    insert = "insert into DiallerContacts (ClientsID, DiallerCampaignsID, Name, Folded) values (1, 1, :name, :folded)"
    for name, folded in (("MÜLLER", '{"Name":"müller"}'), ("SMITH", None)):
        run(connection, insert, name=name, folded=folded)
    rows = run(connection, "select coalesce(Folded ->> 'Name', lower(Name)) as fold from DiallerContactsPresent")
    assert sorted(row["fold"] for row in rows) == ["müller", "smith"]
