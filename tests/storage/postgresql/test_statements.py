"""Our SQL reaches PostgreSQL with its names, parameters and texts as they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.store.postgresql.statements import translate
from tests.support.postgresql import Connection

names = st.from_regex(r"[A-Z][A-Za-z0-9_]{0,20}", fullmatch=True)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("select ID, bDemo from Clients", 'select "ID", "bDemo" from "Clients"'),
        ("select nContacts, count(*) as total", 'select "nContacts", count(*) as total'),
        ("where ID = :id and Name = :Name", 'where "ID" = %(id)s and "Name" = %(Name)s'),
        ("Contacts.ID in (:filter_0, :filter_1)", '"Contacts"."ID" in (%(filter_0)s, %(filter_1)s)'),
        ("Line::text || Line::bigint", '"Line"::text || "Line"::bigint'),
        ("Name = 'It''s :not Here -- 5 %' and ID % 2 = 1", "\"Name\" = 'It''s :not Here -- 5 %%' and \"ID\" %% 2 = 1"),
        ("select 1 -- SQLite's Own\n, ID", 'select 1 \n, "ID"'),
        ('"Kept Name" = 1E5 + 1.5E3', '"Kept Name" = 1E5 + 1.5E3'),
        ("do $$ begin last := new.ID; end $$", 'do $$ begin last := new."ID"; end $$'),
        ("Folded ->> 'Name'", "\"Folded\" ->> 'Name'"),
    ],
)
def test_translate_statement_returns_it_for_psycopg(ours: str, theirs: str) -> None:
    assert translate(ours) == theirs


@given(name=names, other=names, text=texts, value=texts)
def test_translated_statement_run_returns_its_names_and_texts(
    connection: Connection, name: str, other: str, text: str, value: str
) -> None:
    quoted = text.replace("'", "''")
    sql = f"select '{quoted}' as {name}_, :{other}::text as {other}, 7 % 4 as rest -- It's :nothing %\n"
    (row,) = connection.execute(translate(sql), {other: value}).fetchall()
    assert row == {f"{name}_": text, other: value, "rest": 3}


def test_translated_script_without_parameters_runs_as_several_statements(connection: Connection) -> None:
    script = "create table Percents (Share text); insert into Percents values ('5 %');"
    connection.execute(translate(script), {})
    assert connection.execute(translate("select Share from Percents")).fetchall() == [{"Share": "5 %"}]
