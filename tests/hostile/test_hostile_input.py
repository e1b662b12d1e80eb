"""Hostile input never gets a 5xx: the answer is the documented one, and the service goes on as before."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import httpx
import pytest

from tests.support.conformance import BASE_PATH, CONTRACT
from tests.support.hostile import (
    BASE,
    CAMPAIGN,
    CHUNKED,
    GROUP,
    JSON,
    TYPES,
    VALID,
    Case,
    get,
    in_chunks,
    post,
    post_chunked,
    post_unframed,
)
from tests.support.hostile_bodies import BODIES, MEBIBYTE
from tests.support.hostile_contacts import CONTACT_CASES
from tests.support.hostile_events import EVENTS
from tests.support.hostile_messages import MALFORMED, MESSAGES
from tests.support.hostile_targets import OUTSIDE, TARGETS
from tests.support.raw import AUTHORIZATION, SECONDS_TO_ANSWER, Answer, exchange, request, send_until_closed
from tests.support.service import Service

ORDINARY = get(BASE + b"/dialler/campaigns")
DESCRIBED = '</openapi.yaml>; rel="describedby"'
REFUSAL = b'{"status":401,"error":"Bearer token or ClientsID is not valid"}'
HTTP_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
HTTP2_OFFER = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAAB")

UNUSUAL_CLONES = [
    Case("chunks", post_chunked(VALID), 200),
    Case("chunks of a byte", post_chunked(*[VALID[at : at + 1] for at in range(len(VALID))]), 200),
    Case("chunk extension", post_unframed(JSON, CHUNKED, body=b"32;a=b\r\n" + VALID + b"\r\n0\r\n\r\n"), 200),
    Case("trailer", post_unframed(JSON, CHUNKED, body=b"32\r\n" + VALID + b"\r\n0\r\nContent-Type: a/b\r\n\r\n"), 200),
    Case("CHUNKED", post_unframed(JSON, CHUNKED.upper(), body=in_chunks(VALID)), 200),
    Case("1 MiB", post(VALID.ljust(MEBIBYTE)), 200),
    Case("1 MiB in chunks", post_chunked(*[b" " * 65_536] * 15, VALID.ljust(65_536)), 200),
    Case(
        "length with 5,000 zeros before it",
        post_unframed(JSON, b"Content-Length: " + b"0" * 5_000 + b"50", body=VALID),
        200,
    ),
    Case("upper case", post(VALID, media_type=b"Application/JSON"), 200),
    Case("charset=utf-8", post(VALID, media_type=b"application/json;charset=utf-8"), 200),
    Case('charset="UTF-8"', post(VALID, media_type=b'application/json; charset="UTF-8"'), 200),
    Case("another parameter", post(VALID, media_type=b"application/json; a=b"), 200),
    Case("HTTP/1.0", post(VALID).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
    Case("HTTP/2 is offered", post(VALID, *HTTP2_OFFER), 200),
    Case("HTTP/2 is offered, chunks", post_unframed(JSON, CHUNKED, *HTTP2_OFFER, body=in_chunks(VALID)), 200),
]
GETS = [
    TYPES,
    BASE + b"/acd/events/status",
    BASE + b"/acd/events",
    BASE + b"/acd/events/event/3001",
    BASE + b"/acd/groups",
    GROUP + b"106",
    GROUP[:-1] + b"?name=support",
    BASE + b"/dialler/campaigns",
    BASE + b"/dialler/campaigns/535",
    BASE + b"/dialler/campaigns/campaign?name=campaign",
    BASE + b"/dialler/campaigns/campaign/535/resultCodes?languagesID=2",
    BASE + b"/dialler/contacts?limitPageSize=3",
    BASE + b"/dialler/contacts/215395",
    BASE + b"/dialler/contacts/contact?userData=CON6189",
    BASE + b"/users",
    BASE + b"/users/user/17",
    BASE + b"/calls",
    BASE + b"/serviceNumbers",
    BASE + b"/serviceNumbers/serviceNumber/6",
    BASE + b"/cockpitVariables",
    BASE + b"/cockpitVariables/cockpitVariable/192",
    BASE + b"/routingApplications",
    BASE + b"/networkIVRLists",
    BASE + b"/networkIVRLists/9",
]
PATHS = CONTRACT.raw_schema["paths"]

each_case = pytest.mark.parametrize(
    "case", [*BODIES, *CONTACT_CASES, *EVENTS, *TARGETS, *MESSAGES], ids=lambda case: case.name
)
with_and_without_token = pytest.mark.parametrize("token", [True, False], ids=["token", "no token"])
each_path = pytest.mark.parametrize("path", PATHS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server for hostile requests only, which must not report an error of its own."""
    with Service(tmp_path_factory.mktemp("hostile") / "freiton.db", "--demo") as service:
        yield service
    assert "ERROR" not in service.log.read_text()
    assert "Traceback" not in service.log.read_text()


