"""A campaign is deleted at once, however many contacts it has, and they are taken away behind it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.opening import open_database
from data.purges import Purge
from tests.support.command import carry_out, read_troubles, worker_processes
from tests.support.contacts import (
    BY_USER_DATA,
    CONTACTS,
    IMPORT,
    OVERWRITE,
    assert_counts_fit,
    contact,
    list_contacts,
    make_campaign,
    post_file,
    store_contact,
    to_ndjson,
)
from tests.support.files import locked, read_rows, run_maintenance
from tests.support.loading import CAMPAIGN, load_records
from tests.support.service import SECONDS_TO_RUN, Killed, Service
from tests.support.triggers import Trigger
from tests.support.waiting import await_
from tests.support.writer import Writer

MANY = 2_000
BY_ID = "/dialler/campaigns/campaign"
LEFT = "select count(*) from DiallerContacts where DiallerCampaignsID = {}"
PENDING = "select DiallerCampaignsID from DiallerContactsPurges"
HELD = Trigger("held", "before delete", "DiallerContacts")
FAILED = "the contacts of deleted campaigns cannot be deleted now: Unavailable"


@pytest.fixture(params=["1", "2"], ids=["one worker", "two workers"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A demo server of one test's own."""
    with Killed(tmp_path / "freiton.db", "--demo", "--workers", request.param) as service:
        yield service


def fill_campaign(api: httpx.Client, count: int = MANY) -> tuple[int, str]:
    """Make a campaign with that many contacts and return its ID and name."""
    campaign = make_campaign(api)
    body = to_ndjson(contact(campaign, UserData=f"P{number}") for number in range(count))
    assert post_file(api, body).json()["count"] == count
    return campaign, str(api.get(f"/dialler/campaigns/{campaign}").json()["records"][0]["Name"])


def left(database: Path, campaign: int) -> int:
    ((count,),) = read_rows(database, LEFT.format(campaign))
    return int(count)


def hold(database: Path, campaign: int, purged: int = 0) -> None:
    """Let no more than the first contacts of a campaign be taken away.

    :param purged: how many may be.
    """
    sql = f"select ID from DiallerContacts where DiallerCampaignsID = {campaign} order by ID limit 1 offset {purged}"
    ((first,),) = read_rows(database, sql)
    HELD._replace(condition=f"old.DiallerCampaignsID = {campaign} and old.ID >= {first}").create(database)


def await_purge(database: Path, campaign: int) -> None:
    """Wait until no contact of the campaign is left, nor that any of it should be taken away."""
    await_(lambda: not left(database, campaign) and not read_rows(database, PENDING))
    assert_counts_fit(database)
    assert carry_out("check", "--database", database) == "sound\n"


def assert_unseen(api: httpx.Client, campaign: int, contact_id: int) -> None:
    """Fail if any reader sees the contact, or any writer finds it."""
    path = f"{BY_USER_DATA}/{contact_id}"
    assert api.get(CONTACTS, params={"diallerCampaignsID": campaign}).status_code == 404
    assert [record for record in list_contacts(api) if record["DiallerCampaignsID"] == campaign] == []
    assert api.get(BY_USER_DATA, params={"userData": "P0"}).json()["records"] == []
    body = {"IDList": [contact_id], "UserDataList": ["P0"]}
    assert api.post(CONTACTS, params={"languagesID": 1}, json=body).json()["records"] == []
    answers = [
        api.get(f"{CONTACTS}/{contact_id}"),
        api.delete(path),
        api.delete(BY_USER_DATA, params={"userData": "P0"}),
        api.post(f"{path}/lock"),
        api.delete(f"{path}/lock"),
        api.post(IMPORT, params=OVERWRITE, json=contact(campaign, UserData="P0")),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)


def test_delete_campaign_is_answered_before_its_contacts_are_purged(service: Service) -> None:
    with service.client() as api:
        campaign, name = fill_campaign(api)
        first = list_contacts(api, campaign, limitPageSize=1)[0]["ID"]
        hold(service.database, campaign)
        assert api.delete(f"{BY_ID}/{campaign}").json() == {"status": 200}
        assert left(service.database, campaign) == MANY
        assert_unseen(api, campaign, first)
        answer = api.post("/dialler/campaigns/clone", json={"source": "Campaign 1000", "destination": name})
        reborn = answer.json()["records"][0]["ID"]
        stored = store_contact(api, contact(reborn, UserData="P0"), **OVERWRITE)
        assert left(service.database, campaign) == MANY
        HELD.drop(service.database)
        await_purge(service.database, campaign)
        assert list_contacts(api, reborn) == [stored]
        assert len(list_contacts(api)) == 148


