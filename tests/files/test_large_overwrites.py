"""An import that overwrites contacts shows all of them overwritten at once, whatever others do with them meanwhile."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.contacts import (
    BY_USER_DATA,
    CONTACTS,
    OVERWRITE,
    Record,
    assert_counts_fit,
    import_file,
    list_contacts,
    make_campaign,
    post_file,
    store_contact,
    to_ndjson,
)
from tests.support.files import execute, read_last_id, run_maintenance
from tests.support.loading import load_records
from tests.support.service import Killed, Service
from tests.support.triggers import Trigger
from tests.support.uploads import (
    MANY,
    SLOW,
    UPLOADS,
    await_settled,
    begin_import,
    count,
    importing,
    make_contacts,
)
from tests.support.waiting import await_

OLD = 1_200
STAGED = f"{UPLOADS} where bStaged = 1"
MOVING = f"{UPLOADS} where bPublished = 1"
HELD = Trigger("held", "before update of Company", "DiallerContacts")
# Makes each import begin again.
OVERTAKE = "update DiallerContactsUploads set bOvertaken = 1 where ID = new.ID"
OVERTAKING = Trigger("overtaking", "after insert", "DiallerContactsUploads", statement=OVERTAKE)


@pytest.fixture(scope="module")
def demo(own_demo: Service) -> Service:
    """A demo server of this file's own."""
    return own_demo


@pytest.fixture
def old(demo: Service, api: httpx.Client) -> Iterator[list[Record]]:
    """The contacts of a campaign, to be overwritten, which are counted well at the end."""
    campaign = make_campaign(api)
    import_file(api, to_ndjson(make_contacts(campaign, range(OLD), Company="Old")))
    yield list_contacts(api, campaign)
    SLOW.drop(demo.database)
    HELD.drop(demo.database)
    await_settled(demo.database)
    assert_counts_fit(demo.database)


def hold(database: Path, first: Record) -> None:
    """Let no contact be moved from this one on."""
    HELD._replace(condition=f"old.ID = {first['ID']}").create(database)


def make_new(old: list[Record]) -> list[Record]:
    """Return contacts that overwrite the old ones, with other names, and more behind."""
    campaign = old[0]["DiallerCampaignsID"]
    return [body | {"Name": f"Z{body['Name']}"} for body in make_contacts(campaign, range(OLD + MANY), Company="New")]


def read_companies(api: httpx.Client, old: list[Record], **params: Any) -> list[tuple[str, int]]:
    """Return company and number of the contacts of a campaign, as a list in the order of names has them."""
    records = list_contacts(api, old[0]["DiallerCampaignsID"], orderBy="Name", **params)
    assert [record["Name"] for record in records] == sorted(record["Name"] for record in records)
    companies = [record["Company"] for record in records]
    return [(company, companies.count(company)) for company in sorted(set(companies))]


ALL_OLD = [("Old", OLD)]
ALL_NEW = [("New", OLD + MANY)]


def test_readers_see_all_old_or_all_new(demo: Service, api: httpx.Client, old: list[Record]) -> None:
    with demo.client() as reader, importing(api, demo.database, make_new(old), **OVERWRITE) as answer:
        assert count(demo.database, STAGED) == 1
        assert read_companies(reader, old) == ALL_OLD
        hold(demo.database, old[600])
        SLOW.drop(demo.database)
        while not answer.done():
            assert read_companies(reader, old, limitPageSize=100) in ([("Old", 100)], [("New", 100)])
    assert count(demo.database, MOVING) == 1
    assert_all_new(api, old, answer.result().json()["records"])
    HELD.drop(demo.database)
    await_settled(demo.database)
    assert_all_new(api, old, answer.result().json()["records"])


def assert_all_new(api: httpx.Client, old: list[Record], outcomes: list[Record]) -> None:
    """Fail unless every reader sees the new contacts only, with the IDs of the old ones."""
    campaign = old[0]["DiallerCampaignsID"]
    assert [outcome["outcome"] for outcome in outcomes] == ["overwritten"] * OLD + ["created"] * MANY
    assert [outcome["ID"] for outcome in outcomes[:OLD]] == [record["ID"] for record in old]
    records = list_contacts(api, campaign)
    assert [record["ID"] for record in records] == [outcome["ID"] for outcome in outcomes]
    assert [record["Name"] for record in records] == [f"ZN{number}" for number in range(OLD + MANY)]
    assert read_companies(api, old) == ALL_NEW
    assert read_companies(api, old, filter="Name eq 'N0'") == []
    assert read_companies(api, old, filter="Company eq 'New'") == ALL_NEW
    first = records[0]
    assert api.get(f"{CONTACTS}/{first['ID']}").json()["records"] == [first]
    assert api.get(BY_USER_DATA, params={"userData": first["UserData"]}).json()["records"] == [first]
    (found,) = api.post(CONTACTS, params={"languagesID": 1}, json={"IDList": [first["ID"]]}).json()["records"]
    assert found["Name"] == first["Name"]
    page = api.get(CONTACTS, params={"diallerCampaignsID": campaign, "orderBy": "ID", "limitPageSize": 100})
    assert (page.json()["records"], page.headers["X-Total-Count"]) == (records[:100], str(OLD + MANY))


