"""Records from PostgreSQL are equal to those from SQLite, to the byte."""

import json
import math
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.store.sqlite import SQLiteStore
from tests.support.postgresql import Connection, run

# Table to the table or view that its records are read from.
SOURCES = {
    "AcdEventTypes": "AcdEventTypes",
    "AcdEventStatus": "AcdEventStatus",
    "AcdGroups": "AcdGroups",
    "AcdEvents": "AcdEvents",
    "ServiceNumbers": "ServiceNumbers",
    "CockpitVariables": "CockpitVariables",
    "RoutingApplications": "RoutingApplications",
    "NetworkIVRLists": "NetworkIVRLists",
    "NetworkIVRListsEntries": "NetworkIVRListsEntries",
    "Users": "Users",
    "Calls": "Calls",
    "DiallerCampaigns": "DiallerCampaigns",
    "DiallerContacts": "DiallerContactsPresent",
    "DiallerCampaignsResultCodes": "DiallerCampaignsResultCodesRecords",
}
PARENT = 9
PARENTS = f"""
    insert into Clients (ID, Name) values ({PARENT}, 'Client');
    insert into Languages (ID, Name) values (1, 'English'), (2, 'German');
    insert into AcdEventTypes (ID, ShortText) values ({PARENT}, 'Type');
    insert into AcdEventStatus (ID, ShortText) values ({PARENT}, 'Status');
    insert into AcdGroups (ID, ClientsID, Name) values ({PARENT}, {PARENT}, 'Group');
    insert into NetworkIVRLists (ID, ClientsID, Name) values ({PARENT}, {PARENT}, 'List');
    insert into DiallerCampaigns (ID, ClientsID, Name) values ({PARENT}, {PARENT}, 'Campaign');
    insert into DiallerResultCodesTypes (ID) values ({PARENT});
    insert into DiallerResultCodesTypesTexts values ({PARENT}, 1, 'Type'), ({PARENT}, 2, 'Art');
"""
REFERENCES = {
    *("ClientsID", "AcdEventTypesID", "AcdEventStatusID", "AcdGroupsID", "DiallerCampaignsID"),
    *("DiallerResultCodesTypesID", "NetworkIVRListsID"),
}
NOT_NEGATIVE = {"UsersID", "ChatConnectorsID"}
LARGEST = 2**63 - 1
ESCAPED = "\"\\/\b\f\n\r\t\x01\x1f\x7f\x80\u2028\ufeff\U0001f600'{}"

characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.one_of(st.text(characters, min_size=1, max_size=50), st.just(ESCAPED))
moments = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds"))
reals = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-LARGEST - 1, LARGEST)
KINDS: dict[str, st.SearchStrategy[Any]] = {"TEXT": texts, "REAL": reals, "INTEGER": integers}
# Columns with a check of their own.
CHECKED: dict[str, st.SearchStrategy[Any]] = {
    "CallState": st.sampled_from(["ringing", "connected", "held"]),
    "AcdCallMonitoring_bCallRequest": st.integers(0, 1),
}
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), reals, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=4,
)
extras = st.dictionaries(texts, values, max_size=2).map(
    lambda extra: json.dumps(extra, ensure_ascii=False, separators=(",", ":"))
)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to a SQLite database with the schema of records."""
    opened = SQLiteStore(tmp_path_factory.mktemp("sqlite") / "freiton.db", create=True, durable=False)
    with closing(opened):
        sqlite = opened.connections.get().conn
        sqlite.executescript(PARENTS)
        sqlite.execute("create temp table Reals (x real) strict")
        yield sqlite


@pytest.fixture(scope="module")
def postgresql(connection: Connection) -> Connection:
    """A connection to a PostgreSQL database with the same rows."""
    run(connection, PARENTS)
    return connection


def make_rows(sqlite: Any, table: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for rows of a table."""
    columns = sqlite.execute(f"pragma table_info({table})").fetchall()
    return st.fixed_dictionaries({name: _make_values(name, kind, needed) for _, name, kind, needed, *_ in columns})


def _make_values(name: str, kind: str, is_needed: bool) -> st.SearchStrategy[Any]:
    if name in REFERENCES:
        return st.just(PARENT)
    if name == "ID":
        return st.integers(PARENT + 1, LARGEST)
    if name == "Extra":
        return extras
    if name == "Folded":
        return st.none()
    own: st.SearchStrategy[Any]
    if name in CHECKED:
        own = CHECKED[name]
    elif name.startswith("b"):
        own = st.integers(0, 1)
    elif name.startswith("dt") and is_needed:
        own = moments
    else:
        own = st.integers(0, LARGEST) if name in NOT_NEGATIVE else KINDS[kind]
    return own if is_needed else st.one_of(st.none(), own)


