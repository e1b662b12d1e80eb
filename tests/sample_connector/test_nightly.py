"""The nightly run does each thing once, whatever happens to the answers, and keeps to the contract."""

from datetime import UTC, datetime, timedelta

import pytest
from answers import NightlyError
from freiton import World
from nightly import PAGE_SIZE, TRIES, Customer, Nightly

CHRISTMAS = datetime(2026, 12, 24, 2, tzinfo=UTC)
NAME = "Night of 2026-12-24"
CUSTOMER = Customer("CRM-1", "Mustermann", "+4989123456")
CLONE, IMPORT, LIST = "cloneDiallerCampaign", "importDiallerContact", "listDiallerContacts"
DELETE, FIND, LOCK = "deleteDiallerCampaign", "findDiallerCampaigns", "lockDiallerContact"


def make_customers(count: int) -> list[Customer]:
    return [Customer(f"CRM-{number}", f"Customer {number:03}", f"+4989{number:05}") for number in range(count)]


def names(nightly: Nightly) -> list[str]:
    return [campaign.name for campaign in nightly.find_nights()]


def test_prepare_night_makes_one_campaign(freiton: World, nightly: Nightly) -> None:
    campaign = nightly.prepare(CHRISTMAS)
    assert [(each.id, each.name) for each in nightly.find_nights()] == [(campaign, NAME)]
    assert freiton.journal.count(operation_id=CLONE) == 1


def test_prepare_night_twice_gives_the_same_campaign(nightly: Nightly) -> None:
    assert nightly.prepare(CHRISTMAS) == nightly.prepare(CHRISTMAS)


@pytest.mark.parametrize("how", [{"drop": True}, {"cut": True}, {"status": 503}, {"status": 500}], ids=str)
def test_prepare_night_with_lost_answer_makes_one_campaign(
    freiton: World, nightly: Nightly, how: dict[str, bool | int]
) -> None:
    freiton.fail_next(CLONE, when="after", **how)  # type: ignore[arg-type]
    campaign = nightly.prepare(CHRISTMAS)
    assert [(each.id, each.name) for each in nightly.find_nights()] == [(campaign, NAME)]
    assert freiton.journal.count(operation_id=CLONE, status=409) == 1


def test_prepare_night_while_service_is_unavailable_tries_again(freiton: World, nightly: Nightly) -> None:
    failure = freiton.fail_next(CLONE, status=503, count=TRIES - 1)
    nightly.prepare(CHRISTMAS)
    assert failure.fired == TRIES - 1


def test_prepare_night_while_service_stays_unavailable_gives_up(freiton: World, nightly: Nightly) -> None:
    freiton.fail_next(CLONE, status=503, count=None)
    with pytest.raises(NightlyError, match="does not answer"):
        nightly.prepare(CHRISTMAS)
    assert freiton.journal.count(operation_id=CLONE) == TRIES


def test_prepare_night_with_slow_answer_tries_again(freiton: World, nightly: Nightly) -> None:
    freiton.fail_next(CLONE, delay=2)
    with Nightly(freiton.api_url, freiton.token, freiton.client_id, pause=0.01, timeout=1) as impatient:
        impatient.prepare(CHRISTMAS)
    assert names(nightly) == [NAME]


@pytest.mark.freiton(fixture="empty")
def test_prepare_night_without_template_says_so(nightly: Nightly) -> None:
    with pytest.raises(NightlyError, match="not found"):
        nightly.prepare(CHRISTMAS)


def test_upload_customer_with_lost_answer_stores_one_contact(freiton: World, nightly: Nightly) -> None:
    freiton.fail_next(IMPORT, drop=True, when="after")
    campaign = nightly.prepare(CHRISTMAS)
    nightly.upload(campaign, CUSTOMER)
    assert [contact.user_data for contact in nightly.fetch(campaign)] == ["CRM-1"]


def test_upload_customer_says_when(freiton: World, nightly: Nightly) -> None:
    freiton.clock.freeze(CHRISTMAS)
    campaign = nightly.prepare(CHRISTMAS)
    nightly.upload(campaign, CUSTOMER)
    (contact,) = nightly.fetch(campaign)
    assert contact.dt_imported == "2026-12-24T02:00:00.000"


def test_fetch_contacts_fetches_each_page(freiton: World, nightly: Nightly) -> None:
    campaign = nightly.prepare(CHRISTMAS)
    customers = make_customers(2 * PAGE_SIZE + 1)
    for customer in customers:
        nightly.upload(campaign, customer)
    assert [contact.user_data for contact in nightly.fetch(campaign)] == [each.number for each in customers]
    assert freiton.journal.count(operation_id=LIST) == 3


def test_fetch_contacts_with_page_cut_off_fetches_it_again(freiton: World, nightly: Nightly) -> None:
    campaign = nightly.prepare(CHRISTMAS)
    for customer in make_customers(PAGE_SIZE + 1):
        nightly.upload(campaign, customer)
    freiton.fail_next(LIST, cut=True, first=2)
    assert len(list(nightly.fetch(campaign))) == PAGE_SIZE + 1
    assert freiton.journal.count(operation_id=LIST) == 3


def test_hold_contact_twice_says_who_was_first(nightly: Nightly) -> None:
    contact = nightly.upload(nightly.prepare(CHRISTMAS), CUSTOMER)
    assert [nightly.hold(contact), nightly.hold(contact)] == [True, False]


@pytest.mark.parametrize(("hours", "is_unlocked"), [(23, False), (25, True)])
def test_unlock_forgotten_unlocks_after_a_day(freiton: World, nightly: Nightly, hours: int, is_unlocked: bool) -> None:
    freiton.clock.freeze(CHRISTMAS)
    campaign = nightly.prepare(CHRISTMAS)
    contact = nightly.upload(campaign, CUSTOMER)
    nightly.hold(contact)
    now = freiton.clock.advance(timedelta(hours=hours))
    assert nightly.unlock_forgotten(campaign, now) == [contact] * is_unlocked
    assert nightly.hold(contact) is is_unlocked


def test_clean_up_deletes_campaigns_of_eight_days_ago(nightly: Nightly) -> None:
    for days in range(10):
        nightly.prepare(CHRISTMAS - timedelta(days=days))
    assert nightly.clean_up(CHRISTMAS) == ["Night of 2026-12-15", "Night of 2026-12-16"]
    assert len(names(nightly)) == 8


def test_clean_up_with_lost_answer_deletes_nothing_else(freiton: World, nightly: Nightly) -> None:
    nightly.prepare(CHRISTMAS - timedelta(days=30))
    others = freiton.snapshot("others")
    freiton.fail_next(DELETE, drop=True, when="after")
    assert nightly.clean_up(CHRISTMAS) == ["Night of 2026-11-24"]
    assert [entry["status"] for entry in freiton.journal.entries(operation_id=DELETE)] == [None, 404]
    others.restore()
    assert names(nightly) == ["Night of 2026-11-24"]


def test_run_keeps_to_the_contract(freiton: World, nightly: Nightly) -> None:
    nightly.run(CHRISTMAS, make_customers(PAGE_SIZE))
    assert freiton.journal.count() > PAGE_SIZE
    assert freiton.journal.entries(valid=False) == []


def test_run_meets_what_the_contract_documents_for_a_clone(freiton: World, nightly: Nightly) -> None:
    freiton.fail_next(CLONE, status=503, when="after")
    nightly.run(CHRISTMAS, [CUSTOMER])
    (clone,) = [each for each in freiton.coverage()["operations"] if each["operationId"] == CLONE]
    assert {each["status"] for each in clone["statuses"] if each["count"]} == {503, 409}
