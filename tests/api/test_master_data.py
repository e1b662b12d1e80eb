"""Users, service numbers, cockpit variables, routing applications and network IVR lists are as the vendor has them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.store.texts import INSTANT, MOMENT, OFFSET_MOMENT, is_moment
from handlers.contract.compiled_schemas import fast_validator
from tests.support.service import Service

Record = dict[str, Any]

# How many records each list has in the vendor's examples, and by which field they are sorted.
LISTS = {
    "/users": (22, "UID"),
    "/serviceNumbers": (14, "Name2"),
    "/cockpitVariables": (7, "Name"),
    "/routingApplications": (85, "Name"),
    "/networkIVRLists": (11, "Name"),
}
USER_BEGINNING = {"bTelCallsForwarding": False, "bUseWebMail": False, "dtPBXTelephoneStatus": None}
USER_END = {"ResellersID": 1, "TelStatusID": 0, "AgentStatusAfterLogoutRejectedID": None}
NUMBER_BEGINNING = {
    "ContractNumber": None,
    "dtTo": None,
    "EndNumber": "",
    "dtReset": "2022-06-17T15:19:12.484+02:00",
    "ResellerTrafficManagementPoliciesID": None,
}
NUMBER_END = {
    "ApplySeconds4": None,
    "ApplySeconds3": None,
    "bCockpitConferenceFlag": False,
    "ClientsID": 1,
    "ResellersID": 1,
}
VARIABLE_BEGINNING = {
    "Description": "Test Cockpit Variable",
    "CounterAbsolute": 0,
    "Name": "Test Cockpit Variable",
    "Counter10Minutes": 0,
    "Counter30Minutes": 0,
    "CounterDay": 0,
    "MinValue": None,
    "ID": 192,
    "MinBGColor": "#DC143C",
    "dtLastModified": "2022-01-04T13:31:37.477546Z",
}
APPLICATION = {
    "TestCLI": "49111",
    "RoutingApplicationTypesID": None,
    "RoutingApplicationFilesActiveID": 2705,
    "RoutingApplicationFilesTestID": 2705,
    "dtCallLogStart": None,
    "ClientsID": 1,
    "ID": 2793,
    "WorkFlowApplicationTypesID": 1,
    "bOverflowLicense": False,
    "Name": "Test Routing Application",
}
MENU = {
    **APPLICATION,
    "RoutingApplicationFilesActiveID": 2688,
    "RoutingApplicationFilesTestID": 2688,
    "ID": 2786,
    "Name": "IVR Menu",
}
NO_LIST = {"status": 404, "error": "Network IVR list not found"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Client 1 of a demo server that no other file's tests change."""
    with Service(tmp_path_factory.mktemp("master") / "freiton.db", "--demo") as service, service.client() as client:
        yield client


def find(api: httpx.Client, path: str, filter_: str) -> list[Record]:
    """Return the records of a list that match a filter."""
    answer = api.get(path, params={"filter": filter_})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["records"])


def assert_shortened(record: Record, beginning: Record, end: Record) -> None:
    """Fail if a record does not begin and end with the fields of a shortened example, in their order."""
    fields = list(record.items())
    assert json.dumps(fields[: len(beginning)]) == json.dumps(list(beginning.items()))
    assert json.dumps(fields[-len(end) :]) == json.dumps(list(end.items()))


@pytest.mark.parametrize("path", LISTS)
def test_list_gives_documented_envelope(api: httpx.Client, path: str) -> None:
    count, order = LISTS[path]
    answer = api.get(path).json()
    records = answer.pop("records")
    envelope = {"filter": "", "limitStart": 0, "limitPageSize": -1, "count": count, "orderBy": order}
    assert json.dumps(answer) == json.dumps({**envelope, "ascending": True, "status": 200})
    assert len(records) == count
    assert records == sorted(records, key=lambda record: (record[order], record["ID"]))


def test_list_users_begins_with_record_like_the_documented_one(api: httpx.Client) -> None:
    assert_shortened(api.get("/users").json()["records"][0], USER_BEGINNING, USER_END)


def test_list_service_numbers_begins_with_record_like_the_documented_one(api: httpx.Client) -> None:
    assert_shortened(api.get("/serviceNumbers").json()["records"][0], NUMBER_BEGINNING, NUMBER_END)


def test_get_cockpit_variable_gives_documented_record(api: httpx.Client) -> None:
    (record,) = api.get("/cockpitVariables/cockpitVariable/192").json()["records"]
    assert_shortened(record, VARIABLE_BEGINNING, {"ClientsID": 1})


def test_list_routing_applications_has_documented_records(api: httpx.Client) -> None:
    found = find(api, "/routingApplications", "ID in (2786, 2793)")
    assert json.dumps(found) == json.dumps([MENU, APPLICATION])


def test_list_network_ivr_lists_has_documented_records(api: httpx.Client) -> None:
    documented = [{"ClientsID": 1, "ID": 9, "Name": "Campaign List"}, {"ClientsID": 1, "ID": 3, "Name": "Routing"}]
    assert json.dumps(find(api, "/networkIVRLists", "ID in (3, 9)")) == json.dumps(documented)