def anonymous(data: bytes) -> bytes:
    return data.replace(AUTHORIZATION + b"\r\n", b"")


def check_refusal(answer: Answer) -> None:
    assert answer.headers["content-length"] == str(len(REFUSAL))
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["link"] == DESCRIBED
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.status == 401


def read_error(answer: Answer) -> str:
    if answer.status == 200:
        assert answer.headers["content-type"] == "application/json"
        assert json.loads(answer.body)["status"] == 200
        return ""
    if not answer.body:
        assert (answer.status, answer.headers["content-length"]) == (404, "0")
        assert "content-type" not in answer.headers
        return ""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["link"] == DESCRIBED
    body = json.loads(answer.body)
    assert list(body) == ["status", "error"]
    assert body["status"] == answer.status
    assert 0 < len(body["error"]) <= 1024
    return str(body["error"])


@each_case
def test_hostile_request_gets_documented_answer(service: Service, case: Case) -> None:
    before = exchange(service.url, ORDINARY)[0].body
    (answer,) = exchange(service.url, case.request)
    error = read_error(answer)
    assert (answer.status, error[: len(case.error)], bool(error)) == (case.status, case.error, bool(case.error))
    assert exchange(service.url, ORDINARY)[0].body == before


@each_case
def test_hostile_request_without_token_gets_same_refusal(service: Service, case: Case) -> None:
    before = exchange(service.url, ORDINARY)[0].body
    (answer,) = exchange(service.url, anonymous(case.request))
    check_refusal(answer)
    assert answer.body == REFUSAL
    assert exchange(service.url, ORDINARY)[0].body == before


@with_and_without_token
@pytest.mark.parametrize("case", OUTSIDE, ids=lambda case: case.name)
def test_request_outside_base_path_gets_empty_404(service: Service, case: Case, token: bool) -> None:
    (answer,) = exchange(service.url, case.request if token else anonymous(case.request))
    assert (answer.status, read_error(answer)) == (404, "")


@with_and_without_token
@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_malformed_request_gets_400_and_end_of_connection(service: Service, case: Case, token: bool) -> None:
    before = exchange(service.url, ORDINARY)[0].body
    (answer,) = exchange(service.url, case.request if token else anonymous(case.request))
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert read_error(answer)
    assert exchange(service.url, ORDINARY)[0].body == before


@with_and_without_token
@pytest.mark.parametrize("lines", [(b"Content-Length: 10",), ()], ids=["shorter than the body", "none"])
def test_bytes_beyond_the_length_of_a_body_are_refused_behind_its_answer(
    service: Service, lines: tuple[bytes, ...], token: bool
) -> None:
    data = post_unframed(JSON, *lines, body=VALID)
    answers = send_until_closed(service.url, data if token else anonymous(data))
    assert [answer.status for answer in answers] == [400 if token else 401, 400]
    assert [answer.headers.get("connection") for answer in answers] == [None, "close"]


@pytest.mark.parametrize("case", UNUSUAL_CLONES, ids=lambda case: case.name)
def test_unusual_but_valid_request_is_carried_out(service: Service, case: Case) -> None:
    before = exchange(service.url, ORDINARY)[0].body
    (refusal,) = exchange(service.url, anonymous(case.request))
    assert refusal.body == REFUSAL
    (answer,) = exchange(service.url, case.request)
    deleted = exchange(service.url, request("DELETE", BASE + b"/dialler/campaigns/campaign?name=Hostile"))
    assert [record["Name"] for record in json.loads(answer.body)["records"]] == ["Hostile"]
    assert [answer.status for answer in deleted] == [200]
    assert exchange(service.url, ORDINARY)[0].body == before


def test_body_offered_in_two_steps_is_asked_for(service: Service) -> None:
    missing = post(VALID.replace(b"Campaign 1000", b"Missing"), b"Expect: 100-continue")
    assert [answer.status for answer in exchange(service.url, missing)] == [100, 404]
    assert [answer.status for answer in exchange(service.url, anonymous(missing))] == [401]


def test_body_too_large_offered_in_two_steps_is_not_asked_for(service: Service) -> None:
    offer = post_unframed(JSON, b"Content-Length: 1048577", b"Expect: 100-continue", b"Connection: close")
    assert [answer.status for answer in exchange(service.url, offer)] == [413]
    assert [answer.status for answer in exchange(service.url, anonymous(offer))] == [401]


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (get(TYPES) + get(GROUP + b"x") + get(BASE + b"/nothing") + get(GROUP + b"0"), [200, 400, 404, 404]),
        (post_unframed(JSON, b"Content-Length: 0") + get(TYPES), [400, 200]),
        (post(VALID.replace(b"Campaign 1000", b"Missing")) + get(TYPES), [404, 200]),
        (post_chunked(b"{}") + get(TYPES), [400, 200]),
        (get(TYPES, b"Connection: Upgrade", b"Upgrade: websocket") + get(GROUP + b"0"), [200, 404]),
    ],
    ids=["four", "no body", "body", "chunks", "upgrade"],
)
def test_pipelined_requests_are_answered_in_order(service: Service, data: bytes, statuses: list[int]) -> None:
    assert [answer.status for answer in exchange(service.url, data)] == statuses
    assert [answer.body for answer in exchange(service.url, anonymous(data))] == [REFUSAL] * len(statuses)


