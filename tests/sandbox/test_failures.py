"""Requests fail on demand: how they fail, and before or after the write."""

import socket
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.examples import CONTRACT
from tests.support.failures import CAMPAIGNS, SOURCE, arm, bytes_of, count_campaigns
from tests.support.operations import CLONE, OPERATIONS
from tests.support.raw import SECONDS_TO_ANSWER, connect, exchange, receive
from tests.support.sandbox import World
from tests.support.service import Service
from tests.support.waiting import await_

DEFINITIONS = {each["operationId"]: each for item in CONTRACT["paths"].values() for each in item.values()}
LOST = (httpx.RemoteProtocolError, httpx.ReadError)
# More than the kernel takes at once.
LARGE = b"x" * 5_000_000
JSON = "Content-Type: application/json"
MANY = 40
# Longer lists are sent while they are read.
LONG = 1000
# In seconds.
DELAY = 0.3


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
        assert client.get(SOURCE).status_code == 200
    assert [each["fired"] for each in world.ask("GET", "/failures").json()["failures"]] == [1]


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
def test_request_whose_client_gives_up_during_a_delay_is_carried_out(world: World, when: str, written: int) -> None:
    before = count_campaigns(world)
    arm(world, operationId="cloneDiallerCampaign", delay=DELAY, when=when)
    with world.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{CAMPAIGNS}/clone", json=CLONE, timeout=DELAY / 2)
    assert count_campaigns(world) == before + written
    await_(lambda: count_campaigns(world) == before + 1)


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
