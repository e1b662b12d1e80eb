"""A connector that knows nothing but the vendor's prose does its work with Freiton."""

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.support.service import Service

pytestmark = pytest.mark.uncovered

COUNT = 1_000
PAGE = 150


class Connector:
    """What a connector is told: the base URL and a token."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer of a request that succeeds."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.base_url + path, data, self.headers, method=method), timeout=30) as answer:
            content = json.load(answer)
        assert (answer.status, content["status"]) == (200, 200)
        return content

    def records(self, method: str, path: str, body: Any = None) -> list[dict[str, Any]]:
        """Return the records of the answer."""
        content = self.call(method, path, body)
        records: list[dict[str, Any]] = content["records"]
        assert content["count"] == len(records)
        return records


def customer(number: int, city: str, campaign: int) -> dict[str, Any]:
    return {
        "DiallerCampaignsID": campaign,
        "RandomSortOrder": None,
        "UserData": f"CRM-{number:04}",
        "Name": f"Kunde {number * 7 % COUNT:04}",
        "FirstName": "Zoë",
        "Company": "Müller & Söhne GmbH",
        "City": city,
        "Amount": number / 4,
        "PhoneNumber1": f"+4989{number:06}",
        "ExternalSystemLink": f"https://crm.mycrm.com?uid={number}",
    }


def import_all(connector: Connector, campaign: int, city: str, overwrite: str) -> list[int]:
    """Import all customers one by one and return their IDs."""
    ids = []
    for number in range(COUNT):
        body = customer(number, city, campaign)
        path = f"/dialler/contacts/import?overwriteDuplicates={overwrite}"
        (stored,) = connector.records("POST", path, body)
        assert {field: stored[field] for field in body} == body
        ids.append(int(stored["ID"]))
    return ids


def read_pages(connector: Connector, campaign: int) -> list[dict[str, Any]]:
    """Return the contacts of the campaign, sorted by name, page by page."""
    contacts: list[dict[str, Any]] = []
    query = f"diallerCampaignsID={campaign}&orderBy=Name&ascending=true&limitPageSize={PAGE}"
    while page := connector.records("GET", f"/dialler/contacts?{query}&limitStart={len(contacts)}"):
        contacts += page
    return contacts


def test_connector_does_all_its_work(fresh_demo: Service) -> None:
    connector = Connector(f"{fresh_demo.url}/rest/v1.0/1", "freiton-demo-1")
    body = {"source": "Campaign 1000", "destination": "CRM 2026", "userData": "crm"}
    (campaign,) = connector.records("POST", "/dialler/campaigns/clone", body)
    codes = connector.records("GET", f"/dialler/campaigns/campaign/{campaign['ID']}/resultCodes?languagesID=2")

    first = import_all(connector, campaign["ID"], "München", "false")
    assert import_all(connector, campaign["ID"], "Zürich", "true") == first
    assert first == sorted(set(first))

    contacts = read_pages(connector, campaign["ID"])
    assert sorted(contact["ID"] for contact in contacts) == first
    assert [contact["Name"] for contact in contacts] == [f"Kunde {number:04}" for number in range(COUNT)]
    assert {contact["City"] for contact in contacts} == {"Zürich"}

    done = customer(3, "Wien", campaign["ID"]) | {"ResultCodesExportKey": codes[0]["ExportKey"]}
    connector.call("POST", "/dialler/contacts/import?overwriteDuplicates=true", done)
    asked: dict[str, Any] = {
        "UserDataList": [f"CRM-{number:04}" for number in range(5)] + ["CRM-9999"],
        "IDList": [first[-1]],
    }
    results = connector.records("POST", "/dialler/contacts?languagesID=2", asked)
    assert [result["UserData"] for result in results] == [*asked["UserDataList"][:5], f"CRM-{COUNT - 1:04}"]
    assert [result["DiallerCampaignsResultCodesID"] for result in results] == [*[None] * 3, codes[0]["ID"], None, None]
    assert results[3]["DiallerCampaignsResultCodes"] == codes[0]
    assert {len(result["DiallerContactsHistory"]) for result in results} == {0}

    (found,) = connector.records("GET", "/dialler/contacts/contact?userData=CRM-0003")
    assert connector.records("GET", f"/dialler/contacts/{found['ID']}") == [found]
    assert connector.call("DELETE", f"/dialler/contacts/contact/{found['ID']}") == {"status": 200}
    assert connector.call("DELETE", "/dialler/contacts/contact?userData=CRM-0004") == {"status": 200}
    assert len(read_pages(connector, campaign["ID"])) == COUNT - 2
    assert connector.call("DELETE", "/dialler/campaigns/campaign?name=CRM%202026") == {"status": 200}
    assert connector.records("GET", "/dialler/contacts/contact?userData=CRM-0005") == []
    assert connector.call("GET", "/dialler/contacts")["count"] == 147