@with_and_without_token
@pytest.mark.parametrize(("begin", "part"), [(get(TYPES), b"X: "), (get(TYPES), b"X: a\r\n"), (b"GET /", b"a")])
def test_head_without_end_is_refused(service: Service, begin: bytes, part: bytes, token: bool) -> None:
    data = begin.removesuffix(b"\r\n") + part * (2 * MEBIBYTE // len(part))
    (answer,) = exchange(service.url, data if token else anonymous(data))
    assert (answer.status, answer.headers["connection"]) == (431, "close")
    assert read_error(answer) == "The header has more than 65536 bytes"


def test_token_in_trailer_gets_same_refusal(service: Service) -> None:
    trailer = b"0\r\n%b\r\n\r\n" % AUTHORIZATION
    (answer,) = exchange(service.url, anonymous(post_chunked(VALID)).replace(b"0\r\n\r\n", trailer))
    check_refusal(answer)


def delete(framing: bytes, body: bytes) -> bytes:
    """Return a request to delete a campaign, with a body that it does not need."""
    return request("DELETE", CAMPAIGN + b"535", framing, body=body)


@pytest.mark.parametrize("build", [partial(post_unframed, JSON), delete], ids=["clone", "delete"])
@pytest.mark.parametrize("framing", [b"Content-Length: 60", CHUNKED], ids=["length", "chunked"])
def test_request_cut_off_is_not_carried_out(fresh_demo: Service, framing: bytes, build: Callable[..., bytes]) -> None:
    before = exchange(fresh_demo.url, ORDINARY)[0].body
    body = VALID if framing != CHUNKED else in_chunks(VALID).removesuffix(b"0\r\n\r\n")
    address = httpx.URL(fresh_demo.url)
    with closing(socket.create_connection((address.host, address.port), timeout=SECONDS_TO_ANSWER)) as connection:
        connection.sendall(build(framing, body=body))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    assert fresh_demo.stop() == 0
    with Service(fresh_demo.database, "--demo") as service:
        assert exchange(service.url, ORDINARY)[0].body == before


@pytest.mark.parametrize("target", GETS)
def test_head_of_every_get_gives_same_header_without_body(service: Service, target: bytes) -> None:
    (answer,) = exchange(service.url, get(target))
    (head,) = exchange(service.url, request("HEAD", target))
    (refusal,) = exchange(service.url, anonymous(request("HEAD", target)))
    assert (head.status, head.body) == (200, b"")
    own = {"date": "", "x-request-id": ""}
    assert {**head.headers, **own} == {**answer.headers, **own}
    check_refusal(refusal)
    assert refusal.body == b""


def test_head_test_knows_every_get() -> None:
    assert len(GETS) == sum("HEAD" in methods_of(path) for path in PATHS)


def target_of(path: str) -> bytes:
    return (
        (BASE_PATH + path.replace("{ClientsID}", "1").replace("{AcdGroupsID}", "106"))
        .encode()
        .replace(b"{DiallerCampaignsID}", b"535")
        .replace(b"{AcdEventsID}", b"3001")
    )


def methods_of(path: str) -> set[str]:
    methods = {method.upper() for method in PATHS[path] if method in HTTP_METHODS}
    reads = "GET" in methods and PATHS[path]["get"].get("x-freiton-safe", True)
    return methods | {"OPTIONS"} | ({"HEAD"} if reads else set())


@each_path
def test_options_of_every_path_gives_complete_allow(service: Service, path: str) -> None:
    (answer,) = exchange(service.url, request("OPTIONS", target_of(path)))
    assert (answer.status, answer.body) == (200, b"")
    assert sorted(answer.headers["allow"].split(", ")) == sorted(methods_of(path))


@each_path
def test_wrong_method_on_every_path_gives_complete_allow(service: Service, path: str) -> None:
    for method in sorted({"GET", "POST", "DELETE", "PUT", "PATCH", "TRACE"} - methods_of(path)):
        (answer,) = exchange(service.url, request(method, target_of(path)))
        allow = answer.headers["allow"]
        assert (answer.status, read_error(answer)) == (405, f"Method not allowed, use one of {allow}")
        assert sorted(allow.split(", ")) == sorted(methods_of(path))
