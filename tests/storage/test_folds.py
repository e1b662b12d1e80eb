"""The fold of each text is stored with it on every way in, and a filter finds the text in any letter case."""

import csv
import io
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis.strategies import characters, lists, text

from data.lists.fields import list_fields
from data.lists.filters import TEXTS, compile_filter
from data.store.sqlite import SQLiteStore
from tests.support.contacts import (
    CONTACTS,
    CSV,
    OVERWRITE,
    contact,
    import_file,
    list_contacts,
    make_campaign,
    store_contact,
    to_ndjson,
)
from tests.support.files import read_rows
from tests.support.folds import TABLES, Fold, find_misfolded, read_folds
from tests.support.letters import ALPHABETS, NAMES
from tests.support.service import Service, run_freiton

pytestmark = pytest.mark.uncovered

EVENT_CREATION = "/acd/events/create"
EVENT = {"AcdEventTypesID": 3, "AcdGroupsID": 137, "Sender": "+4989123456"}
MANY_TEXTS = lists(
    text(characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20), min_size=1
)
# A column that no other table has.
COLUMNS = {"AcdEvents": "Subject", "DiallerCampaigns": "ContactPreviewTime", "DiallerContacts": "Comment"}
numbers = count(1)


@pytest.fixture(scope="module")
def api(own_demo: Service) -> Iterator[httpx.Client]:
    """Client 1 of a demo server of this file's own."""
    with own_demo.client() as client:
        yield client


def find_in(database: Path) -> list[Fold]:
    """Return the texts of a database whose fold is not stored, and check that there are some that need one."""
    read = partial(read_rows, database)
    assert any(not text.isascii() for _, _, text, _ in read_folds(read))
    return find_misfolded(read)


def to_csv(rows: list[list[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_seed_stores_folds(fresh_demo: Service) -> None:
    assert find_in(fresh_demo.database) == []


@settings(max_examples=10)
@given(MANY_TEXTS)
def test_write_any_texts_stores_their_folds(own_demo: Service, api: httpx.Client, texts: list[str]) -> None:
    campaign = make_campaign(api)
    clone = {"source": "Campaign 1000", "destination": f"{next(numbers)} {texts[0]}", "userData": texts[-1]}
    assert api.post("/dialler/campaigns/clone", json=clone).status_code == 200
    key, *_ = texts
    rows = [contact(campaign, Comment=each, City=each, UserData=each) for each in texts]
    for overwrite in ({}, OVERWRITE):
        store_contact(api, contact(campaign, UserData=key, Company=key.upper(), **({} if overwrite else {"City": key})))
        import_file(api, to_ndjson(rows), **overwrite)
    file = to_csv([["Name", "PhoneNumber1", "Comment"], *(["x" + each, "1", each] for each in texts)])
    import_file(api, file, CSV, diallerCampaignsID=campaign)
    answer = api.post(EVENT_CREATION, json={**EVENT, "Subject": f"{key}", "Body": texts[-1]})
    assert answer.status_code == 200, answer.text
    assert find_in(own_demo.database) == []


def test_load_stores_folds(own_demo: Service, api: httpx.Client) -> None:
    (event,) = api.get("/acd/events/event/3001").json()["records"]
    (campaign,) = api.get("/dialler/campaigns/538").json()["records"]
    (stored,) = api.get(CONTACTS, params={"limitPageSize": 1}).json()["records"]
    for record in (event, campaign, stored):
        # A field that has no column has no fold either.
        named = {"Subject", "Body", "UserData", "Comment"} & record.keys()
        changed = {**record, **dict.fromkeys(named, "ÄSSßİI"), "Unknown": "Ü"}
        options = ("--database", str(own_demo.database), "--client", "1")
        answer = run_freiton("load", "-", *options, stdin=json.dumps([changed]))
        assert (answer.returncode, answer.stderr) == (0, "")
        table = next(table for table, column in COLUMNS.items() if column in record)
        sql = f"select Folded from {table} where ID = {record['ID']}"
        ((folded,),) = read_rows(own_demo.database, sql)
        assert dict.fromkeys(named, "ässssii").items() <= json.loads(folded).items()
    assert find_in(own_demo.database) == []


def test_overwrite_with_ascii_leaves_no_fold(own_demo: Service, api: httpx.Client) -> None:
    campaign = make_campaign(api)
    store_contact(api, contact(campaign, UserData="u", Comment="Größe"))
    stored = store_contact(api, contact(campaign, UserData="u", Comment="Size"), **OVERWRITE)
    sql = f"select Comment, Folded from DiallerContacts where ID = {stored['ID']}"
    assert read_rows(own_demo.database, sql) == [("Size", None)]


@pytest.mark.parametrize("texts", [NAMES, ALPHABETS], ids=["names", "letters"])
def test_filter_finds_texts_in_any_letter_case(api: httpx.Client, texts: list[str]) -> None:
    campaign = make_campaign(api)
    import_file(api, to_ndjson(contact(campaign, Comment=each) for each in texts))
    for each in random.Random(1).sample(texts, 12):
        for spelling in {each, each.upper(), each.lower(), each.title(), each.casefold()}:
            for word in ("contains", "startswith", "endswith"):
                expression = f"{word}(Comment,{quote(spelling)})"
                found = [record["Comment"] for record in list_contacts(api, campaign, filter=expression)]
                assert each in found, (word, spelling)


@pytest.mark.sqlite
def test_filter_needs_no_function_of_ours(copy: Path) -> None:
    with SQLiteStore(copy), closing(sqlite3.connect(copy)) as stock:
        for table in TABLES:
            fields = list_fields(table)
            for name in (name for name, field in fields.items() if field.type in TEXTS):
                condition = compile_filter(f"contains({name},'Ä') or endswith({name},'1')", fields)
                stock.execute(f"select ID from {table} where {condition.sql}", condition.parameters).fetchall()
