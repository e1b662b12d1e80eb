"""The fast path and Connexion answer alike: status, header and body, whatever is asked."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.files import ADD_GROUPS, execute, read_served_names
from tests.support.hostile import BASE, get, post_unframed
from tests.support.hostile_bodies import BODIES
from tests.support.hostile_contacts import CONTACT_CASES
from tests.support.hostile_events import EVENTS
from tests.support.hostile_messages import MALFORMED, MESSAGES
from tests.support.hostile_targets import TARGETS
from tests.support.raw import AUTHORIZATION, Answer, await_taken, connect, exchange, receive
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

OWN = ("date", "x-request-id")
PATHS = [
    *(b"/acd/events/types", b"/acd/events/status", b"/acd/events", b"/acd/groups", b"/dialler/campaigns"),
    *(b"/acd/events/event/3001", b"/acd/groups/group/106", b"/dialler/campaigns/500", b"/dialler/campaigns/9"),
    *(b"/acd/groups/group", b"/dialler/campaigns/campaign", b"/dialler/contacts", b"/dialler/contacts/215395"),
    *(b"/dialler/campaigns/campaign/535/resultCodes", b"/dialler/contacts/contact", b"/dialler/campaigns/0500"),
    *(b"/dialler/campaigns/%35%30%30", b"/dialler/campaigns/-1", b"/dialler/campaigns/9007199254740992"),
    *(b"/acd/groups/", b"/nothing", b"/dialler/campaigns/5_0", b"/dialler/campaigns/campaign/535"),
]
PARAMETERS = [
    *(b"limitPageSize=2", b"limitPageSize=-1", b"limitPageSize=0", b"limitPageSize=1001", b"limitPageSize=2x"),
    *(b"limitStart=1", b"limitStart=01", b"limitStart=+1", b"limitStart=%31", b"limitStart=-1", b"orderBy=ID"),
    *(b"orderBy=Name", b"orderBy=name", b"orderBy=dtCreated", b"ascending=false", b"ascending=False", b"ascending="),
    *(b"filter=ID%20gt%203", b"filter=ID+gt+3", b"filter=ID gt 3", b"filter=", b"filter=x", b"filter=%ff", b"filter=%"),
    *(
        b"name=support",
        b"name=",
        b"name=a&name=a",
        b"name=%C3%B6",
        b"name=e#e",
        b"languagesID=1",
        b"languagesID=2",
        b"languagesID=3",
    ),
    *(b"userData=CON6189", b"diallerCampaignsID=535", b"diallerCampaignsID=9", b"cursor=x", b"unknown=1", b"&", b"="),
]
FIELDS = [
    *(b"Accept: */*", b"Accept: application/json", b"Accept: text/html", b"Accept: application/*;q=0.1, text/html"),
    *(b"Accept: application/json;q=0", b"Accept: */*\r\nAccept: text/html", b"accept: *", b"ACCEPT: Application/JSON"),
    *(b"If-None-Match: *", b'If-None-Match: "x"', b"If-None-Match: " + b"x" * 1025, b"If-None-Match:"),
    *(b"X-Request-ID: 0b0e6c5a-6a0f-4f0a-9a6c-0d1b8d8f5b11", b"X-Request-ID: nonsense", b"Host: freiton", b"Host: a/b"),
    *(b"Origin: http://page.example", b"Content-Length: 0", b"Transfer-Encoding: identity"),
    *(b"Expect: 100-continue", b"Upgrade: h2c\r\nConnection: Upgrade", b"Connection: keep-alive", b"Cookie: a=b"),
    *(b"X-Long: " + b"x" * 17_000, b"Range: bytes=0-1", AUTHORIZATION, b"Content-Type: application/json"),
]
TOKENS = [
    AUTHORIZATION,
    AUTHORIZATION,
    b"Authorization: bearer freiton-demo-1",
    b"Authorization: Bearer  freiton-demo-1",
]
TOKENS += [b"Authorization: Bearer freiton-demo-2", b"Authorization: Bearer x", b"Authorization: Basic x", b"X-None: x"]
# Larger ones are bodies, of which the fast path knows nothing.
LARGEST = 65_536
HOSTILE = (*BODIES, *CONTACT_CASES, *EVENTS, *MESSAGES, *MALFORMED, *TARGETS)
CASES = [case for case in HOSTILE if len(case.request) <= LARGEST]

Both = tuple[Service, Service]


# Settings of a server that change its answers.
SETTINGS: dict[str, tuple[str, ...]] = {"plain": (), "origins": ("--cors-origins", "http://page.example")}


@pytest.fixture(scope="module", params=SETTINGS)
def both(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Both]:
    """Two servers of the same data and settings: one answers plain requests at once, the other none."""
    folder = tmp_path_factory.mktemp("both")
    options = ("--demo", *SETTINGS[request.param])
    with (
        Service(folder / "fast.db", *options) as fast,
        Service(folder / "slow.db", *options, "--no-fast") as slow,
    ):
        yield fast, slow


def compare(both: Both, data: bytes) -> list[Answer]:
    """Send the same bytes to both, require the same answers, and return them."""
    answers = [[_without_own(data, answer) for answer in exchange(service.url, data)] for service in both]
    assert answers[0] == answers[1], data
    return answers[0]


def _without_own(data: bytes, answer: Answer) -> Answer:
    own = OWN if b"0b0e6c5a" not in data else OWN[:1]
    # Moments differ from server to server.
    body = b"" if b'"dt' in answer.body and not data.startswith(b"GET") else answer.body
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return Answer(answer.status, headers, body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answer_hostile_request_is_the_same(both: Both, case: Any) -> None:
    for _ in range(2):
        compare(both, case.request)


def test_answer_random_read_is_the_same(both: Both, rounds: Callable[[int, int], int]) -> None:
    chance = random.Random(20261125)
    statuses = set()
    for number in range(rounds(700, 20_000)):
        if number % 100 == 99:
            compare(both, _make_clone(number))
        data = _make_read(chance)
        for _ in range(2):
            statuses |= {answer.status for answer in compare(both, data)}
    assert statuses >= {200, 304, 400, 401, 404, 406, 431}
    assert read_served_names(both[0]) == read_served_names(both[1])


def test_answer_pipelined_and_split_requests_is_the_same(both: Both) -> None:
    plain = get(BASE + b"/acd/events/types")
    slow = get(BASE + b"/acd/events/types?limitPageSize=x")
    for data in (plain * 5, plain + slow + plain, slow + plain + slow, plain + get(b"/nothing") + plain):
        assert len(compare(both, data)) == data.count(b"Host: freiton")
    for service in both:
        assert _send_in_parts(service, plain, 7) == _send_in_parts(service, plain, 40)


def test_answer_long_list_is_the_same(both: Both) -> None:
    for service in both:
        execute(service.database, [ADD_GROUPS.format(1_100, "").replace("select 1,", "select 2,")])
    data = get(b"/rest/v1.0/2/acd/groups").replace(b"freiton-demo-1", b"freiton-demo-2")
    (answer,) = compare(both, data)
    assert (answer.status, answer.headers["transfer-encoding"]) == (200, "chunked")


def test_answer_request_in_parts_behind_another_is_not_recalled_for_that(fresh_demo: Service) -> None:
    # The first is for Connexion, which is imported meanwhile.
    first = get(BASE + b"/acd/groups?limitPageSize=x")
    second = get(BASE + b"/acd/events/types")
    with connect(fresh_demo.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(first)
        # So that it comes by itself.
        await_taken(connection)
        connection.sendall(second[:30])
        refusal = receive(stream)
        connection.sendall(second[30:])
        answer = receive(stream)
    assert refusal.status == 400
    assert b"AcdEventTypes.Fax" in answer.body
    for _ in range(2):
        assert exchange(fresh_demo.url, first)[0].status == 400


def _make_read(chance: random.Random) -> bytes:
    path = chance.choice([BASE, BASE, BASE, b"/rest/v1.0/2", b"/rest/v1.0/01"]) + chance.choice(PATHS)
    parameters = chance.sample(PARAMETERS, chance.choice([0, 0, 1, 1, 2, 3]))
    target = path + (b"?" + b"&".join(parameters) if parameters else b"")
    fields = chance.sample(FIELDS, chance.choice([0, 0, 1, 1, 2]))
    lines = [b"GET %b HTTP/%b" % (target, chance.choice([b"1.1"] * 9 + [b"1.0"])), chance.choice(TOKENS), *fields]
    if chance.random() < 0.95:
        lines.insert(1, b"Host: freiton")
    return b"\r\n".join([*lines, b"", b""])


def _make_clone(number: int) -> bytes:
    body = b'{"source":"Campaign 1000","destination":"Both %d"}' % number
    return post_unframed(b"Content-Type: application/json", b"Content-Length: %d" % len(body), body=body)


def _send_in_parts(service: Service, data: bytes, size: int) -> bytes:
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            await_taken(connection)
        return receive(stream).body
