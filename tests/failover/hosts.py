"""Three hosts on one database: what one of them writes, the others know at once."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import psycopg

from tests.failover.load import CREATE, EVENT, TOKEN
from tests.failover.service import Service

Connection = psycopg.Connection[tuple[Any, ...]]
BASE = "/rest/v1.0/1"
CLONE = f"{BASE}/dialler/campaigns/clone"
BATCH = f"{BASE}/dialler/contacts/import/batch"
CAMPAIGN = f"{BASE}/dialler/campaigns/campaign"
EVENTS = f"{BASE}/acd/events"
REVOCATIONS = 3
CONTACTS = 5_000
SECONDS_TO_PURGE = 120
LEFT = 'select count(*) from "DiallerContacts" where "DiallerCampaignsID" = %s'
PENDING = 'select count(*) from "DiallerContactsPurges"'
COUNTED = """
    select "ClientsID", "DiallerCampaignsID", "nContacts" from "DiallerContactsCounts" where "nContacts" > 0 order by 2
"""
REAL = """
    select "ClientsID", "DiallerCampaignsID", count(*) from "DiallerContacts" group by 1, 2 order by 2
"""


def check_hosts(service: Service, connect: Callable[[], Connection], rounds: int) -> None:
    """Carry out all checks, and print a line of each.

    :param service: the three hosts.
    :param connect: opens a connection to their database.
    :param rounds: how often one writes and the others read.
    :raises AssertionError: a host did not know what another had written.
    """
    apis = [_open_client(host.url) for host in service.hosts]
    _check_reads(apis, rounds)
    _check_lists(apis, rounds)
    _check_revocation(service, apis)
    _check_purge(apis, connect)


def _check_reads(apis: Sequence[httpx.Client], rounds: int) -> None:
    """An event that one host has created can be read from both others by the next request."""
    stale = 0
    for number in range(rounds):
        writer, *readers = _rotate(apis, number)
        created = _create(writer, f"read {number}")
        for reader in readers:
            stale += reader.get(EVENT.format(created)).status_code != httpx.codes.OK
    print(f"read after write on another host: {2 * rounds:,} reads, {stale} stale", flush=True)
    assert not stale


def _check_lists(apis: Sequence[httpx.Client], rounds: int) -> None:
    """A list that both others have just answered, and may have kept, has a new event by the next request."""
    stale = 0
    parameters: dict[str, str | int] = {"orderBy": "ID", "ascending": "false", "limitPageSize": 1}
    for number in range(rounds):
        writer, *readers = _rotate(apis, number)
        before = [reader.get(EVENTS, params=parameters).headers.get("ETag") for reader in readers]
        created = _create(writer, f"list {number}")
        for reader, tag in zip(readers, before, strict=True):
            conditions = {"If-None-Match": tag} if tag else {}
            answer = reader.get(EVENTS, params=parameters, headers=conditions)
            stale += answer.status_code != httpx.codes.OK or answer.json()["records"][0]["ID"] != created
    print(f"kept answer after write on another host: {2 * rounds:,} reads, {stale} stale", flush=True)
    assert not stale


def _check_revocation(service: Service, apis: Sequence[httpx.Client]) -> None:
    """A token that was revoked by the command is refused by the next request at each host."""
    for _ in range(REVOCATIONS):
        token = service.run("token", "add", "--client", "1", "--name", "to be revoked").strip()
        headers = {"Authorization": f"Bearer {token}"}
        for api in apis:
            assert api.get(EVENTS, headers=headers, params={"limitPageSize": 1}).status_code == httpx.codes.OK
        service.run("token", "revoke", _find_token(service.run("token", "list")))
        statuses = [api.get(EVENTS, headers=headers, params={"limitPageSize": 1}).status_code for api in apis]
        assert statuses == [httpx.codes.UNAUTHORIZED] * len(apis), statuses
    print(f"revoked token: {REVOCATIONS} tokens, refused by each host at once", flush=True)


def _check_purge(apis: Sequence[httpx.Client], connect: Callable[[], Connection]) -> None:
    """The contacts of a deleted campaign are purged, and the counts fit, however many hosts purge."""
    campaigns = [_fill_campaign(api, f"purge {number}") for number, api in enumerate(apis)]
    with connect() as connection:
        for api, campaign in zip(apis, campaigns, strict=True):
            assert _count(connection, LEFT, campaign) == CONTACTS
            api.delete(f"{CAMPAIGN}/{campaign}").raise_for_status()
        deadline = time.monotonic() + SECONDS_TO_PURGE
        while any(_count(connection, LEFT, campaign) for campaign in campaigns) or _count(connection, PENDING):
            assert time.monotonic() < deadline, "the contacts are not purged"
            time.sleep(0.1)
        counted, real = (connection.execute(query).fetchall() for query in (COUNTED, REAL))
    assert counted == real, f"counted {counted}, real {real}"
    print(f"purge: {len(campaigns)} campaigns of {CONTACTS:,} contacts, none left, the counts fit", flush=True)


def _rotate(apis: Sequence[httpx.Client], number: int) -> list[httpx.Client]:
    return list(itertools.islice(itertools.cycle(apis), number % len(apis), number % len(apis) + len(apis)))


def _create(api: httpx.Client, subject: str) -> int:
    event = {"AcdEventTypesID": 3, "AcdGroupsID": 137, "Sender": "+493023125155", "Subject": subject}
    created: int = api.post(CREATE, json=event).raise_for_status().json()["records"][0]["ID"]
    return created


def _fill_campaign(api: httpx.Client, name: str) -> int:
    body = {"source": "Campaign 1000", "destination": name}
    campaign: int = api.post(CLONE, json=body).raise_for_status().json()["records"][0]["ID"]
    contacts = [
        {"Name": "Mustermann", "PhoneNumber1": "+4989123456", "UserData": f"{name} {number}"}
        for number in range(CONTACTS)
    ]
    file = "".join(f"{json.dumps(contact)}\n" for contact in contacts)
    answer = api.post(
        BATCH,
        params={"diallerCampaignsID": campaign},
        content=file.encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.raise_for_status().json()["count"] == CONTACTS
    return campaign


def _find_token(listed: str) -> str:
    """Return the ID of the token to be revoked, of the lines of `freiton token list`."""
    lines = [line for line in listed.splitlines() if "to be revoked" in line]
    return lines[-1].split()[0]


def _count(connection: Connection, query: str, *arguments: int) -> int:
    row = connection.execute(query.encode(), arguments).fetchone()
    assert row
    number: int = row[0]
    return number


def _open_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60, verify=False)
