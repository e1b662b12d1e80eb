"""The journal says of each request and answer which rules of the contract it breaks, and where."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import ASGIApp

from handlers.contract.headers import join_fields
from handlers.contract.operations import Request
from handlers.contract.problems import Refusal
from handlers.contract.verdicts import Asked, judge_request
from handlers.sandbox.registry.limits import Limits
from tests.support.conformance import BASE_PATH
from tests.support.hostile_bodies import BODIES
from tests.support.hostile_contacts import CONTACT_CASES
from tests.support.hostile_events import EVENTS
from tests.support.hostile_messages import MESSAGES
from tests.support.hostile_targets import TARGETS
from tests.support.layered import ROUTES, Layered
from tests.support.operations import OPERATIONS
from tests.support.raw import AUTHORIZATION, exchange
from tests.support.sandbox import World
from tests.support.service import Service

HOSTILE = [*TARGETS, *BODIES, *EVENTS, *MESSAGES, *CONTACT_CASES]
# Not the 404 of a record that is not there, which has a body.
REFUSED = {400, 401, 405, 406, 413, 415, 431}
CAMPAIGN = "/dialler/campaigns/535"
CAMPAIGN_LINK = {"Link": '</openapi.yaml>; rel="describedby"'}
TAG = {"ETag": '"1"'}
NAMES = st.sampled_from(["limitStart", "limitPageSize", "orderBy", "ascending", "name", "filter", "nope", "%zz", "%00"])
VALUES = st.sampled_from(["", "0", "-1", "1", "Name", "ID", "true", "yes", "%ff", "%", "9" * 30])
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
FIELDS = {
    b"accept": st.sampled_from([b"*/*", b"text/html", b"application/json;q=0"]),
    b"content-type": st.sampled_from([b"application/json", b"text/csv", b"application/json; charset=latin-1"]),
    b"content-encoding": st.sampled_from([b"identity", b"gzip"]),
    b"if-match": st.sampled_from([b"*", b'"1"', b"1"]),
    b"if-none-match": st.sampled_from([b"*", b'"1"', b"1"]),
    b"idempotency-key": st.sampled_from([b"key", b"a key", b"", b"\xe4", b"x" * 256]),
}
JSON_BODIES = st.dictionaries(
    st.sampled_from(["source", "destination", "Name", "DiallerCampaignsID", "PhoneNumber1", "Sender", "nope"]),
    st.sampled_from(["x", "", None, 1, "+4989123456", "x" * 300]),
    max_size=4,
).map(json.dumps)
TEXTS = st.one_of(JSON_BODIES, st.sampled_from(["", "{", "[]", '{"a":1,"a":2}', "null"]))


@pytest.fixture(scope="module")
def layered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layered]:
    """The layer of the journal in this process."""
    layered = Layered(tmp_path_factory.mktemp("verdicts"), Limits())
    with layered.registry:
        yield layered


def read_entries(world: World) -> Iterator[dict[str, Any]]:
    """Yield all entries of a world's journal."""
    last = 0
    while entries := world.ask("GET", "/journal", params={"after": last, "limit": 1000}).json()["entries"]:
        yield from entries
        last = entries[-1]["number"]


def list_violations(world: World) -> list[tuple[str, str]]:
    """Return what the last request of a world has broken."""
    *_, entry = read_entries(world)
    return [(each["place"], each["rule"]) for each in entry["violations"]]


def judge(layered: Layered, app: ASGIApp, path: str = CAMPAIGN, method: str = "GET") -> list[str]:
    """Return the places of what an application breaks with its answer."""
    layered.ask(app, method, path)
    return [each["place"] for each in layered.entries[-1]["violations"]]


def test_send_hostile_requests_are_violations_if_and_only_if_refused(
    sandbox: Service, world: World, rounds: Callable[[int, int], int]
) -> None:
    token = world.described["accounts"][0]["token"]
    answers = {}
    cases = HOSTILE[:: rounds(4, 1)]
    for case in cases:
        data = case.request.replace(AUTHORIZATION, f"Authorization: Bearer {token}".encode())
        answers.update({each.headers["x-request-id"]: (case.name, each) for each in exchange(sandbox.url, data)[-1:]})
    entries = [*read_entries(world)]
    assert len(entries) > 0.9 * len(cases)
    for entry in entries:
        name, answer = answers[entry["requestId"]]
        refused = answer.status in REFUSED or (answer.status == 404 and not answer.body)
        assert (entry["status"], entry["valid"]) == (answer.status, not refused), (name, entry)
        if "x-error-pointer" in answer.headers:
            first = {"place": answer.headers["x-error-pointer"], "rule": json.loads(answer.body)["error"]}
            assert first in entry["violations"], (name, entry)


@given(st.sampled_from(sorted(OPERATIONS)), PAIRS, st.fixed_dictionaries({}, optional=FIELDS), TEXTS, st.booleans())
@settings(max_examples=300)
def test_judge_request_finds_violations_if_and_only_if_operation_refuses(
    name: str, pairs: Sequence[tuple[str, str]], fields: dict[bytes, bytes], text: str, with_body: bool
) -> None:
    ask = OPERATIONS[name]
    query = "&".join(f"{key}={value}" for key, value in pairs).encode()
    body = text.encode() if with_body else b""
    asked = Asked(ask.method, f"{BASE_PATH}/1{ask.path}".encode(), query, [*fields.items()], body)
    operation, violations = judge_request(ROUTES, asked)
    assert operation is not None
    assert operation.identity == name
    assert bool(violations) == is_refused(asked)
    assert len(violations) == len(set(violations))


