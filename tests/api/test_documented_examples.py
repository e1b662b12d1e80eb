"""Each example that the vendor documents is the answer of the demo service, in values, types and key order."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.service import Service

Record = dict[str, Any]

LIST_KEYS = ["filter", "limitStart", "limitPageSize", "records", "count", "orderBy", "ascending", "status"]
FOUND_KEYS = ["records", "count", "status"]

EVENT_TYPES = {
    "filter": "",
    "limitStart": 0,
    "limitPageSize": -1,
    "records": [
        {"ShortText": "AcdEventTypes.VoiceMail", "ID": 1},
        {"ShortText": "AcdEventTypes.Fax", "ID": 2},
        {"ShortText": "AcdEventTypes.Callback", "ID": 3},
        {"ShortText": "AcdEventTypes.SMS", "ID": 4},
        {"ShortText": "AcdEventTypes.Email", "ID": 5},
        {"ShortText": "AcdEventTypes.WorkFlowConnector", "ID": 6},
        {"ShortText": "AcdEventTypes.Chat", "ID": 7},
    ],
    "count": 7,
    "orderBy": "ID",
    "ascending": True,
    "status": 200,
}
EVENT_STATUS = {
    "filter": "",
    "limitStart": 0,
    "limitPageSize": -1,
    "records": [
        {"ShortText": "AcdEventStatus.EnterSystem", "ID": 0},
        {"ShortText": "AcdEventStatus.Distribute", "ID": 1},
        {"ShortText": "AcdEventStatus.TransportSMTP", "ID": 2},
        {"ShortText": "AcdEventStatus.TransportToGroup", "ID": 4},
        {"ShortText": "AcdEventStatus.TransportAgent", "ID": 10},
        {"ShortText": "AcdEventStatus.New", "ID": 20},
        {"ShortText": "AcdEventStatus.Seen", "ID": 30},
        {"ShortText": "AcdEventStatus.Remind", "ID": 40},
        {"ShortText": "AcdEventStatus.ChatClosed", "ID": 98},
        {"ShortText": "AcdEventStatus.Done", "ID": 99},
        {"ShortText": "AcdEventStatus.Error", "ID": 100},
    ],
    "count": 11,
    "orderBy": "ID",
    "ascending": True,
    "status": 200,
}
COMPLETED = {
    "bDone": True,
    "DiallerResultCodesTypesContent": "Abschluss",
    "bDelay": False,
    "DiallerCampaignsID": 535,
    "DiallerResultCodesTypesShortText": "DiallerResultCodesTypes.1",
    "bAllowDelete": True,
    "ExportKey": "ABG",
    "Content": "Abgeschlossen",
    "ShortText": "DiallerCampaignsResultCodes.2695",
    "bAborted": False,
    "ID": 2695,
    "bAgentBound": None,
    "TimeOffset": None,
    "bAppointment": False,
    "DiallerResultCodesTypesID": 1,
}
HUNG_UP = {
    "bDone": False,
    "DiallerResultCodesTypesContent": "Abbruch",
    "bDelay": False,
    "DiallerCampaignsID": 535,
    "DiallerResultCodesTypesShortText": "DiallerResultCodesTypes.2",
    "bAllowDelete": True,
    "ExportKey": "Aufleger",
    "Content": "Aufleger",
    "ShortText": "DiallerCampaignsResultCodes.2698",
    "bAborted": True,
    "ID": 2698,
    "bAgentBound": None,
    "TimeOffset": None,
    "bAppointment": False,
    "DiallerResultCodesTypesID": 2,
}
CAMPAIGN_SETTINGS = {
    "ContactPreviewTime": 5,
    "nMaxParallelLines": None,
    "bCloseContactsOnIncomingCallsMatchCallerID": True,
    "dtTo": None,
    "LanguagesID": 2,
    "bCallerIDActive": False,
}
CAMPAIGN_BEGINNING = {**CAMPAIGN_SETTINGS, "Name": "Campaign 1000"}
CAMPAIGN_END = {"ClientsID": 1, "AbortOnNoTelNumberResultCodesID": 2492, "IncomingCallResultCodesID": 2494}
CLONE = {"source": "Campaign 1000", "destination": "My New Campaign", "userData": "UserData Field Contents"}
GROUP_BEGINNING = {"QueueMusicID4Sec": -1, "SupervisorAggregationSkill5ID": None, "DistributionAlgorithmID": 1}
GROUP_END = {
    "bPositionAnnouncement3": False,
    "TarifAnnouncementWavesID": None,
    "bCallRedirectionAfterNumberAnnouncement": False,
}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Client 1 of a demo server that no other file's tests change, so that the documented counts are exact."""
    with Service(tmp_path_factory.mktemp("untouched") / "freiton.db", "--demo") as service, service.client() as client:
        yield client


def assert_same(answer: Any, documented: Any) -> None:
    """Fail if two JSON values differ, be it in the type of a value or in the order of keys."""
    assert json.dumps(answer) == json.dumps(documented)


def assert_shortened(record: Record, beginning: Record, end: Record) -> None:
    """Fail if a record does not begin and end with the fields that its shortened example shows."""
    fields = list(record.items())
    assert_same(dict(fields[: len(beginning)]), beginning)
    assert_same(dict(fields[-len(end) :]), end)


@pytest.mark.parametrize(
    ("path", "documented"), [("/acd/events/types", EVENT_TYPES), ("/acd/events/status", EVENT_STATUS)]
)
def test_list_event_types_or_status_gives_documented_answer(
    untouched: httpx.Client, path: str, documented: Record
) -> None:
    assert_same(untouched.get(path).json(), documented)


