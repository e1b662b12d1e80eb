"""A database that the first version made is served with all that it holds, and goes on from there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.store.scripts import MIGRATIONS, read_script
from data.store.sqlite import sqlite3
from data.store.sqlite.schema import newest_version
from data.store.texts import fold
from tests.support.command import succeed
from tests.support.contacts import CONTACTS, assert_counts_fit, contact, list_contacts, make_campaign, store_contact
from tests.support.files import execute, read_rows, run_maintenance
from tests.support.first_version import NEWEST_ID, make_old
from tests.support.service import Service

pytestmark = [pytest.mark.uncovered, pytest.mark.sqlite]

# The version of the schema from which on a database knows its log.
FIRST_WITH_LOG = 7
FIELDS = "ID, DiallerCampaignsID, UserData, Name, FirstName, Company, City, PhoneNumber1, Amount, RandomSortOrder"
KEPT = f"select {FIELDS}, dtNextTry, nTriesPhoneNumber1, nPhoneNumber1LastCause, Extra from DiallerContacts order by ID"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A demo database of schema version 1."""
    return make_old(tmp_path / "freiton.db")


def of_client(rows: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    return [(row["ID"], row["DiallerCampaignsID"], row["UserData"]) for row in rows]


@pytest.fixture
def before(old: Path) -> list[Any]:
    """The contacts as the first version has stored them."""
    return read_rows(old, KEPT)


@pytest.fixture
def upgraded(old: Path, before: list[Any]) -> Iterator[Service]:
    """A server of this version on that database."""
    assert len(before) == 6
    with Service(old, "--demo") as service:
        yield service


def test_upgrade_serves_same_contacts(upgraded: Service, before: list[Any]) -> None:
    assert read_rows(upgraded.database, "pragma user_version") == [(newest_version(),)]
    assert read_rows(upgraded.database, KEPT) == before
    with upgraded.client() as one, upgraded.client(2) as two:
        assert of_client(list_contacts(one)) == [
            *((215380, 500, "CON6174"), (215381, 500, "CON6175")),
            *((215395, 535, "CON6189"), (215396, 535, "CON6190")),
        ]
        assert of_client(list_contacts(two)) == [(215417, 539, "CON6211"), (NEWEST_ID, 539, "CON6217")]
        assert [list_contacts(two, 540), len(list_contacts(one, 500))] == [[], 2]
        (record,) = one.get(f"{CONTACTS}/215396").json()["records"]
    expected = {"Name": "Übergang", "Amount": 12.5, "RandomSortOrder": -7, "dtNextTry": "2026-12-24T18:30:00.000"}
    expected |= {"bPhoneNumber2Invalid": True, "nTriesPhoneNumber1": 3, "nPhoneNumber1LastCause": 17, "Old": [True]}
    assert {field: record[field] for field in expected} == expected
    assert (record["ClientsID"], record["dtLocked"], record["dtImported"]) == (1, None, None)
    assert_counts_fit(upgraded.database)
    assert run_maintenance("check", None, upgraded.database)[0] == 0


def test_upgrade_goes_on_with_ids_never_given(upgraded: Service) -> None:
    with upgraded.client() as api:
        assert store_contact(api, contact(500))["ID"] == NEWEST_ID + 1
        assert api.delete("/dialler/campaigns/campaign/535").json() == {"status": 200}
        assert [row[1] for row in of_client(list_contacts(api))] == [500, 500, 500]


@pytest.mark.parametrize(
    "deletion", [f"delete from DiallerContacts where ID = {NEWEST_ID}", "delete from DiallerContacts"]
)
def test_upgrade_never_gives_id_of_deleted_contact(old: Path, deletion: str) -> None:
    execute(old, [deletion])
    with Service(old, "--demo") as service, service.client() as api:
        assert store_contact(api, contact(500))["ID"] == NEWEST_ID + 1
        assert_counts_fit(old)


def test_upgrade_of_database_that_never_had_contacts_begins_with_first_id(old: Path) -> None:
    execute(old, ["delete from DiallerContacts", "delete from sqlite_sequence where name = 'DiallerContacts'"])
    with Service(old, "--demo") as service, service.client() as api:
        assert [store_contact(api, contact(500))["ID"] for _ in range(2)] == [1, 2]


def test_upgrade_twice_changes_nothing(upgraded: Service) -> None:
    upgraded.stop()
    once = read_rows(upgraded.database, "select * from DiallerContacts")
    assert succeed("client", "list", "--database", upgraded.database)
    with Service(upgraded.database, "--demo") as service, service.client() as api:
        assert read_rows(service.database, "select * from DiallerContacts") == once
        assert list_contacts(api, make_campaign(api)) == []


def test_upgrade_that_cannot_be_finished_leaves_old_database(old: Path, before: list[Any]) -> None:
    execute(old, ["create table DiallerContactsCounts (ID integer)"])
    with pytest.raises(AssertionError), Service(old, "--demo"):
        pass
    assert read_rows(old, KEPT) == before
    # The one before the table.
    assert read_rows(old, "pragma user_version") == [(3,)]


@pytest.mark.parametrize("version", range(FIRST_WITH_LOG, newest_version()))
def test_upgrade_of_database_that_knows_its_log_is_served(old: Path, version: int) -> None:
    scripts = sorted(MIGRATIONS.iterdir(), key=lambda script: script.name)
    with closing(sqlite3.connect(old, isolation_level=None)) as database:
        database.create_function("fold", 1, fold, deterministic=True)
        for script in scripts[1:version]:
            database.executescript(read_script(script, "sqlite"))
        # That of a log which is gone.
        database.executescript(f"update WriteAheadLog set Salt = 4711; pragma user_version = {version}")
    with Service(old, "--demo") as service, service.client() as api:
        assert len(list_contacts(api)) == 4