def is_refused(asked: Asked) -> bool:
    """Return whether the operation refuses a request, asked in the order in which the service does."""
    route, texts = ROUTES.find(asked.path)
    operation = route.find(asked.method)
    assert operation is not None
    fields = join_fields(asked.headers)
    body = asked.body or b""
    try:
        found = operation.read_path(texts)
        operation.check_accept(fields)
        found |= operation.read_preconditions(fields)
        if operation.media_types:
            if not operation.reads_file:
                operation.require_body(body)
            if body or operation.reads_file:
                operation.check_media_type(fields)
        operation.arguments(Request(found, asked.query, fields, body if operation.media_types else b""))
    except Refusal:
        return True
    return False


def test_break_several_rules_names_each_with_its_place(world: World) -> None:
    with world.client() as api:
        api.post(
            "/dialler/contacts/import?overwriteDuplicates=perhaps&nope=1&nope=2",
            json={"Name": 1, "nope": 2},
            headers={"If-None-Match": "*"},
        )
    places = [place for place, _ in list_violations(world)]
    assert {
        *("#/query/overwriteDuplicates", "#/query/nope"),
        *("#/body/DiallerCampaignsID", "#/body/Name", "#/body/PhoneNumber1", "#/body/nope"),
    } == {*places}


def test_break_rules_of_query_names_missing_unknown_and_wrong_ones(world: World) -> None:
    with world.client() as api:
        api.get("/acd/groups/group?nope=%zz&other=1")
    assert list_violations(world) == [
        ("#/query/nope", "nope: is not percent-encoded"),
        ("#/query/other", "other: is not a parameter of this operation"),
        ("#/query/name", "name: is missing"),
    ]


def test_ask_with_wrong_token_is_violation_of_authorization(world: World) -> None:
    with world.client() as api:
        headers = {"Authorization": "Bearer nope", "X-Freiton-World": world.described["id"]}
        assert api.post("/dialler/campaigns/clone", json={"source": "x"}, headers=headers).status_code == 401
    assert list_violations(world) == [
        ("#/body/destination", "destination: is missing"),
        ("#/header/Authorization", "Bearer token or ClientsID is not valid"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "place"), [("GET", "/nope", "#/path"), ("PATCH", "/acd/groups", "#/method")]
)
def test_ask_for_what_is_not_there_is_violation(world: World, method: str, path: str, place: str) -> None:
    with world.client() as api:
        api.request(method, path)
    assert [violation[0] for violation in list_violations(world)] == [place]


def test_ask_for_methods_is_valid_and_no_operation(world: World) -> None:
    with world.client() as api:
        assert api.options("/acd/groups").status_code == 200
    *_, entry = read_entries(world)
    assert (entry["operationId"], entry["violations"]) == (None, [])


def test_ask_for_missing_record_is_valid(world: World) -> None:
    with world.client() as api:
        assert api.get("/dialler/campaigns/999999").status_code == 404
    assert list_violations(world) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_answer_of_service_is_valid(world: World, operation: str) -> None:
    with world.client() as api:
        answer: httpx.Response = OPERATIONS[operation].of(api)
    *_, entry = read_entries(world)
    assert (entry["operationId"], entry["status"]) == (operation, answer.status_code)
    assert entry["violations"] == []


def test_answer_with_undocumented_status_is_violation(layered: Layered) -> None:
    assert judge(layered, Response("{}", 418, media_type="application/json")) == ["#/response/status"]


def test_answer_without_header_field_is_violation(layered: Layered) -> None:
    body = json.dumps({"status": 401, "error": "no"})
    places = judge(layered, Response(body, 401, CAMPAIGN_LINK, "application/json"))
    assert places == ["#/header/Authorization", "#/response/header/WWW-Authenticate"]


def test_answer_of_other_media_type_is_violation(layered: Layered) -> None:
    assert judge(layered, Response("{}", 404, CAMPAIGN_LINK, "text/html")) == ["#/response/header/Content-Type"]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("{", ["#/response/body"]),
        ("", ["#/response/body"]),
        ("[]", ["#/response/body"]),
        ('{"error":1}', ["#/response/body/status", "#/response/body/error"]),
        ('{"status":404,"error":"gone","more":1}', ["#/response/body/more"]),
    ],
)
def test_answer_with_other_body_is_violation(layered: Layered, body: str, places: list[str]) -> None:
    assert judge(layered, Response(body, 404, CAMPAIGN_LINK, "application/json")) == places


def test_answer_with_body_where_none_is_documented_is_violation(layered: Layered) -> None:
    assert judge(layered, Response("{}", 304, TAG)) == ["#/response/body"]
    assert judge(layered, Response(b"", 304, TAG)) == []


def test_answer_to_head_has_no_body_to_judge(layered: Layered) -> None:
    body = json.dumps({"status": 404, "error": "gone"})
    assert judge(layered, Response(body, 404, CAMPAIGN_LINK, "application/json"), method="HEAD") == []


def test_answer_with_refusal_that_says_nothing_is_violation_all_the_same(layered: Layered) -> None:
    assert judge(layered, Response("?", 400, media_type="text/plain"))[0] == "#"
