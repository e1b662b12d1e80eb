"""Contacts to import, one by one or as a file, and how many of them a database has."""

import json
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.support.files import read_rows

Record = dict[str, Any]

CONTACTS = "/dialler/contacts"
BY_USER_DATA = f"{CONTACTS}/contact"
IMPORT = f"{CONTACTS}/import"
BATCH = f"{IMPORT}/batch"
NDJSON, CSV = "application/x-ndjson", "text/csv"
NOT_FOUND = {"status": 404, "error": "Dialler contact not found"}
LOCKED = {"status": 409, "error": "Dialler contact is locked"}
OVERWRITE = {"overwriteDuplicates": "true"}
COUNTED = "select ClientsID, DiallerCampaignsID, nContacts from DiallerContactsCounts where nContacts > 0 order by 2"
REAL = "select ClientsID, DiallerCampaignsID, count(*) from DiallerContactsPresent group by 1, 2 order by 2"
TOTALED = "select ClientsID, nContacts from DiallerContactsTotals where nContacts <> 0 order by 1"
REAL_TOTALS = "select ClientsID, count(*) from DiallerContactsPresent group by 1 order by 1"

_names = count(1)


def make_campaign(api: httpx.Client) -> int:
    """Clone a campaign, which has no contacts then, and return its ID."""
    body = {"source": "Campaign 1000", "destination": f"Of contacts {next(_names)}"}
    campaign_id: int = api.post("/dialler/campaigns/clone", json=body).json()["records"][0]["ID"]
    return campaign_id


def contact(campaign: int, **fields: Any) -> Record:
    """Return a contact to import, with no more fields than it must have."""
    return {"DiallerCampaignsID": campaign, "Name": "Mustermann", "PhoneNumber1": "+4989123456", **fields}


def store_contact(api: httpx.Client, body: Record, **params: Any) -> Record:
    """Import a contact and return it as it is stored."""
    answer = api.post(IMPORT, json=body, params=params)
    assert answer.status_code == 200, answer.text
    (record,) = answer.json()["records"]
    assert isinstance(record, dict)
    return record


def to_ndjson(contacts: Iterable[Record]) -> bytes:
    """Return a file of contacts."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in contacts).encode()


def post_file(api: httpx.Client, content: Any, media_type: str = NDJSON, **params: Any) -> httpx.Response:
    """Import a file of contacts."""
    return api.post(BATCH, content=content, headers={"Content-Type": media_type}, params=params, timeout=120)


def import_file(api: httpx.Client, content: Any, media_type: str = NDJSON, **params: Any) -> list[Record]:
    """Import a file of contacts and return what became of each."""
    answer = post_file(api, content, media_type, **params)
    assert answer.status_code == 200, answer.text
    records: list[Record] = answer.json()["records"]
    assert answer.json()["count"] == len(records)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    return records


def list_contacts(api: httpx.Client, campaign: int | None = None, **params: Any) -> list[Record]:
    """Return the contacts of a campaign in ID order, or those of the client."""
    query = {"orderBy": "ID", **({} if campaign is None else {"diallerCampaignsID": campaign}), **params}
    records: list[Record] = api.get(CONTACTS, params=query).json()["records"]
    return records


def list_names(api: httpx.Client, campaign: int) -> list[str]:
    """Return the names of the contacts of a campaign in ID order."""
    return [record["Name"] for record in list_contacts(api, campaign)]


def read_outcomes(records: Iterable[Record]) -> list[tuple[int, str, str | None]]:
    """Return line, outcome and error of each contact of a file."""
    return [(record["line"], record["outcome"], record["error"]) for record in records]


def assert_counts_fit(database: Path) -> None:
    """Fail unless the numbers of contacts that are kept of each campaign and of each client are the real ones."""
    assert read_rows(database, COUNTED) == read_rows(database, REAL)
    assert read_rows(database, TOTALED) == read_rows(database, REAL_TOTALS)