def test_list_groups_gives_documented_answer(untouched: httpx.Client) -> None:
    answer = untouched.get("/acd/groups").json()
    assert list(answer) == LIST_KEYS
    records = answer.pop("records")
    assert_same(
        answer,
        {
            "filter": "",
            "limitStart": 0,
            "limitPageSize": -1,
            "count": 40,
            "orderBy": "Name",
            "ascending": True,
            "status": 200,
        },
    )
    assert len(records) == 40
    assert_shortened(records[0], {**GROUP_BEGINNING, "ServiceLevelSeconds": 30}, GROUP_END)


def test_get_group_gives_documented_answer(untouched: httpx.Client) -> None:
    first = untouched.get("/acd/groups").json()["records"][0]
    answer = untouched.get(f"/acd/groups/group/{first['ID']}").json()
    assert_same(answer, {"records": [first], "count": 1, "status": 200})
    assert_shortened(answer["records"][0], GROUP_BEGINNING, GROUP_END)


def test_find_groups_gives_documented_answer(untouched: httpx.Client) -> None:
    answer = untouched.get("/acd/groups/group", params={"name": "Support"}).json()
    assert list(answer) == FOUND_KEYS
    assert (len(answer["records"]), answer["count"], answer["status"]) == (3, 3, 200)
    assert_shortened(
        answer["records"][0],
        {"QueueMusicID4Sec": 10, "SupervisorAggregationSkill5ID": None, "DistributionAlgorithmID": 3},
        {"QueueOffhookAnnouncementID": None, **GROUP_END},
    )


def test_list_campaigns_gives_documented_answer(untouched: httpx.Client) -> None:
    answer = untouched.get("/dialler/campaigns").json()
    assert list(answer) == LIST_KEYS
    records = answer.pop("records")
    # The vendor's example is cut down to one record, and its count with it.
    assert answer.pop("count") == len(records) == 5
    assert_same(
        answer,
        {"filter": "", "limitStart": 0, "limitPageSize": -1, "orderBy": "Name", "ascending": True, "status": 200},
    )
    assert_shortened(records[0], CAMPAIGN_BEGINNING, CAMPAIGN_END)


@pytest.mark.parametrize("path", ["/dialler/campaigns/500", "/dialler/campaigns/campaign?name=Campaign 1000"])
def test_ask_for_campaign_gives_documented_answer(untouched: httpx.Client, path: str) -> None:
    answer = untouched.get(path).json()
    assert list(answer) == FOUND_KEYS
    assert (len(answer["records"]), answer["count"], answer["status"]) == (1, 1, 200)
    assert_shortened(answer["records"][0], CAMPAIGN_BEGINNING, CAMPAIGN_END)


def test_list_result_codes_gives_documented_answer(untouched: httpx.Client) -> None:
    answer = untouched.get("/dialler/campaigns/campaign/535/resultCodes?languagesID=2").json()
    assert list(answer) == FOUND_KEYS
    assert (len(answer["records"]), answer["count"], answer["status"]) == (7, 7, 200)
    assert_same(answer["records"][0], COMPLETED)
    assert_same([record for record in answer["records"] if record["ID"] == 2698], [HUNG_UP])


def test_clone_campaign_gives_documented_answer(fresh_api: httpx.Client) -> None:
    answer = fresh_api.post("/dialler/campaigns/clone", json=CLONE).json()
    assert list(answer) == FOUND_KEYS
    assert (len(answer["records"]), answer["count"], answer["status"]) == (1, 1, 200)
    (clone,) = answer["records"]
    codes = {key: clone[key] for key in ("AbortOnNoTelNumberResultCodesID", "IncomingCallResultCodesID")}
    # The vendor's example shows the name and the result codes of the source.
    assert_shortened(clone, {**CAMPAIGN_SETTINGS, "Name": "My New Campaign"}, {"ClientsID": 1, **codes})
    assert clone["UserData"] == "UserData Field Contents"


def test_delete_campaign_gives_documented_answer(fresh_api: httpx.Client) -> None:
    assert_same(fresh_api.delete("/dialler/campaigns/campaign/535").json(), {"status": 200})
    assert_same(fresh_api.delete("/dialler/campaigns/campaign?name=Campaign 1000").json(), {"status": 200})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/dialler/campaigns/999"),
        ("GET", "/dialler/campaigns/campaign/999/resultCodes?languagesID=2"),
        ("DELETE", "/dialler/campaigns/campaign/999"),
        ("DELETE", "/dialler/campaigns/campaign?name=Campaign 999"),
    ],
)
def test_ask_for_unknown_campaign_gives_documented_error(untouched: httpx.Client, method: str, path: str) -> None:
    answer = untouched.request(method, path)
    assert answer.status_code == 404
    assert_same(answer.json(), {"status": 404, "error": "Dialler campaign not found"})


def test_get_event_gives_the_values_of_the_shortened_example(api: httpx.Client) -> None:
    documented = {
        "SkillsValue1": None,
        "SkillsValue2": None,
        "ChatConnectorsID": 1,
        "UserData": "123456",
        "AcdEventStatusID": 20,
        "dtLastModified": "2020-08-09T02:33:50.347",
    }
    answer = api.get("/acd/events").json()
    assert (answer["orderBy"], answer["ascending"]) == ("dtCreated", True)
    assert answer["records"][0].items() >= documented.items()
