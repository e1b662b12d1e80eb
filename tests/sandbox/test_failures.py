"""Requests fail on demand: which of them, how, and before or after the write."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.examples import CONTRACT
from tests.support.operations import CLONE, OPERATIONS
from tests.support.raw import SECONDS_TO_ANSWER, connect, exchange, receive
from tests.support.sandbox import World
from tests.support.service import Service
from tests.support.waiting import await_

DEFINITIONS = {each["operationId"]: each for item in CONTRACT["paths"].values() for each in item.values()}
SOURCE = "/dialler/campaigns/535"
CAMPAIGNS = "/dialler/campaigns"
LOST = (httpx.RemoteProtocolError, httpx.ReadError)
# More than the kernel takes at once.
LARGE = b"x" * 5_000_000
JSON = "Content-Type: application/json"
MANY = 40
# Longer lists are sent while they are read.
LONG = 1000
# In seconds.
DELAY = 0.3


def arm(world: World, **rule: Any) -> dict[str, Any]:
    """Arm a failure, and return it."""
    answer = world.ask("POST", "/failures", json=rule)
    assert answer.status_code == 201, answer.text
    armed: dict[str, Any] = answer.json()
    return armed


def refuse(world: World, **rule: Any) -> tuple[str, str]:
    """Return where the control API finds what is wrong with a failure, and the error."""
    answer = world.ask("POST", "/failures", json=rule)
    assert answer.status_code == 400, answer.text
    return answer.headers["X-Error-Pointer"], answer.json()["error"]


def count_campaigns(world: World) -> int:
    """Return how many campaigns the world has."""
    with world.client() as client:
        return int(client.get(CAMPAIGNS).json()["count"])


def bytes_of(world: World, method: str, path: str, *lines: str) -> bytes:
    """Return a request without a body as bytes."""
    token = world.described["accounts"][0]["token"]
    first = f"{method} /rest/v1.0/1{path} HTTP/1.1"
    return "\r\n".join([first, "Host: freiton", f"Authorization: Bearer {token}", *lines, "", ""]).encode()


def test_arming_each_documented_error_of_each_operation_gives_it(world: World) -> None:
    met = 0
    with world.client() as client:
        for identity, ask in OPERATIONS.items():
            for status in [int(each) for each in DEFINITIONS[identity]["responses"] if int(each) >= 400]:
                arm(world, operationId=identity, status=status)
                answer = ask.of(client)
                assert (answer.status_code, answer.json()["status"]) == (status, status)
                assert len(answer.headers.get_list("X-Request-ID")) == 1
                met += 1
    assert met > 150
    assert all(each["fired"] for each in world.ask("GET", "/failures").json()["failures"])


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"operationId": "listAcdEvents", "status": 400}, "#/query/limitStart"),
        ({"operationId": "getAcdGroup", "status": 400}, "#/path/AcdGroupsID"),
        ({"operationId": "getAcdGroup", "status": 406}, "#/header/Accept"),
        ({"operationId": "cloneDiallerCampaign", "status": 415}, "#/header/Content-Type"),
        ({"operationId": "deleteDiallerCampaign", "status": 412}, "#/header/If-Match"),
        ({"operationId": "createAcdEvent", "status": 400}, "#/body/Subject"),
    ],
)
def test_injected_error_points_to_the_field_that_it_names(world: World, rule: dict[str, Any], pointer: str) -> None:
    arm(world, **rule)
    with world.client() as client:
        answer = OPERATIONS[rule["operationId"]].of(client)
    assert answer.headers["X-Error-Pointer"] == pointer


def test_failing_before_the_write_changes_nothing(world: World) -> None:
    before = count_campaigns(world)
    arm(world, operationId="cloneDiallerCampaign", status=503)
    with world.client() as client:
        answer = client.post(f"{CAMPAIGNS}/clone", json=CLONE)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert count_campaigns(world) == before
        assert client.post(f"{CAMPAIGNS}/clone", json=CLONE).status_code == 200


@pytest.mark.parametrize("how", [{"status": 503}, {"drop": True}, {"cut": True}])
def test_failing_after_the_write_loses_the_answer_only(world: World, how: dict[str, Any]) -> None:
    before = count_campaigns(world)
    armed = arm(world, operationId="cloneDiallerCampaign", when="after", **how)
    with world.client() as client:
        if "status" in how:
            assert client.post(f"{CAMPAIGNS}/clone", json=CLONE).status_code == 503
        else:
            with pytest.raises(LOST):
                client.post(f"{CAMPAIGNS}/clone", json=CLONE)
        assert count_campaigns(world) == before + 1
        # What a connector meets that tries again blindly.
        assert client.post(f"{CAMPAIGNS}/clone", json=CLONE).status_code == 409
    failure = world.ask("GET", f"/failures/{armed['id']}").json()
    assert (failure["met"], failure["fired"]) == (1, 1)


def test_dropping_gives_no_byte_of_an_answer(world: World, sandbox: Service) -> None:
    arm(world, drop=True)
    with connect(sandbox.url) as connection:
        connection.sendall(bytes_of(world, "GET", SOURCE))
        assert connection.recv(1) == b""


def test_dropping_delivers_answers_to_earlier_requests_of_the_connection_first(world: World, sandbox: Service) -> None:
    arm(world, path="/dialler/contacts", first=1, drop=True)
    with connect(sandbox.url) as connection, connection.makefile("rb") as stream:
        first, second = bytes_of(world, "GET", "/acd/groups"), bytes_of(world, "GET", "/dialler/contacts")
        connection.sendall(first * MANY + second + first)
        for _ in range(MANY):
            assert receive(stream).status == 200
        assert stream.read() == b""


def test_cutting_sends_the_head_and_a_part_of_the_body(world: World, sandbox: Service) -> None:
    arm(world, cut=True)
    with connect(sandbox.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(bytes_of(world, "GET", "/acd/groups"))
        head, _, body = stream.read().partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == length // 2


def test_cutting_an_answer_without_a_body_drops_it(world: World, sandbox: Service) -> None:
    with world.client() as client:
        tag = client.get(SOURCE).headers["ETag"]
    arm(world, cut=True, count=2)
    for request in (bytes_of(world, "HEAD", SOURCE), bytes_of(world, "GET", SOURCE, f"If-None-Match: {tag}")):
        with connect(sandbox.url) as connection:
            connection.sendall(request)
            assert connection.recv(1) == b""


def test_error_for_a_head_request_has_no_body(world: World, sandbox: Service) -> None:
    arm(world, method="GET", status=503)
    (answer,) = exchange(sandbox.url, bytes_of(world, "HEAD", SOURCE))
    assert (answer.status, answer.body) == (503, b"")


@pytest.mark.parametrize("when", ["before", "after"])
def test_delaying_gives_the_answer_late(world: World, when: str) -> None:
    arm(world, operationId="getDiallerCampaign", delay=DELAY, when=when)
    with world.client() as client:
        begin = time.monotonic()
        assert client.get(SOURCE).status_code == 200
        assert time.monotonic() - begin >= DELAY
        begin = time.monotonic()
        assert client.get(SOURCE).status_code == 200
        assert time.monotonic() - begin < DELAY


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
def test_request_whose_client_gives_up_during_a_delay_is_carried_out(world: World, when: str, written: int) -> None:
    before = count_campaigns(world)
    arm(world, operationId="cloneDiallerCampaign", delay=DELAY, when=when)
    with world.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{CAMPAIGNS}/clone", json=CLONE, timeout=DELAY / 2)
    assert count_campaigns(world) == before + written
    await_(lambda: count_campaigns(world) == before + 1)


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({}, [503, 200, 200, 200, 200, 200]),
        ({"first": 3}, [200, 200, 503, 200, 200, 200]),
        ({"count": 2}, [503, 503, 200, 200, 200, 200]),
        ({"first": 2, "count": 3}, [200, 503, 503, 503, 200, 200]),
        ({"first": 4, "count": None}, [200, 200, 200, 503, 503, 503]),
        ({"share": 1}, [503] * 6),
        ({"share": 0}, [200] * 6),
    ],
)
def test_requests_that_fail_are_those_that_were_chosen(world: World, rule: dict[str, Any], statuses: list[int]) -> None:
    arm(world, operationId="getDiallerCampaign", status=503, **rule)
    with world.client() as client:
        assert [client.get(SOURCE).status_code for _ in statuses] == statuses


def test_share_with_a_seed_chooses_the_same_requests_again(world: World) -> None:
    runs = []
    with world.client() as client:
        for seed in (42, 42, 43):
            assert arm(world, path=SOURCE, status=503, share=0.5, seed=seed)["count"] is None
            runs.append([client.get(SOURCE).status_code for _ in range(MANY)])
            world.ask("DELETE", "/failures")
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 503}


def test_share_without_a_seed_tells_the_one_it_uses(world: World) -> None:
    assert isinstance(arm(world, status=503, share=0.5)["seed"], int)


def test_failures_are_met_in_the_order_in_which_they_were_armed(world: World) -> None:
    for status in (503, 404, 401):
        arm(world, operationId="getDiallerCampaign", status=status)
    with world.client() as client:
        assert [client.get(SOURCE).status_code for _ in range(4)] == [503, 404, 401, 200]


def test_requests_at_once_in_two_processes_are_each_counted(world: World) -> None:
    armed = arm(world, operationId="getDiallerCampaign", status=503, first=5, count=10)

    def ask(_: int) -> int:
        with world.client() as client:
            return client.get(SOURCE).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(MANY)))
    assert statuses.count(503) == 10
    failure = world.ask("GET", f"/failures/{armed['id']}").json()
    assert (failure["met"], failure["fired"]) == (14, 10)


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"operationId": "getDiallerCampaign"}, True),
        ({"method": "GET"}, True),
        ({"method": "POST"}, False),
        ({"path": "/dialler/campaigns/{DiallerCampaignsID}"}, True),
        ({"path": SOURCE, "method": "GET"}, True),
        ({"path": "/dialler/campaigns/536"}, False),
        ({"status": 409}, False),
    ],
)
def test_only_requests_that_match_fail(world: World, rule: dict[str, Any], hit: bool) -> None:
    arm(world, **{"status": 503, **rule})
    with world.client() as client:
        assert client.get(SOURCE).status_code == (503 if hit else 200)


def test_failures_of_a_world_leave_others_alone(world: World, sandbox: Service) -> None:
    arm(world, count=None, status=503)
    with World(sandbox) as other, other.client() as client:
        assert client.get(SOURCE).status_code == 200


def test_listing_shows_failures_with_what_they_met(world: World) -> None:
    armed = arm(world, operationId="getDiallerCampaign", status=404, first=2)
    with world.client() as client:
        client.get(SOURCE)
    assert world.ask("GET", "/failures").json() == {"failures": [{**armed, "met": 1, "fired": 0}]}


@pytest.mark.parametrize("one", [True, False])
def test_disarming_ends_failures(world: World, one: bool) -> None:
    armed = arm(world, status=503, count=None)
    assert world.ask("DELETE", f"/failures/{armed['id']}" if one else "/failures").json() == {"status": 200}
    assert world.ask("GET", f"/failures/{armed['id']}").status_code == 404
    with world.client() as client:
        assert client.get(SOURCE).status_code == 200


def test_resetting_a_world_disarms_its_failures(world: World) -> None:
    arm(world, status=503)
    world.ask("POST", "/reset").raise_for_status()
    assert world.ask("GET", "/failures").json() == {"failures": []}


@pytest.mark.parametrize("path", ["/failures/99999999", "x/failures", "x/failures/1"])
def test_asking_for_an_unknown_failure_or_world_gives_404(world: World, path: str) -> None:
    assert world.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("rule", "pointer", "words"),
    [
        ({}, "#/body", "status, drop, cut, delay"),
        ({"operationId": "nothing", "status": 503}, "#/body/operationId", "cloneDiallerCampaign"),
        ({"path": "/nothing", "status": 503}, "#/body/path", "/dialler/campaigns/clone"),
        ({"path": "/dialler/campaigns/clone", "method": "GET", "drop": True}, "#/body/method", "POST"),
        ({"path": SOURCE, "operationId": "listAcdEvents", "drop": True}, "#/body/operationId", "getDiallerCampaign"),
        ({"operationId": "getDiallerCampaign", "status": 409}, "#/body/status", "400, 401, 404, 406"),
        ({"operationId": "getDiallerCampaign", "status": 200}, "#/body/status", "400, 401, 404, 406"),
        ({"status": 503, "drop": True}, "#/body/drop", "beside status"),
        ({"cut": True, "drop": True}, "#/body/cut", "beside drop"),
        ({"cut": True, "when": "before"}, "#/body/when", "must be after"),
        ({"status": 503, "seed": 1}, "#/body/seed", "needs share"),
        ({"delay": 61}, "#/body/delay", "at most 60"),
        ({"status": 503, "count": 0}, "#/body/count", "at least 1"),
        ({"status": 503, "first": 0}, "#/body/first", "at least 1"),
        ({"status": 503, "share": 1.5}, "#/body/share", "at most 1"),
        ({"status": 503, "when": "later"}, "#/body/when", "before, after"),
        ({"status": 503, "nothing": 1}, "#/body/nothing", "is not a field"),
    ],
)
def test_arming_what_cannot_be_is_refused(world: World, rule: dict[str, Any], pointer: str, words: str) -> None:
    place, error = refuse(world, **rule)
    assert place == pointer
    assert words in error
    assert world.ask("GET", "/failures").json() == {"failures": []}


def test_arming_more_than_allowed_replaces_spent_ones_or_is_refused(tmp_path: Path) -> None:
    with Service(tmp_path / "unused.db", "--sandbox", "--sandbox-failures", "2") as service, World(service) as world:
        arm(world, status=503)
        arm(world, status=503, count=None)
        assert world.ask("POST", "/failures", json={"status": 503}).status_code == 409
        with world.client() as client:
            assert client.get(SOURCE).status_code == 503
        arm(world, status=503)


@pytest.mark.parametrize("how", [{"status": 503}, {"status": 503, "when": "after"}])
def test_client_that_sends_a_large_body_first_gets_the_error(
    world: World, sandbox: Service, how: dict[str, Any]
) -> None:
    address, account = urlsplit(sandbox.url), world.described["accounts"][0]
    for target, media_type in (("campaigns/clone", "application/json"), ("contacts/import/batch", "x")):
        arm(world, **how)
        connection = HTTPConnection(f"{address.hostname}:{address.port}", timeout=SECONDS_TO_ANSWER)
        headers = {"Authorization": f"Bearer {account['token']}", "Content-Type": media_type}
        connection.request("POST", f"/rest/v1.0/1/dialler/{target}", LARGE, headers)
        assert connection.getresponse().status == 503
        connection.close()


def test_import_of_a_file_is_done_when_its_answer_is_lost(world: World) -> None:
    arm(world, operationId="importDiallerContacts", when="after", drop=True)
    with world.client() as client:
        before = client.get("/dialler/contacts").json()["count"]
        with pytest.raises(LOST):
            OPERATIONS["importDiallerContacts"].of(client)
        assert client.get("/dialler/contacts").json()["count"] == before + 1


def test_request_that_waits_for_100_continue_gets_the_error(world: World, sandbox: Service) -> None:
    arm(world, status=503)
    request = bytes_of(
        world,
        "POST",
        f"{CAMPAIGNS}/clone",
        "Content-Type: application/json",
        "Content-Length: 2",
        "Expect: 100-continue",
    )
    with connect(sandbox.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(request)
        assert receive(stream).status == 100
        connection.sendall(b"{}")
        assert receive(stream).status == 503


def test_request_without_end_is_not_answered_before(world: World, sandbox: Service) -> None:
    arm(world, status=503)
    request = bytes_of(world, "POST", f"{CAMPAIGNS}/clone", JSON, "Content-Length: 9")
    with connect(sandbox.url) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def test_long_list_that_is_streamed_is_cut_replaced_and_dropped(world: World) -> None:
    lines = "\n".join(f'{{"Name": "Long {number}", "PhoneNumber1": "+49891234"}}' for number in range(LONG))
    with world.client() as client:
        target = "/dialler/contacts/import/batch?diallerCampaignsID=535"
        assert client.post(target, content=lines, headers={"Content-Type": "application/x-ndjson"}).status_code == 200
        for how in ({"cut": True}, {"drop": True, "when": "after"}):
            arm(world, **how)
            with pytest.raises(LOST):
                client.get("/dialler/contacts")
        arm(world, status=503, when="after")
        assert client.get("/dialler/contacts").status_code == 503
        assert client.get("/dialler/contacts").json()["count"] > LONG
