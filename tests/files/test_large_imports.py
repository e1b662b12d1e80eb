"""An import of all contacts of a file or none is unseen until it is whole, and others write meanwhile."""

import json
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.support.command import assert_fails, succeed
from tests.support.contacts import (
    BY_USER_DATA,
    CONTACTS,
    assert_counts_fit,
    contact,
    list_contacts,
    make_campaign,
    store_contact,
)
from tests.support.files import execute, read_rows, run_maintenance
from tests.support.service import Killed, Service, run_freiton
from tests.support.uploads import (
    HIDDEN,
    MANY,
    SLOW,
    await_settled,
    begin_import,
    count,
    importing,
    make_contacts,
)
from tests.support.waiting import await_
from tests.support.writer import Writer

NO_CODE, NO_CAMPAIGN = "Dialler result code not found", "Dialler campaign not found"
FIRST_HIDDEN = "select min(ID), max(ID) from DiallerContacts where ID not in (select ID from DiallerContactsPresent)"


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own."""
    return own_demo


@pytest.fixture
def campaign(demo: Service, api: httpx.Client) -> Iterator[int]:
    """A campaign without contacts, which are counted well at the end."""
    yield make_campaign(api)
    await_settled(demo.database)
    assert_counts_fit(demo.database)


def has_hidden(database: Path, least: int) -> bool:
    """Return whether more contacts than that are stored that nobody sees."""
    return count(database, HIDDEN) > least


def read_numbers(api: httpx.Client, campaign: int) -> set[int]:
    """Return how many of the contacts of a campaign each reader sees."""
    page = {"diallerCampaignsID": campaign, "limitPageSize": 1}
    total = int(api.get(CONTACTS, params=page).headers["X-Total-Count"])
    found = api.get(BY_USER_DATA, params={"userData": f"L{campaign}-{MANY - 1}"}).json()["count"]
    named = list_contacts(api, campaign, filter="Name eq 'N0'")
    batch = api.post(CONTACTS, params={"languagesID": 1}, json={"UserDataList": [f"L{campaign}-0"]}).json()["count"]
    return {total, *({0: 0, 1: MANY}[number] for number in (found, len(named), batch))}


def test_others_write_between_steps(demo: Service, api: httpx.Client, campaign: int) -> None:
    with importing(api, demo.database, make_contacts(campaign, range(MANY))) as answer:
        with Writer(demo) as writer:
            writer.await_more(writer.acknowledged)
        assert count(demo.database, HIDDEN) > 0
        assert not answer.done()
    assert answer.result().json()["count"] == MANY
    assert writer.refused == []


def test_readers_see_none_or_all(demo: Service, api: httpx.Client, campaign: int) -> None:
    with demo.client() as reader, importing(api, demo.database, make_contacts(campaign, range(MANY))) as answer:
        ((first, _),) = read_rows(demo.database, FIRST_HIDDEN)
        path = f"{BY_USER_DATA}/{first}"
        answers = [
            *(reader.get(f"{CONTACTS}/{first}"), reader.delete(path)),
            *(reader.post(f"{path}/lock"), reader.delete(f"{path}/lock")),
        ]
        assert [each.status_code for each in answers] == [404] * 4
        assert list_contacts(reader, campaign) == []
        assert reader.post(CONTACTS, params={"languagesID": 1}, json={"IDList": [first]}).json()["records"] == []
        where = ("--client", "1", "--database", demo.database)
        assert f"L{campaign}-0" not in succeed("contacts", "export", "-", *where)
        assert read_numbers(reader, campaign) == {0}
        seen = set[int]()
        SLOW.drop(demo.database)
        while not answer.done():
            seen |= read_numbers(reader, campaign)
    assert seen <= {0, MANY}
    assert read_numbers(api, campaign) == {MANY}
    records = answer.result().json()["records"]
    assert [record["ID"] for record in records] == [*range(first, first + MANY)]
    assert [stored["ID"] for stored in list_contacts(api, campaign)] == [record["ID"] for record in records]


def test_contacts_of_others_have_ids_between_those_of_an_import(
    demo: Service, api: httpx.Client, campaign: int
) -> None:
    with demo.client() as other, importing(api, demo.database, make_contacts(campaign, range(MANY))) as answer:
        stored = [store_contact(other, contact(campaign, Name="Between")) for _ in range(3)]
        assert list_contacts(other, campaign) == stored
        count_before = count(demo.database, HIDDEN)
        await_(lambda: count(demo.database, HIDDEN) > count_before)
        assert list_contacts(other, campaign) == stored
    created = {record["ID"] for record in answer.result().json()["records"]}
    assert min(created) < stored[0]["ID"] < max(created)
    assert {record["ID"] for record in list_contacts(api, campaign)} == created | {each["ID"] for each in stored}


def test_import_that_fails_in_last_step_leaves_none(demo: Service, api: httpx.Client, campaign: int) -> None:
    content = [*make_contacts(campaign, range(MANY)), contact(campaign, ResultCodesExportKey="?"), contact(539)]
    before = list_contacts(api)
    with importing(api, demo.database, content) as answer:
        pass
    records = answer.result().json()["records"]
    assert {record["outcome"] for record in records[:-2]} == {"cancelled"}
    assert [record["error"] for record in records[-2:]] == [
        "Dialler result code not found",
        "Dialler campaign not found",
    ]
    assert list_contacts(api) == before


def test_import_taken_for_dead_is_refused_and_leaves_none(demo: Service, api: httpx.Client, campaign: int) -> None:
    with importing(api, demo.database, make_contacts(campaign, range(MANY))) as answer:
        execute(demo.database, ["update DiallerContactsUploads set nStepped = 0"])
    assert answer.result().status_code == 503
    assert list_contacts(api, campaign) == []


def test_campaign_deleted_meanwhile_is_not_found(demo: Service, api: httpx.Client, campaign: int) -> None:
    other_campaign = make_campaign(api)
    contacts = [*make_contacts(other_campaign, range(50)), *make_contacts(campaign, range(MANY))]
    with demo.client() as other, importing(api, demo.database, contacts) as answer:
        assert other.delete(f"/dialler/campaigns/campaign/{other_campaign}").status_code == 200
    records = answer.result().json()["records"]
    assert {record["error"] for record in records[:50]} == {NO_CAMPAIGN}
    assert {record["outcome"] for record in records[50:]} == {"cancelled"}
    assert list_contacts(api, campaign) == []


@pytest.mark.sqlite
def test_backup_in_the_middle_has_none(demo: Service, api: httpx.Client, campaign: int, tmp_path: Path) -> None:
    with importing(api, demo.database, make_contacts(campaign, range(MANY))) as answer:
        assert run_maintenance("backup", tmp_path / "backup.db", demo.database) == (0, "", "")
    assert answer.result().status_code == 200
    assert count(tmp_path / "backup.db", HIDDEN) > 0
    assert run_maintenance("restore", tmp_path / "backup.db", tmp_path / "freiton.db") == (0, "", "")
    assert run_maintenance("check", None, tmp_path / "freiton.db") == (0, "sound\n", "")
    execute(tmp_path / "freiton.db", ["update DiallerContactsUploads set nStepped = 1"])
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as restored:
        assert list_contacts(restored, campaign) == []
        await_settled(service.database)
        assert_counts_fit(service.database)


@pytest.mark.sqlite
def test_restore_in_the_middle_ends_the_import(fresh_demo: Service, fresh_api: httpx.Client, tmp_path: Path) -> None:
    database = fresh_demo.database
    with importing(fresh_api, database, make_contacts(538, range(MANY))) as answer:
        assert run_maintenance("backup", tmp_path / "backup.db", database) == (0, "", "")
        before = count(database, HIDDEN)
        await_(lambda: count(database, HIDDEN) > before)
        assert run_maintenance("restore", tmp_path / "backup.db", database) == (0, "", "")
        await_(answer.done)
    assert answer.result().status_code == 503
    assert list_contacts(fresh_api, 538, filter="startswith(UserData,'L')") == []


def test_load_of_id_that_an_import_has_given_is_refused(demo: Service, api: httpx.Client, campaign: int) -> None:
    with importing(api, demo.database, make_contacts(campaign, range(MANY))) as answer:
        ((first, _),) = read_rows(demo.database, FIRST_HIDDEN)
        options = ("--client", "1", "--kind", "contact", "--database", str(demo.database))
        run = run_freiton("load", "-", *options, stdin=json.dumps([contact(campaign, ID=first)]))
        assert_fails(run, 1, "ID: is another owner's")
    assert answer.result().json()["records"][0]["ID"] == first


def test_kill_at_any_step_leaves_none(tmp_path: Path, rounds: Callable[[int, int], int]) -> None:
    database = tmp_path / "freiton.db"
    for number in range(rounds(2, 60)):
        with Killed(database, "--demo", "--workers", str(1 + number % 2)) as service, service.client() as api:
            campaign = make_campaign(api)
            before = list_contacts(api)
            SLOW.create(database)
            with begin_import(service, make_contacts(campaign, range(MANY))):
                await_(partial(has_hidden, database, random.randrange(MANY // 2)))
                service.stop()
        # As if the minute had passed in which it may be alive.
        execute(database, ["update DiallerContactsUploads set nStepped = 1"])
        SLOW.drop(database)
        assert run_maintenance("check", None, database) == (0, "sound\n", "")
        with Service(database, "--demo") as restarted, restarted.client() as api:
            assert list_contacts(api) == before
            await_settled(database)
            assert list_contacts(api) == before
            assert_counts_fit(database)
