"""Calls are listed as the vendor has them, and what is done with one is done once, although it is a GET."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.files import execute
from tests.support.raw import exchange
from tests.support.service import Service
from tests.support.snapshots import keep_snapshot, restore_snapshot

CALLS = "/calls"
CONNECTED, RINGING, TWO_LEGS, HELD = (
    *("20220708113318-410001", "20220708113402-410002", "20220708113417-410003", "20220708113431-410004"),
)
# What the vendor shows of a call.
DOCUMENTED = {
    "bOutbound": 0,
    "CurrentAgentCountLoggedInToAcd": None,
    "AcdCallMonitoring_bCallRequest": None,
    "AcdSecondaryDistributionAlgorithmID": 1,
    "LanguagesID": 2,
    "dtCallStart": "2022-07-08T11:33:18.900977Z",
    "CallingPartyNumberType": 1,
    "dtAcdFirstQueueStart": None,
    "ResellersID": 1,
    "dtAcdCallRecordingAnnouncementStart": None,
}
ACTIONS = ("answer", "hangup", "hangupLeg2", "hold")
DONE = {"status": 200}
NOT_FOUND = {"status": 404, "error": "Call not found"}
# The answers to the actions that the state of a call does not allow.
REFUSED = {
    "answer": "Call {}: only a call that rings can be answered",
    "hold": "Call {}: only a call that is connected can be held",
    "hangupLeg2": "Call has no second leg",
}
REQUEST = "GET /rest/v1.0/1/calls/{}/{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer freiton-demo-1\r\n\r\n"


@pytest.fixture(scope="module", params=["fast", "--no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose calls are answered and hung up."""
    options = [request.param] if request.param.startswith("--") else []
    with Service(tmp_path_factory.mktemp("calls") / "freiton.db", "--demo", *options) as service:
        keep_snapshot(service.database, service.database.with_name("backup.db"))
        yield service


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of that server, with the calls of the demo."""
    restore_snapshot(service.database, service.database.with_name("backup.db"))
    with service.client() as client:
        yield client


def read(api: httpx.Client) -> dict[str, dict[str, Any]]:
    """Return all calls by their UFN."""
    return {record["UFN"]: record for record in api.get(CALLS).json()["records"]}


def act(api: httpx.Client, ufn: str, action: str) -> httpx.Response:
    """Return the answer to an action."""
    return api.get(f"{CALLS}/{ufn}/{action}")


def test_list_calls_has_documented_envelope_and_record(api: httpx.Client) -> None:
    answer = api.get(CALLS).json()
    assert list(answer) == ["records", "count", "orderBy", "status"]
    assert (answer["count"], answer["orderBy"], answer["status"]) == (4, "UFN", 200)
    first = answer["records"][0]
    assert list(first.items())[: len(DOCUMENTED)] == list(DOCUMENTED.items())
    assert [record["UFN"] for record in answer["records"]] == [CONNECTED, RINGING, TWO_LEGS, HELD]


@pytest.mark.parametrize("parameter", ["filter", "limitStart", "limitPageSize", "orderBy", "ascending", "cursor"])
def test_list_calls_takes_no_parameter_of_other_lists(api: httpx.Client, parameter: str) -> None:
    answer = api.get(CALLS, params={parameter: ""})
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, f"#/query/{parameter}")


def test_list_many_calls_gives_all_in_order(api: httpx.Client, service: Service) -> None:
    made = [f"20260101000000-{number}" for number in range(5_000, 8_000)]
    execute(
        service.database,
        [
            "insert into Calls (ID, ClientsID, UFN, CallState, bOutbound, dtCallStart) values "
            + ", ".join(f"({ufn[15:]}, 1, '{ufn}', 'ringing', 0, '2026-01-01T00:00:00.000000Z')" for ufn in made)
        ],
    )
    answer = api.get(CALLS).json()
    assert list(answer) == ["records", "count", "orderBy", "status"]
    assert [record["UFN"] for record in answer["records"]] == [CONNECTED, RINGING, TWO_LEGS, HELD, *made]
    assert answer["count"] == len(made) + 4


def test_answer_call_connects_it_and_changes_nothing_else(api: httpx.Client) -> None:
    before = read(api)
    assert act(api, RINGING, "answer").json() == DONE
    after = read(api)
    connected = after[RINGING]["dtCallConnect"]
    assert after == {**before, RINGING: {**before[RINGING], "CallState": "connected", "dtCallConnect": connected}}
    assert before[RINGING]["dtAgentStart"] < connected


def test_hold_call_changes_its_state_only(api: httpx.Client) -> None:
    before = read(api)
    assert act(api, CONNECTED, "hold").json() == DONE
    assert read(api) == {**before, CONNECTED: {**before[CONNECTED], "CallState": "held"}}


def test_hang_up_second_leg_leaves_the_call(api: httpx.Client) -> None:
    before = read(api)
    assert act(api, TWO_LEGS, "hangupLeg2").json() == DONE
    assert read(api) == {**before, TWO_LEGS: {**before[TWO_LEGS], "Leg2Number": None, "dtLeg2Start": None}}


@pytest.mark.parametrize("ufn", [CONNECTED, RINGING, TWO_LEGS, HELD])
def test_hang_up_call_in_any_state_takes_it_out_of_the_list(api: httpx.Client, ufn: str) -> None:
    before = read(api)
    assert act(api, ufn, "hangup").json() == DONE
    assert read(api) == {key: record for key, record in before.items() if key != ufn}
    for action in ACTIONS:
        answer = act(api, ufn, action)
        assert (answer.status_code, answer.json()) == (409, {"status": 409, "error": "Call has ended"})


@pytest.mark.parametrize(
    ("ufn", "action", "does"),
    [
        *((ufn, "answer", does) for ufn, does in [(CONNECTED, "is connected"), (HELD, "is held")]),
        *((ufn, "hold", does) for ufn, does in [(RINGING, "rings"), (HELD, "is held")]),
        *((ufn, "hangupLeg2", "") for ufn in (CONNECTED, RINGING, HELD)),
    ],
)
def test_action_that_the_state_does_not_allow_is_409_and_changes_nothing(
    api: httpx.Client, ufn: str, action: str, does: str
) -> None:
    before = api.get(CALLS).content
    answer = act(api, ufn, action)
    assert answer.json() == {"status": 409, "error": REFUSED[action].format(does)}
    assert (answer.status_code, api.get(CALLS).content) == (409, before)


def test_answer_call_that_waits_in_the_queue_is_409(api: httpx.Client, service: Service) -> None:
    execute(service.database, [f"update Calls set UsersID = null where UFN = '{RINGING}'"])
    assert act(api, RINGING, "answer").json()["error"] == REFUSED["answer"].format("waits for an agent")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("ufn", ["a:b", "-1", "ä", "x" * 65, "a b", "."])
def test_action_with_a_text_that_is_no_ufn_is_400(api: httpx.Client, action: str, ufn: str) -> None:
    answer = api.get(f"{CALLS}/{ufn.replace(' ', '%20').replace('.', '%2E')}/{action}")
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/path/UFN")


@pytest.mark.parametrize("action", ACTIONS)
def test_action_takes_no_parameter(api: httpx.Client, action: str) -> None:
    before = api.get(CALLS).content
    answer = api.get(f"{CALLS}/{TWO_LEGS}/{action}?force=true")
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/query/force")
    assert api.get(CALLS).content == before


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
def test_action_refuses_preconditions(api: httpx.Client, action: str, field: str) -> None:
    before = api.get(CALLS).content
    answer = api.get(f"{CALLS}/{TWO_LEGS}/{action}", headers={field: "*"})
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, f"#/header/{field}")
    assert api.get(CALLS).content == before


@pytest.mark.parametrize("action", ACTIONS)
def test_head_of_an_action_is_405_and_changes_nothing(api: httpx.Client, action: str) -> None:
    before = api.get(CALLS).content
    for method in ("HEAD", "POST", "DELETE"):
        # The contract names no 405.
        answer = httpx.request(method, f"{api.base_url}{CALLS[1:]}/{TWO_LEGS}/{action}", headers=api.headers)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, OPTIONS")
    assert api.options(f"{CALLS}/{TWO_LEGS}/{action}").headers["Allow"] == "GET, OPTIONS"
    assert api.get(CALLS).content == before


def test_same_bytes_again_are_carried_out_again(api: httpx.Client, service: Service) -> None:
    request = REQUEST.format(CONNECTED, "hold").encode()
    answers = exchange(service.url, request * 3)
    assert [answer.status for answer in answers] == [200, 409, 409]
    for answer in answers:
        assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)
    assert [answer.status for answer in exchange(service.url, REQUEST.format(CONNECTED, "hangup").encode() * 2)] == [
        *(200, 409)
    ]


def test_list_after_each_action_is_new(api: httpx.Client) -> None:
    tags = set()
    for ufn, action in ((RINGING, "answer"), (RINGING, "hold"), (TWO_LEGS, "hangupLeg2"), (RINGING, "hangup")):
        first = api.get(CALLS).headers["ETag"]
        assert api.get(CALLS, headers={"If-None-Match": first}).status_code == 304
        assert act(api, ufn, action).status_code == 200
        assert api.get(CALLS, headers={"If-None-Match": first}).status_code == 200
        tags.add(first)
    assert len(tags) == 4


def test_hang_up_call_at_the_same_time_succeeds_once(api: httpx.Client, service: Service) -> None:
    def hang_up(_: int) -> int:
        with service.client() as client:
            return act(client, HELD, "hangup").status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(hang_up, range(8)))
    assert sorted(statuses) == [200, *[409] * 7]


def test_calls_of_other_client_account_are_not_found(api: httpx.Client, service: Service) -> None:
    before = api.get(CALLS).content
    with service.client(2) as other:
        assert list(read(other)) == ["20220708113459-410005"]
        for action in ACTIONS:
            assert json.loads(act(other, CONNECTED, action).content) == NOT_FOUND
    assert api.get(CALLS).content == before
