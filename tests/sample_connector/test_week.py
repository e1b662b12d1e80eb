"""After a week, the CRM knows what the dialler knows, whatever happens to the calls of the contact centre."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from crm import Call, Crm, Result, Task
from freiton import World
from hooks import Hooks
from nightly import Customer, Nightly
from results import Results

CUSTOMERS = int(os.environ.get("CUSTOMERS", "1000"))
# Summer time begins on the Sunday of this week.
MONDAY = datetime(2026, 3, 23, 7, tzinfo=UTC)
DAYS = range(7)
BERLIN = ZoneInfo("Europe/Berlin")
# Limits for what hangs, not for slow machines.
SECONDS = 300
SCENARIO: dict[str, Any] = {
    "seed": 1,
    "agents": ["anna", "ben", "cem"],
    "outcomes": {"answered": 0.85, "machine": 0.05, "noAnswer": 0.1},
    "codes": {"ABG": 0.8, "TERMIN": 0.05, "WV120": 0.05, "Aufleger": 0.1},
    "appointment_minutes": (60, 14 * 24 * 60),
    # So that the week is not over on Monday.
    "pause_seconds": (300 * 1000 // CUSTOMERS, 1500 * 1000 // CUSTOMERS),
}
# What the connector has to make of the result codes.
EXPECTED = {None: None, "ABG": "won", "Aufleger": "refused", "TERMIN": "appointment", "WV120": "later"}
CALLBACK = {"AcdEventTypesID": 3, "AcdGroupsID": 137, "Sender": "+493023125155", "Body": "After 2 pm"}


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """The CRM with its customers."""
    crm = Crm(tmp_path / "crm.db")
    crm.add_customers(Customer(f"CRM-{each:04}", f"Customer {each}", f"+49891{each:04}") for each in range(CUSTOMERS))
    return crm


@pytest.fixture
def hooks(crm: Crm) -> Iterator[Hooks]:
    """The server of the connector."""
    with Hooks(crm, BERLIN) as hooks:
        yield hooks


@pytest.fixture
def api(freiton: World) -> Iterator[httpx.Client]:
    """The API, as the contact centre's own people see it."""
    with httpx.Client(base_url=freiton.base_url, headers={"Authorization": f"Bearer {freiton.token}"}) as api:
        yield api


def register(freiton: World, hooks: Hooks, disconnect: str | None) -> None:
    """Let the contact centre call the connector from now on, each time twice and out of order."""
    operations = ["createCallback", "writeCallStatistics"]
    options = {"duplicate": True, "out_of_order": True, "retries": 2, "retry_wait": 0, "time_zone": BERLIN.key}
    freiton.outgoing.register(hooks.url, operations, disconnect=disconnect, **options)  # type: ignore[arg-type]


def play_week(freiton: World, hooks: Hooks, api: httpx.Client, campaign: int) -> None:
    """Let the agents call, and somebody ask for a callback each evening."""
    for day in DAYS:
        if day < 2:
            # On Monday the connection of each call breaks off before its answer.
            register(freiton, hooks, None if day else "afterRequest")
        end = MONDAY + timedelta(days=day + 1)
        freiton.dialler.run(**SCENARIO, campaigns={campaign: 1}, until=end, timeout=SECONDS)
        freiton.clock.set(end)
        api.post("/acd/events/create", json={**CALLBACK, "Subject": f"Day {day}"}).raise_for_status()


def await_told(freiton: World) -> None:
    """Wait until the connector has been told of everything."""
    end = time.monotonic() + SECONDS
    while any(freiton.outgoing.calls(status=status, limit=1) for status in ("queued", "sent")):
        assert time.monotonic() < end
        time.sleep(0.1)


def read_utc(text: str) -> datetime:
    """Return a time of the API."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def list_contacts(api: httpx.Client, campaign: int, crm: Crm) -> list[dict[str, Any]]:
    """Return the contacts of the campaign with their calls."""
    numbers = [customer.number for customer in crm.list_customers()]
    answer = api.post("/dialler/contacts", params={"languagesID": 2}, json={"UserDataList": numbers}).raise_for_status()
    return [record for record in answer.json()["records"] if record["DiallerCampaignsID"] == campaign]


def make_result(contact: dict[str, Any], keys: dict[int | None, str | None]) -> Result:
    """Return what the CRM has to know of a contact."""
    moment, key = contact["dtNextTry"], keys[contact["DiallerCampaignsResultCodesID"]]
    return Result(EXPECTED.get(key, "not reached"), read_utc(moment) if moment else None, contact["nTriesPhoneNumber1"])


def make_call(contact: dict[str, Any], call: dict[str, Any]) -> Call:
    """Return what the CRM has to know of a call; it is told times to the second."""
    began, ended = (read_utc(call["StatisticsPartA"][name][:19]) for name in ("dtCallStart", "dtCallEnd"))
    return Call(call["StatisticsPartA"]["ID"], contact["UserData"], call["UsersUID"], began, ended)


def make_task(event: dict[str, Any]) -> Task:
    """Return what the CRM has to know of a callback."""
    return Task(event["ID"], event["Sender"], event["Subject"], event["Body"], read_utc(event["dtCreated"][:19]))


@pytest.fixture
def week(freiton: World, nightly: Nightly, crm: Crm, hooks: Hooks, api: httpx.Client) -> int:
    """The campaign of a week that is over."""
    freiton.clock.freeze(MONDAY)
    campaign = nightly.prepare(MONDAY)
    results = Results(nightly, crm, BERLIN)
    results.push(campaign)
    play_week(freiton, hooks, api, campaign)
    await_told(freiton)
    results.pull()
    return campaign


def test_week_makes_the_crm_equal_to_the_dialler(freiton: World, crm: Crm, api: httpx.Client, week: int) -> None:
    contacts = list_contacts(api, week, crm)
    codes = api.get(f"/dialler/campaigns/campaign/{week}/resultCodes", params={"languagesID": 2}).json()["records"]
    keys = {None: None, **{code["ID"]: code["ExportKey"] for code in codes}}
    assert crm.list_results() == {contact["UserData"]: make_result(contact, keys) for contact in contacts}
    assert len(contacts) == CUSTOMERS

    calls = [make_call(contact, call) for contact in contacts for call in contact["DiallerContactsHistory"]]
    assert crm.list_calls() == sorted(calls)
    assert len(calls) > CUSTOMERS

    events = api.get("/acd/events", params={"limitPageSize": 1000}).raise_for_status().json()["records"]
    subjects = [f"Day {day}" for day in DAYS]
    assert crm.list_tasks() == [make_task(event) for event in events if event["Subject"] in subjects]
    assert [task.subject for task in crm.list_tasks()] == subjects
    assert freiton.journal.entries(valid=False) == []