def test_writers_change_contacts_before_they_are_moved(demo: Service, api: httpx.Client, old: list[Record]) -> None:
    campaign = old[0]["DiallerCampaignsID"]
    hold(demo.database, old[0])
    new = make_new(old)
    assert post_file(api, to_ndjson(new), **OVERWRITE).status_code == 200
    assert count(demo.database, MOVING) == 1
    before = list_contacts(api, campaign)
    locked, unlocked, deleted, named, overwritten, loaded = before[OLD - 6 : OLD]
    path = BY_USER_DATA
    lock = api.post(f"{path}/{locked['ID']}/lock").json()["records"][0]
    assert lock == locked | {"dtLocked": lock["dtLocked"]}
    assert api.post(f"{path}/{unlocked['ID']}/lock").status_code == 200
    assert api.delete(f"{path}/{unlocked['ID']}/lock").status_code == 200
    assert api.delete(f"{path}/{deleted['ID']}").status_code == 200
    assert api.delete(path, params={"userData": named["UserData"]}).status_code == 200
    written = store_contact(api, new[OLD - 2] | {"Company": "Newest"}, **OVERWRITE)
    assert written["ID"] == overwritten["ID"]
    load_records(demo, [loaded | {"Company": "Loaded"}])
    expected = [
        *before[: OLD - 6],
        *(lock, unlocked, written, loaded | {"Company": "Loaded"}),
        *before[OLD:],
    ]
    assert list_contacts(api, campaign) == expected
    HELD.drop(demo.database)
    await_settled(demo.database)
    assert list_contacts(api, campaign) == expected
    api.delete(f"{path}/{locked['ID']}/lock")


def test_import_overwrites_contacts_before_they_are_moved(demo: Service, api: httpx.Client, old: list[Record]) -> None:
    hold(demo.database, old[0])
    assert post_file(api, to_ndjson(make_new(old)), **OVERWRITE).status_code == 200
    again = make_contacts(old[0]["DiallerCampaignsID"], range(1, OLD + MANY), Company="Again")
    for step in (again[:600], again):
        outcomes = import_file(api, to_ndjson(step), **OVERWRITE)
        assert {outcome["outcome"] for outcome in outcomes} == {"overwritten"}
    assert read_companies(api, old) == [("Again", OLD + MANY - 1), ("New", 1)]


def test_campaign_that_is_deleted_takes_contacts_along_that_are_to_be_moved(
    demo: Service, api: httpx.Client, old: list[Record]
) -> None:
    campaign = old[0]["DiallerCampaignsID"]
    hold(demo.database, old[0])
    assert post_file(api, to_ndjson(make_new(old)), **OVERWRITE).status_code == 200
    (record,) = api.get(f"/dialler/campaigns/{campaign}").json()["records"]
    assert api.delete(f"/dialler/campaigns/campaign/{campaign}").status_code == 200
    assert api.get(BY_USER_DATA, params={"userData": old[1]["UserData"]}).json()["records"] == []
    load_records(demo, [record])
    assert list_contacts(api, campaign) == []


def test_contact_that_is_deleted_meanwhile_is_created(demo: Service, api: httpx.Client, old: list[Record]) -> None:
    with demo.client() as other, importing(api, demo.database, make_new(old), **OVERWRITE) as answer:
        assert other.delete(f"{BY_USER_DATA}/{old[5]['ID']}").status_code == 200
    outcomes = [outcome["outcome"] for outcome in answer.result().json()["records"]]
    assert [line for line, outcome in enumerate(outcomes[:OLD]) if outcome == "created"] == [5]
    assert read_companies(api, old) == ALL_NEW


def test_contact_that_is_overwritten_meanwhile_is_overwritten_again(
    demo: Service, api: httpx.Client, old: list[Record]
) -> None:
    new = make_new(old)
    with demo.client() as other, importing(api, demo.database, new, **OVERWRITE) as answer:
        assert store_contact(other, new[5] | {"Company": "Other"}, **OVERWRITE)["ID"] == old[5]["ID"]
    assert answer.result().json()["records"][5]["outcome"] == "overwritten"
    assert read_companies(api, old) == ALL_NEW


