"""Client accounts are apart: none sees or changes what belongs to another."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.conformance import CONTRACT
from tests.support.operations import OPERATIONS, Ask
from tests.support.service import Service

LISTS = (
    "/acd/events",
    "/acd/groups",
    "/dialler/campaigns",
    "/dialler/contacts",
    "/users",
    "/networkIVRLists",
    "/routingApplications",
    "/cockpitVariables",
    "/serviceNumbers",
)
SEARCHES = ("/acd/groups/group", "/dialler/campaigns/campaign")


NOBODYS = ("listAcdEventTypes", "listAcdEventStatus")
NOTHING = {"records": [], "count": 0, "status": 200}
NO_GROUP = {"status": 404, "error": "ACD group not found"}
NO_EVENT = {"status": 404, "error": "ACD event not found"}
NO_CAMPAIGN = {"status": 404, "error": "Dialler campaign not found"}
NO_USER = {"status": 404, "error": "User not found"}
NO_CALL = {"status": 404, "error": "Call not found"}
NO_CONTACT = {"status": 404, "error": "Dialler contact not found"}
FROM_ELSEWHERE = {
    "getAcdEvent": NO_EVENT,
    "createAcdEvent": NO_GROUP,
    "getAcdGroup": NO_GROUP,
    "findAcdGroups": NOTHING,
    "getDiallerCampaign": NO_CAMPAIGN,
    "findDiallerCampaigns": NOTHING,
    "listDiallerResultCodes": NO_CAMPAIGN,
    "cloneDiallerCampaign": NO_CAMPAIGN,
    "deleteDiallerCampaign": NO_CAMPAIGN,
    "deleteDiallerCampaignByName": NO_CAMPAIGN,
    "listDiallerContacts": NO_CAMPAIGN,
    "getDiallerContacts": NOTHING,
    "getDiallerContact": NO_CONTACT,
    "findDiallerContacts": NOTHING,
    "deleteDiallerContact": NO_CONTACT,
    "deleteDiallerContactByUserData": NO_CONTACT,
    "lockDiallerContact": NO_CONTACT,
    "unlockDiallerContact": NO_CONTACT,
    "importDiallerContact": NO_CAMPAIGN,
    "getServiceNumber": {"status": 404, "error": "Service number not found"},
    "getCockpitVariable": {"status": 404, "error": "Cockpit variable not found"},
    "setCockpitVariableValue": {
        "result": 2,
        "error": "Cockpit variable not found or not visible for the cockpit",
        "status": 200,
    },
    "runRoutingApplication": {"status": 404, "error": "Routing application not found"},
    "listNetworkIvrListEntries": {"status": 404, "error": "Network IVR list not found"},
    "getUser": NO_USER,
    **dict.fromkeys(("answerCall", "hangUpCall", "hangUpSecondLeg", "holdCall"), NO_CALL),
    "importDiallerContacts": {
        "records": [{"line": 1, "outcome": "failed", "ID": None, "error": NO_CAMPAIGN["error"]}],
        "count": 1,
        "status": 200,
    },
}


@pytest.fixture(scope="module")
def first(demo: Service) -> Iterator[httpx.Client]:
    """Client 1."""
    with demo.client(1) as client:
        yield client


@pytest.fixture(scope="module")
def second(demo: Service) -> Iterator[httpx.Client]:
    """Client 2."""
    with demo.client(2) as client:
        yield client


@pytest.fixture(scope="module")
def intruder(demo: Service) -> Iterator[httpx.Client]:
    """Client 1's URL with client 2's token."""
    with demo.client(1, "freiton-demo-2") as client:
        yield client


def everything(client: httpx.Client) -> list[bytes]:
    answers = [client.get(path) for path in (*LISTS, "/calls", *(OPERATIONS[name].path for name in NOBODYS))]
    for campaign in client.get("/dialler/campaigns").json()["records"]:
        path = f"/dialler/campaigns/campaign/{campaign['ID']}/resultCodes"
        answers += [client.get(path, params={"languagesID": language}) for language in (1, 2)]
    return [answer.content for answer in answers]


def test_operations_asked_are_all_of_the_contract() -> None:
    paths = CONTRACT.raw_schema["paths"].values()
    assert {operation["operationId"] for path in paths for operation in path.values()} == OPERATIONS.keys()


@pytest.mark.parametrize("ask", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_ask_at_other_clients_url_is_refused(first: httpx.Client, intruder: httpx.Client, ask: Ask) -> None:
    before = everything(first)
    assert ask.of(intruder).status_code == 401
    assert everything(first) == before


@pytest.mark.parametrize("name", FROM_ELSEWHERE)
def test_ask_for_other_clients_record_finds_nothing(first: httpx.Client, second: httpx.Client, name: str) -> None:
    before = everything(first), everything(second)
    assert OPERATIONS[name].of(second).json() == FROM_ELSEWHERE[name]
    assert (everything(first), everything(second)) == before


@pytest.mark.parametrize("path", [*LISTS, "/calls"])
def test_list_has_own_records_only(first: httpx.Client, second: httpx.Client, path: str) -> None:
    records = {client: client.get(path).json()["records"] for client in (first, second)}
    assert {record["ClientsID"] for record in records[first]} == {1}
    assert {record["ClientsID"] for record in records[second]} == {2}
    assert not {record["ID"] for record in records[first]} & {record["ID"] for record in records[second]}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("params", [{"filter": "ID ge 0"}, {"limitStart": 1}, {"orderBy": "ID", "ascending": False}])
def test_list_of_any_page_has_own_records_only(second: httpx.Client, path: str, params: dict[str, Any]) -> None:
    records = second.get(path, params=params).json()["records"]
    assert {record["ClientsID"] for record in records} == {2}


@pytest.mark.parametrize("path", SEARCHES)
@pytest.mark.parametrize("clients_id", [1, 2])
def test_find_text_that_many_names_contain_finds_own_records_only(demo: Service, path: str, clients_id: int) -> None:
    with demo.client(clients_id) as client:
        records = client.get(path, params={"name": "e"}).json()["records"]
    assert {record["ClientsID"] for record in records} == {clients_id}


@pytest.mark.parametrize("name", NOBODYS)
def test_list_of_system_is_the_same_for_all(first: httpx.Client, second: httpx.Client, name: str) -> None:
    assert OPERATIONS[name].of(first).content == OPERATIONS[name].of(second).content


def test_clone_and_delete_by_shared_name_leave_other_client_alone(fresh_demo: Service) -> None:
    with fresh_demo.client(1) as first, fresh_demo.client(2) as second:
        before = everything(first)
        body = {"source": "Campaign 1000", "destination": "Newsletter-Reaktivierung"}
        (clone,) = second.post("/dialler/campaigns/clone", json=body).json()["records"]
        assert (clone["ClientsID"], clone["ContactPreviewTime"]) == (2, 20)
        deleted = second.delete("/dialler/campaigns/campaign", params={"name": "Campaign 1000"})
        assert deleted.json() == {"status": 200}
        left = second.get("/dialler/campaigns").json()["records"]
        assert [campaign["Name"] for campaign in left] == ["Newsletter-Reaktivierung", "Spring Renewals"]
        assert everything(first) == before