def test_list_entries_gives_those_of_one_list(api: httpx.Client) -> None:
    for number in (3, 5, 9):
        records = api.get(f"/networkIVRLists/{number}").json()["records"]
        assert {record["NetworkIVRListsID"] for record in records} == {number}
    empty = api.get("/networkIVRLists/2").json()
    assert (empty["records"], empty["count"]) == ([], 0)


@pytest.mark.parametrize("number", [0, 1, 21, 2**53 - 1])
def test_list_entries_of_list_that_client_does_not_have_is_not_found(api: httpx.Client, number: int) -> None:
    assert api.get(f"/networkIVRLists/{number}").json() == NO_LIST


def test_cursor_of_entries_of_one_list_fits_no_other(api: httpx.Client) -> None:
    link = api.get("/networkIVRLists/9?limitPageSize=1").links["next"]["url"]
    assert api.get(f"/networkIVRLists/9{link}").json()["count"] == 1
    answer = api.get(f"/networkIVRLists/3{link}")
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/query/cursor")


@pytest.mark.parametrize(
    ("path", "filter_", "ids"),
    [
        ("/serviceNumbers", "dtTo eq '2026-12-31T23:59:59.000+01:00'", [7]),
        ("/serviceNumbers", "dtTo gt '2026-12-31T23:59:59.000+00:00'", [7]),
        ("/serviceNumbers", "startswith(dtTo,'2026-12')", [7]),
        ("/serviceNumbers", "dtReset eq null", [4]),
        ("/cockpitVariables", "dtLastModified gt '2026-01-01T00:00:00.000000Z'", [187]),
        ("/cockpitVariables", "dtLastModified eq null", [189]),
    ],
)
def test_filter_by_date_time_of_the_form_of_the_record_finds_it(
    api: httpx.Client, path: str, filter_: str, ids: list[int]
) -> None:
    assert [record["ID"] for record in find(api, path, filter_)] == ids


@pytest.mark.parametrize(
    ("path", "field", "form", "text"),
    [
        ("/users", "dtPBXTelephoneStatus", "YYYY-MM-DDTHH:MM:SS.mmm", "2026-01-01T00:00:00.000Z"),
        ("/serviceNumbers", "dtReset", "YYYY-MM-DDTHH:MM:SS.mmm+HH:MM", "2026-01-01T00:00:00.000"),
        ("/serviceNumbers", "dtReset", "YYYY-MM-DDTHH:MM:SS.mmm+HH:MM", "2026-02-31T00:00:00.000+01:00"),
        ("/cockpitVariables", "dtLastModified", "YYYY-MM-DDTHH:MM:SS.mmmmmmZ", "2026-01-01T00:00:00.000Z"),
        ("/cockpitVariables", "dtLastModified", "YYYY-MM-DDTHH:MM:SS.mmmmmmZ", "2026-01-01T00:00:00.000000+00:00"),
    ],
)
def test_filter_by_date_time_of_another_form_is_refused(
    api: httpx.Client, path: str, field: str, form: str, text: str
) -> None:
    answer = api.get(path, params={"filter": f"{field} gt '{text}'"})
    error = f"filter: column {len(field) + 5}: {field} is a date-time, {form}, and this is none that exists"
    assert answer.json() == {"status": 400, "error": error}


OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
RECORDS: dict[str, tuple[str, str, Record]] = {
    MOMENT: ("RoutingApplication", "dtCallLogStart", APPLICATION),
    OFFSET_MOMENT: ("ServiceNumber", "dtReset", {**NUMBER_BEGINNING, "ID": 1, "Name": "49", "Name2": "", **NUMBER_END}),
    INSTANT: (
        "CockpitVariable",
        "dtLastModified",
        {**VARIABLE_BEGINNING, **dict.fromkeys(("MaxValue", "MaxBGColor", "bWritable", "bVisible")), "ClientsID": 1},
    ),
}


@settings(deadline=None, max_examples=300)
@given(
    moment=st.datetimes(),
    offset=OFFSETS,
    place=st.integers(0, 30),
    text=st.text(st.sampled_from("0123456789-:T. \n+Z\u0663"), max_size=2),
)
@example(moment=datetime(2026, 11, 24), offset=UTC, place=31, text="\n")
@example(moment=datetime(2026, 11, 24), offset=UTC, place=23, text="-")
def test_check_changed_date_time_of_any_form_is_decided_alike(
    moment: datetime, offset: timezone, place: int, text: str
) -> None:
    forms = {
        MOMENT: moment.isoformat(timespec="milliseconds"),
        OFFSET_MOMENT: moment.replace(tzinfo=offset).isoformat(timespec="milliseconds"),
        INSTANT: f"{moment.isoformat(timespec='microseconds')}Z",
    }
    for form, (schema, field, record) in RECORDS.items():
        whole = forms[form]
        changed = whole[:place] + text + whole[place + len(text) :]
        for spelt, expected in ((whole, {True}), (changed, None)):
            decided = {is_moment(spelt, form), fast_validator(schema).is_valid({**record, field: spelt})}
            assert decided == expected or (expected is None and len(decided) == 1), spelt