def test_contact_that_is_locked_meanwhile_is_not_overwritten(
    demo: Service, api: httpx.Client, old: list[Record]
) -> None:
    path = f"{BY_USER_DATA}/{old[5]['ID']}/lock"
    with demo.client() as other, importing(api, demo.database, make_new(old), **OVERWRITE) as answer:
        assert other.post(path).status_code == 200
    outcomes = answer.result().json()["records"]
    assert outcomes.pop(5) == {"line": 6, "outcome": "failed", "ID": None, "error": "Dialler contact is locked"}
    assert {outcome["outcome"] for outcome in outcomes} == {"cancelled"}
    assert read_companies(api, old) == ALL_OLD
    assert api.delete(path).status_code == 200


def test_contact_that_is_locked_and_unlocked_meanwhile_is_overwritten(
    demo: Service, api: httpx.Client, old: list[Record]
) -> None:
    path = f"{BY_USER_DATA}/{old[5]['ID']}/lock"
    with demo.client() as other, importing(api, demo.database, make_new(old), **OVERWRITE) as answer:
        uploads = "select max(ID) from DiallerContactsUploads"
        first = count(demo.database, uploads)
        assert [other.post(path).status_code, other.delete(path).status_code] == [200, 200]
    assert answer.result().json()["records"][5]["outcome"] == "overwritten"
    assert read_companies(api, old) == ALL_NEW
    # It did not begin again.
    assert read_last_id(demo.database, "DiallerContactsUploads") == first


@pytest.mark.parametrize("kind", ["contact", "file"])
def test_duplicate_that_is_stored_meanwhile_is_overwritten(
    demo: Service, api: httpx.Client, old: list[Record], kind: str
) -> None:
    new = make_new(old)
    with demo.client() as other, importing(api, demo.database, new, **OVERWRITE) as answer:
        # The import has stored this one, and nobody sees it.
        if kind == "contact":
            stored = store_contact(other, new[OLD] | {"Company": "Other"}, **OVERWRITE)["ID"]
        else:
            (outcome,) = import_file(other, to_ndjson([new[OLD] | {"Company": "Other"}]), **OVERWRITE)
            stored = outcome["ID"]
    outcome = answer.result().json()["records"][OLD]
    assert (outcome["outcome"], outcome["ID"]) == ("overwritten", stored)
    assert read_companies(api, old) == ALL_NEW


def test_same_file_twice_at_a_time_stores_each_contact_once(
    demo: Service, api: httpx.Client, old: list[Record]
) -> None:
    new = make_new(old)
    with demo.client() as other, importing(api, demo.database, new, **OVERWRITE) as answer:
        SLOW.drop(demo.database)
        again = post_file(other, to_ndjson(new), **OVERWRITE)
    outcomes = [each.json()["records"] for each in (answer.result(), again)]
    assert [outcome["ID"] for outcome in outcomes[0]] == [outcome["ID"] for outcome in outcomes[1]]
    assert read_companies(api, old) == ALL_NEW


def test_import_that_others_overtake_again_and_again_is_refused(
    demo: Service, api: httpx.Client, old: list[Record]
) -> None:
    OVERTAKING.create(demo.database)
    answer = post_file(api, to_ndjson(make_new(old)), **OVERWRITE)
    OVERTAKING.drop(demo.database)
    assert (answer.status_code, answer.json()["error"]) == (503, "The database cannot be used now")
    assert read_companies(api, old) == ALL_OLD


def test_kill_at_any_step_leaves_all_old_or_all_new(tmp_path: Path, rounds: Callable[[int, int], int]) -> None:
    database = tmp_path / "freiton.db"
    for number in range(rounds(2, 60)):
        with Killed(database, "--demo", "--workers", str(1 + number % 2)) as service, service.client() as api:
            campaign = make_campaign(api)
            import_file(api, to_ndjson(make_contacts(campaign, range(OLD), Company="Old")))
            old = list_contacts(api, campaign)
            # The second time while contacts are moved.
            if number % 2:
                SLOW.create(database)
            else:
                hold(database, old[600])
            with begin_import(service, make_new(old)):
                await_(partial(count, database, STAGED if number % 2 else MOVING))
                time.sleep(random.uniform(0, 0.3))
                service.stop()
        SLOW.drop(database)
        HELD.drop(database)
        execute(database, ["update DiallerContactsUploads set nStepped = 1"])
        assert run_maintenance("check", None, database) == (0, "sound\n", "")
        expected = ALL_OLD if number % 2 else ALL_NEW
        with Service(database, "--demo") as restarted, restarted.client() as api:
            assert read_companies(api, old) == expected
            await_settled(database)
            assert read_companies(api, old) == expected
            assert_counts_fit(database)