def test_purge_lets_other_writers_go_on(service: Service) -> None:
    with service.client() as api, Writer(service) as writer:
        campaign, _ = fill_campaign(api)
        hold(service.database, campaign, MANY - 1)
        api.delete(f"{BY_ID}/{campaign}")
        writer.await_more(writer.acknowledged)
        assert left(service.database, campaign) > 0
        HELD.drop(service.database)
        await_purge(service.database, campaign)
    assert writer.refused == []


def test_kill_while_contacts_are_purged_is_made_good_by_restart(service: Service) -> None:
    with service.client() as api:
        campaign, _ = fill_campaign(api)
        first = list_contacts(api, campaign, limitPageSize=1)[0]["ID"]
        hold(service.database, campaign, MANY // 2)
        api.delete(f"{BY_ID}/{campaign}")
        await_(lambda: left(service.database, campaign) < MANY)
    service.stop()
    assert MANY // 2 <= left(service.database, campaign) < MANY
    HELD.drop(service.database)
    assert run_maintenance("check", None, service.database)[::2] == (0, "")
    with Service(service.database, "--demo") as again, again.client() as api:
        assert_unseen(api, campaign, first)
        await_purge(service.database, campaign)


def test_kill_of_worker_while_contacts_are_purged_is_made_good(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo", "--workers", "2") as service, service.client() as api:
        campaign, _ = fill_campaign(api)
        api.delete(f"{BY_ID}/{campaign}")
        for worker in worker_processes(service.process):
            os.kill(worker, signal.SIGKILL)
        await_purge(service.database, campaign)


def test_purge_that_fails_goes_on_when_database_is_free(fresh_demo: Service) -> None:
    with fresh_demo.client() as api:
        campaign, _ = fill_campaign(api)
        hold(fresh_demo.database, campaign, MANY // 2)
        api.delete(f"{BY_ID}/{campaign}")
        with locked(fresh_demo.database):
            before = left(fresh_demo.database, campaign)
            await_(lambda: FAILED in " ".join(read_troubles(fresh_demo.log)))
            assert left(fresh_demo.database, campaign) == before > 0
        HELD.drop(fresh_demo.database)
        await_purge(fresh_demo.database, campaign)


@pytest.mark.sqlite
def test_purge_ends_without_a_word_when_its_database_is_gone_and_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "world.db"
    opened = open_database(path, create=True, durable=False)
    purge = Purge(opened, lambda: not path.exists())
    for file in tmp_path.glob("world.db*"):
        file.unlink()
    opened.work.set()
    purge.thread.join(SECONDS_TO_RUN)
    assert not purge.thread.is_alive()
    assert caplog.messages == []
    opened.close()


@pytest.mark.parametrize("count", [0, 499, 500, 501])
def test_purge_ends_with_any_number_of_contacts(fresh_demo: Service, count: int) -> None:
    with fresh_demo.client() as api:
        campaigns = [fill_campaign(api, count) for _ in range(2)]
        assert api.delete(f"{BY_ID}/{campaigns[0][0]}").json() == {"status": 200}
        assert api.delete(BY_ID, params={"name": campaigns[1][1]}).json() == {"status": 200}
        for campaign, _ in campaigns:
            await_purge(fresh_demo.database, campaign)


def test_delete_campaign_twice_purges_once(fresh_demo: Service) -> None:
    with fresh_demo.client() as api:
        campaign, name = fill_campaign(api, 1_000)
        answers = [api.delete(f"{BY_ID}/{campaign}"), api.delete(f"{BY_ID}/{campaign}")]
        answers.append(api.delete(BY_ID, params={"name": name}))
        assert [answer.status_code for answer in answers] == [200, 404, 404]
        await_purge(fresh_demo.database, campaign)


def test_load_campaign_whose_contacts_are_purged_keeps_only_new_ones(service: Service) -> None:
    database = service.database
    with service.client() as api:
        campaign, _ = fill_campaign(api)
        hold(database, campaign)
        api.delete(f"{BY_ID}/{campaign}")
    service.stop()
    assert left(database, campaign) == MANY
    HELD.drop(database)
    load_records(service, [CAMPAIGN | {"ID": campaign, "Name": "Back"}])
    assert (left(database, campaign), read_rows(database, PENDING)) == (0, [])
    with Service(database, "--demo") as again, again.client() as api:
        stored = store_contact(api, contact(campaign))
        assert list_contacts(api, campaign) == [stored]
    assert_counts_fit(database)