@pytest.mark.parametrize("table", SOURCES)
@settings(max_examples=60)
@given(data=st.data())
def test_same_row_inserted_gives_same_record(
    sqlite: Any, postgresql: Connection, table: str, data: st.DataObject
) -> None:
    row = data.draw(make_rows(sqlite, table))
    places = ", ".join(f":{name}" for name in row)
    scripts = [f"insert into {table} ({', '.join(row)}) values ({places})"]
    if table == "DiallerCampaignsResultCodes":
        scripts.append(
            "insert into DiallerCampaignsResultCodesTexts (DiallerCampaignsResultCodesID, LanguagesID, Content,"
            " DiallerResultCodesTypesContent) values (:ID, :language, :content, :type)"
        )
        row |= data.draw(
            st.fixed_dictionaries(
                {"language": st.integers(1, 2), "content": texts, "type": st.one_of(st.none(), texts)},
            )
        )
    read = f"select Record from {SOURCES[table]} where ID = :ID"
    sqlite.execute("begin")
    for script in scripts:
        sqlite.execute(script, row)
    theirs = sorted(record for (record,) in sqlite.execute(read, row))
    sqlite.execute("rollback")
    with postgresql.transaction(force_rollback=True):
        for script in scripts:
            run(postgresql, script, **row)
        ours = sorted(answer["Record"] for answer in run(postgresql, read, **row))
    assert ours == theirs != []
    assert json.loads(ours[0])["ID"] == row["ID"]


@settings(max_examples=100)
@example([0.0, -0.0, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 1e22, 1e17, 1e16, 1e15, 1e14, 0.1, 1e-7])
@example([12.5, 100.0, 9.7e-7, 0.001, 0.0001, 0.30000000000000004, 1 / 3, 9007199254740993.0, 999999999999.99])
@given(st.lists(reals, min_size=1, max_size=100))
def test_real_numbers_are_written_alike(sqlite: Any, postgresql: Connection, numbers: list[float]) -> None:
    require_alike(sqlite, postgresql, numbers)


def test_reals_of_all_exponents_and_lengths_are_written_alike(sqlite: Any, postgresql: Connection) -> None:
    powers = [2.0**exponent for exponent in range(-1074, 1024)]
    tens = [float(f"{digits}e{exponent}") for exponent in range(-323, 308) for digits in ("1", "9.7", "3.00000000004")]
    lengths = [float(f"1.{'37' * 9:.{length}}e{exponent}") for exponent in range(-9, 19) for length in range(1, 18)]
    near = [math.nextafter(number, side) for number in tens for side in (0.0, math.inf)]
    # Odd multipliers walk over all bits.
    bits = [struct.unpack("d", struct.pack("Q", (n * 0x9E3779B97F4A7C15) % 2**64))[0] for n in range(20_000)]
    numbers = [*powers, *tens, *lengths, *near, *filter(math.isfinite, bits)]
    require_alike(sqlite, postgresql, numbers + [-number for number in numbers])


def require_alike(sqlite: Any, postgresql: Connection, numbers: list[float]) -> None:
    """Assert that both engines write these numbers as the same JSON."""
    sqlite.execute("delete from Reals")
    sqlite.executemany("insert into Reals values (?)", [(number,) for number in numbers])
    theirs = [text[1:-1] for (text,) in sqlite.execute("select json_array(x) from Reals order by rowid")]
    rows = run(
        postgresql,
        "select real_text(x) as written from unnest(:numbers::float8[]) with ordinality as t (x, n) order by n",
        numbers=numbers,
    )
    assert [row["written"] for row in rows] == theirs


def test_row_updated_has_record_of_its_new_values(postgresql: Connection) -> None:
    for table, column in (("AcdEventTypes", "ShortText"), ("AcdGroups", "Name"), ("DiallerCampaigns", "Name")):
        (row,) = run(postgresql, f"update {table} set {column} = 'New' where ID = {PARENT} returning Record")
        assert json.loads(row["Record"])[column] == "New"


@pytest.mark.parametrize("amount", [math.inf, -math.inf, math.nan])
def test_amount_that_json_does_not_have_is_refused(postgresql: Connection, amount: float) -> None:
    insert = "insert into DiallerContacts (ClientsID, DiallerCampaignsID, Name, Amount) values (1, 1, 'Name', :amount)"
    with pytest.raises(psycopg.errors.CheckViolation):
        run(postgresql, insert, amount=amount)
