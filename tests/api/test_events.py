"""ACD events: created by the rules of their type, at a moment that never runs backwards, and listed by it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from data import events
from data.lists.pages import Page
from data.opening import open_database
from tests.support.command import carry_out
from tests.support.conformance import CONTRACT
from tests.support.files import execute
from tests.support.hostile_events import EVENTS as HOSTILE
from tests.support.loading import EVENT, load_records
from tests.support.model import EVENT_FIELDS, NEW, new_event
from tests.support.raw import exchange
from tests.support.service import Service
from tests.support.sqlite import connection

Record = dict[str, Any]

CREATE, LIST = "/acd/events/create", "/acd/events"
NUMBER = "+493023125155"
SMALLEST: Record = {"AcdEventTypesID": 3, "AcdGroupsID": 106, "Sender": NUMBER, "Subject": "Rückruf"}
OPTIONAL = ("UsersID", "Receiver", "Body", "CrmURL", "UserData")
MOMENTS = ("dtCreated", "dtLastModified")
NO_GROUP = {"status": 404, "error": "ACD group not found"}
NO_USER = {"status": 404, "error": "User not found"}
NO_EVENT = {"status": 404, "error": "ACD event not found"}
FUTURE = "2999-12-31T23:59:59.999"
INDEXES = {"ID": "AcdEventsByID", "dtCreated": "AcdEventsByCreation", "dtLastModified": "AcdEventsByModification"}
ORDERS = CONTRACT.raw_schema["components"]["schemas"]["AcdEventsOrderBy"]["enum"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server to create events on."""
    with Service(tmp_path_factory.mktemp("events") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of that server."""
    with service.client() as client:
        yield client


def create(client: httpx.Client, **changes: Any) -> Record:
    """Create an event with other fields than those of the smallest one, and return it."""
    answer = client.post(CREATE, json={**SMALLEST, **changes}).json()
    assert list(answer) == ["records", "count", "status"]
    assert (answer["count"], answer["status"]) == (1, 200)
    record: Record = answer["records"][0]
    return record


@pytest.mark.parametrize("kind", range(1, 8))
def test_create_event_of_any_type_with_least_fields_leaves_others_null(client: httpx.Client, kind: int) -> None:
    event = create(client, AcdEventTypesID=kind)
    expected = new_event(1, {**SMALLEST, "AcdEventTypesID": kind}, event["ID"], event["dtCreated"])
    assert json.dumps(event) == json.dumps(expected)
    assert client.get(f"{LIST}/event/{event['ID']}").json()["records"] == [event]


def test_create_event_with_all_fields_keeps_each(client: httpx.Client) -> None:
    given = {
        "UsersID": 21,
        "Receiver": "493023125100",
        "Body": 'Zeile 1\n"Zeile 2"}\t\\ \u0001 😀',
        "CrmURL": "https://crm.example.com/a?b=c#d",
        "UserData": "",
    }
    event = create(client, **given)
    assert {field: event[field] for field in given} == given
    assert event["AcdEventStatusID"] == NEW


def test_create_event_with_nulls_is_the_same_as_without(client: httpx.Client) -> None:
    for kind in range(1, 8):
        event = create(client, AcdEventTypesID=kind, **dict.fromkeys(OPTIONAL))
        assert [event[field] for field in OPTIONAL] == [None] * len(OPTIONAL)


@pytest.mark.parametrize("kind", [1, 3])
@pytest.mark.parametrize("number", ["1", "+1", "493023125155", "+493023125155", "123456789012345", "+999999999999999"])
def test_create_event_with_e164_number_keeps_it_as_given(client: httpx.Client, kind: int, number: str) -> None:
    event = create(client, AcdEventTypesID=kind, Sender=number, Receiver=number)
    assert (event["Sender"], event["Receiver"]) == (number, number)


@pytest.mark.parametrize("kind", [2, 4, 5, 6, 7])
@pytest.mark.parametrize("text", ["anna@example.org", "Anna Ö. <anna@example.org>", "0", "+49 30", "😀" * 255, " "])
def test_create_event_of_other_type_takes_any_sender(client: httpx.Client, kind: int, text: str) -> None:
    event = create(client, AcdEventTypesID=kind, Sender=text, Receiver=text)
    assert (event["Sender"], event["Receiver"]) == (text, text)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://crm",
            "https://crm.example.com/",
            "http://127.0.0.1:8080/a/b?c=d&e=%C3%B6#f",
            "http://[2001:db8::1]:65535/",
        ),
        *("https://xn--bcher-kva.example?q", "https://crm/#/contacts/1", "http://crm/" + "x" * 2037),
        # A scheme is the same in any letter case (RFC 3986, section 3.1).
        *("HTTP://CRM.example.com/A", "hTTpS://crm"),
    ],
)
def test_create_event_with_url_keeps_it(client: httpx.Client, url: str) -> None:
    assert create(client, CrmURL=url)["CrmURL"] == url


@pytest.mark.parametrize(("field", "longest"), [("Subject", 255), ("UserData", 255), ("Body", 65536)])
def test_create_event_with_longest_text_keeps_it(client: httpx.Client, field: str, longest: int) -> None:
    assert create(client, **{field: "😀" * longest})[field] == "😀" * longest


def test_create_event_with_unknown_group_changes_nothing(service: Service, client: httpx.Client) -> None:
    before = client.get(LIST).content
    with service.client(2) as other:
        others = other.get(LIST).content
        for mine, group in ((client, 201), (client, 999999), (other, 106)):
            assert mine.post(CREATE, json={**SMALLEST, "AcdGroupsID": group}).json() == NO_GROUP
        assert other.get(LIST).content == others
    assert client.get(LIST).content == before


@pytest.mark.parametrize("user", [0, 1, 5, 2**53 - 1])
def test_create_event_with_unknown_user_changes_nothing(client: httpx.Client, user: int) -> None:
    before = client.get(LIST).content
    assert client.post(CREATE, json={**SMALLEST, "UsersID": user}).json() == NO_USER
    assert client.get(LIST).content == before


def test_create_event_of_account_without_users_keeps_any_user(fresh_demo: Service) -> None:
    execute(fresh_demo.database, ["delete from Users where ClientsID = 1"])
    with fresh_demo.client() as client, fresh_demo.client(2) as second:
        assert create(client, UsersID=2**53 - 1)["UsersID"] == 2**53 - 1
        assert second.post(CREATE, json={**SMALLEST, "AcdGroupsID": 201, "UsersID": 17}).json() == NO_USER


def test_create_bad_events_changes_nothing(service: Service, client: httpx.Client) -> None:
    before = client.get(LIST).content
    for case in HOSTILE:
        (answer,) = exchange(service.url, case.request)
        assert answer.status == case.status
    assert client.get(LIST).content == before


def test_create_events_gives_rising_ids_and_moments_of_now(client: httpx.Client) -> None:
    def now() -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]

    begin = now()
    made = [create(client) for _ in range(20)]
    end = now()
    moments = [event["dtCreated"] for event in made]
    assert [begin, *moments, end] == sorted([begin, *moments, end])
    assert [event["dtLastModified"] for event in made] == moments
    first = made[0]["ID"]
    assert [event["ID"] for event in made] == list(range(first, first + 20))


def test_page_of_events_counts_those_of_the_client_and_replaced_ones_once(fresh_demo: Service) -> None:
    with fresh_demo.client(1) as one, fresh_demo.client(2) as two:

        def totals() -> list[str]:
            return [api.get(LIST, params={"limitPageSize": 1}).headers["X-Total-Count"] for api in (one, two)]

        assert totals() == ["7", "3"]
        saved = one.get(LIST).text
        body = {"AcdEventTypesID": 5, "AcdGroupsID": 106, "Sender": "a@example.org", "Subject": "Counted"}
        assert one.post(f"{LIST}/create", json=body).status_code == 200
        carry_out("load", "-", "--client", "1", "--database", fresh_demo.database, stdin=saved)
        assert totals() == ["8", "3"]


def test_create_event_after_one_of_the_future_has_its_moment(fresh_demo: Service) -> None:
    load_records(fresh_demo, [{**EVENT, "ID": 5000, "dtCreated": FUTURE}])
    with fresh_demo.client(1) as first, fresh_demo.client(2) as second:
        made = [create(first) for _ in range(2)]
        assert [event[moment] for event in made for moment in MOMENTS] == [FUTURE] * 4
        assert [event["ID"] for event in first.get(LIST).json()["records"]][-3:] == [5000, 5001, 5002]
        # Client accounts are apart in this too.
        elsewhere = datetime.fromisoformat(create(second, AcdGroupsID=201)["dtCreated"] + "+00:00")
    assert abs(datetime.now(UTC) - elsewhere) < timedelta(minutes=1)


def test_restart_keeps_events(fresh_demo: Service) -> None:
    with fresh_demo.client() as client:
        create(client)
        before = client.get(LIST).content
    fresh_demo.stop()
    with Service(fresh_demo.database, "--demo") as service, service.client() as client:
        assert client.get(LIST).content == before


@pytest.mark.parametrize("event_id", [0, 1, 3008, 999999, 2**53 - 1])
def test_get_event_that_client_does_not_have_is_not_found(client: httpx.Client, event_id: int) -> None:
    assert client.get(f"{LIST}/event/{event_id}").json() == NO_EVENT


@pytest.mark.parametrize("field", ORDERS)
@pytest.mark.parametrize("ascending", [True, False])
def test_list_events_by_field_is_totally_ordered(api: httpx.Client, field: str, ascending: bool) -> None:
    answer = api.get(LIST, params={"orderBy": field, "ascending": json.dumps(ascending)}).json()
    whole = api.get(LIST).json()["records"]
    assert list(whole[0]) == list(EVENT_FIELDS)
    assert answer["records"] == sorted(whole, key=lambda event: (event[field], event["ID"]), reverse=not ascending)
    assert (answer["orderBy"], answer["ascending"]) == (field, ascending)


def test_list_events_page_by_page_is_the_whole(api: httpx.Client) -> None:
    whole = api.get(LIST).json()["records"]
    pages = [api.get(LIST, params={"limitStart": start, "limitPageSize": 2}).json() for start in range(0, 10, 2)]
    assert [event for page in pages for event in page["records"]] == whole


@pytest.mark.parametrize(
    ("text", "ids"), [("RÜCKRUF", [3004]), ("bestellung", [3001, 3005]), ("%", []), ("besucher", [])]
)
def test_filter_events_gives_subjects_that_contain_text(api: httpx.Client, text: str, ids: list[int]) -> None:
    records = api.get(LIST, params={"filter": f"contains(Subject,'{text}')"}).json()["records"]
    assert [event["ID"] for event in records] == ids


@pytest.mark.parametrize("field", ["", "Subject", "AcdGroupsID", "ClientsID", "Extra", "dtcreated"])
def test_list_events_by_field_without_index_is_refused(api: httpx.Client, field: str) -> None:
    answer = api.get(LIST, params={"orderBy": field})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "orderBy: must be one of ID, dtCreated, dtLastModified",
    )


@pytest.mark.sqlite
@pytest.mark.parametrize("field", ORDERS)
@pytest.mark.parametrize("ascending", [True, False])
def test_list_events_by_field_reads_its_index(tmp_path: Path, field: str, ascending: bool) -> None:
    with open_database(tmp_path / "freiton.db", create=True, demo=True):
        sqlite = connection()
        asked: list[str] = []
        sqlite.set_trace_callback(asked.append)
        events.list_all(1, Page(filter_="", limit_start=2, limit_page_size=2, order_by=field, ascending=ascending))
        sqlite.set_trace_callback(None)
        (select,) = [statement for statement in asked if statement.startswith("select cast(Record as blob)")]
        plan = [step[-1] for step in sqlite.execute(f"explain query plan {select}")]
    assert f"SEARCH AcdEvents USING COVERING INDEX {INDEXES[field]} (ClientsID=?)" in plan
