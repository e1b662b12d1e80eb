"""A connector under test gets the calls of the contact centre, and the journal judges its answers."""

import json
import ssl
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from handlers.sandbox.registry.targets import MOST
from tests.support.connectors import Connector, Reply
from tests.support.outgoing import (
    DEFINITIONS,
    call,
    find,
    number,
    numbers,
    read_answer,
    read_data,
    read_journal,
    register,
)
from tests.support.sandbox import World
from tests.support.service import SECONDS_TO_RUN

LOOKUP = "getCallerInformation"
PROBLEM = (("Content-Type", "application/problem+json"),)
LINE = {"jtelStatisticsPartAID": 7, "bOutbound": 1}


def as_json(value: Any, status: int = 200) -> Reply:
    """Return an answer with a JSON body."""
    return Reply(status, json.dumps(value).encode())


@pytest.mark.parametrize("identity", DEFINITIONS)
def test_each_operation_arrives_and_its_answer_is_valid(world: World, connector: Connector, identity: str) -> None:
    connector.answer = lambda _: as_json(read_answer(identity))
    register(world, connector, url=f"{connector.url}/hooks/")
    made = call(world, identity)
    assert (made["status"], made["reason"], made["attempts"]) == ("answered", None, 1)
    assert made["answer"]["status"] == 200
    assert json.loads(made["answer"]["body"]) == read_answer(identity)
    (received,) = connector.received
    assert {**received.query, **(received.body or {})} == read_data(identity)
    (entry,) = read_journal(world)
    assert (entry["operationId"], entry["call"], entry["violations"]) == (identity, made["id"], [])
    assert (entry["method"], entry["path"], entry["status"]) == (received.method, received.path, 200)
    assert received.path.startswith("/hooks/")


def test_getting_is_asked_for_with_200_300_and_404(world: World, connector: Connector) -> None:
    register(world, connector)
    for status, body in ((200, b'{"Id": "1"}'), (300, b""), (300, b'{"Id": "1"}'), (404, b"")):
        connector.answer = lambda _, status=status, body=body: Reply(status, body)  # type: ignore[misc]
        assert call(world, LOOKUP)["answer"]["status"] == status
    assert [entry["violations"] for entry in read_journal(world)] == [[]] * 4


@pytest.mark.parametrize(
    ("reply", "place", "rule"),
    [
        (Reply(418, b"{}"), "#/response/status", "status: must be one of 200, 300, 400, 401, 404, 500"),
        (Reply(200, b""), "#/response/body", "body: is not JSON: Expecting value at character 0"),
        (Reply(200, b"{"), "#/response/body", None),
        (Reply(200, b"[" * 500_000), "#/response/body", "body: is nested too deeply"),
        (Reply(200, b'{"Id": "\\ud800"}'), "#/response/body", "body: has a lone surrogate"),
        (Reply(200, b'{"Id": "1", "x": 1e999}'), "#/response/body", "body: has a number out of range"),
        (Reply(200, b"{}", (("Content-Type", ";;=,"),)), "#/response/header/Content-Type", None),
        (Reply(200, b'{"Id": 5}'), "#/response/body/Id", "Id: must be of type string"),
        (Reply(200, b"<p>", (("Content-Type", "text/html"),)), "#/response/header/Content-Type", None),
        (Reply(200, b"{}", PROBLEM), "#/response/header/Content-Type", None),
        (Reply(404, b"[]", PROBLEM), "#/response/body", "body: must be of type object"),
    ],
)
def test_answer_that_breaks_a_rule_is_in_the_journal_with_its_place(
    world: World, connector: Connector, reply: Reply, place: str, rule: str | None
) -> None:
    connector.answer = lambda _: reply
    register(world, connector)
    assert call(world, LOOKUP)["answer"]["status"] == reply.status
    (entry,) = read_journal(world)
    assert not entry["valid"]
    assert place in [each["place"] for each in entry["violations"]]
    assert rule is None or rule in [each["rule"] for each in entry["violations"]]


def test_journal_counts_waits_and_filters_by_direction(world: World, connector: Connector) -> None:
    register(world, connector)
    with world.client() as api:
        api.get("/acd/groups?limitPageSize=1")
    call(world, "writeCallStatistics", LINE)
    for direction, count in (("incoming", 1), ("outgoing", 1), (None, 2)):
        params = {} if direction is None else {"direction": direction}
        assert world.ask("GET", "/journal/count", params=params).json()["count"] == count
        waited = world.ask("GET", "/journal/wait", params={**params, "count": count}).json()
        assert waited == {"count": count, "reached": True}
    (entry,) = read_archive(world)
    assert entry["method"] == "POST"
    assert entry["url"] == f"{connector.url}/jtelACD/writeCallStatistics"


def test_archive_has_the_scheme_of_the_target(world: World, tmp_path: Path) -> None:
    with Connector() as secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(make_certificate(tmp_path))
        secure.server.socket = context.wrap_socket(secure.server.socket, server_side=True)
        url = f"https://localhost:{secure.port}"
        register(world, secure, url=url, checkCertificate=False)
        assert call(world, "writeCallStatistics", LINE)["status"] == "answered"
        (entry,) = read_archive(world)
        assert entry["url"] == f"{url}/jtelACD/writeCallStatistics"
        register(world, secure, url=url)
        assert call(world, "writeCallStatistics", LINE)["status"] == "failed"


def read_archive(world: World) -> list[dict[str, Any]]:
    """Return the requests of the outgoing calls in the HTTP archive."""
    har = world.ask("GET", "/journal/har", params={"direction": "outgoing"}).json()
    return [entry["request"] for entry in har["log"]["entries"]]


def make_certificate(folder: Path) -> Path:
    """Make a certificate of a name of this machine, which nobody has signed, and return the file, with its key."""
    path = folder / "certificate.pem"
    options = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost")
    command: list[str | Path] = ["openssl", "req", *options, "-keyout", path, "-out", folder / "part.pem"]
    subprocess.run(command, check=True, capture_output=True, timeout=SECONDS_TO_RUN)
    path.write_bytes(path.read_bytes() + (folder / "part.pem").read_bytes())
    return path


def test_call_is_answered_at_once_without_wait(world: World, connector: Connector) -> None:
    connector.answer = lambda _: Reply(delay=0.2)
    register(world, connector)
    made = call(world, "writeCallStatistics", LINE, wait=0)
    assert (made["status"], made["answer"], made["attempts"]) == ("queued", None, 0)
    assert find(world, made["id"])["status"] == "answered"
    listed = world.ask("GET", "/outgoing/calls", params={"status": "answered"}).json()
    assert ([each["id"] for each in listed["calls"]], listed["count"]) == ([made["id"]], 1)
    for params in ({"status": "failed"}, {"after": made["id"]}, {"operationId": LOOKUP}):
        assert world.ask("GET", "/outgoing/calls", params=params).json() == {"calls": [], "count": 0}


@pytest.mark.parametrize("path", ["/<x>", "/%zz", "/%2e%2e/x", "//", "/{x}"])
def test_odd_path_of_a_target_is_sent_percent_encoded(world: World, connector: Connector, path: str) -> None:
    register(world, connector, url=connector.url + path)
    assert call(world, "writeCallStatistics", LINE)["status"] == "answered"
    assert connector.received[0].path == f"{quote(path.rstrip('/'), safe='/%')}/jtelACD/writeCallStatistics"


@pytest.mark.parametrize(
    ("body", "pointer", "error"),
    [
        ({"operationId": LOOKUP, "data": {}}, "#/body/data/CallerID", "data/CallerID: is missing"),
        ({"operationId": LOOKUP, "data": {"Caller": "1"}}, "#/body/data/Caller", None),
        ({"operationId": LOOKUP, "data": {"CallerID": [1]}, "check": False}, "#/body/data/CallerID", None),
        (
            {"operationId": LOOKUP, "data": {"ServiceName": [1]}, "check": False},
            "#/body/data/ServiceName",
            "data/ServiceName: must be a text, a number or a boolean",
        ),
        (
            {"operationId": "writeCallStatistics", "data": {**LINE, "bOutbound": 2}},
            "#/body/data/bOutbound",
            "data/bOutbound: must be at most 1",
        ),
        (
            {"operationId": "writeCallStatistics", "data": {**LINE, "Agent": "x"}},
            "#/body/data/Agent",
            "data/Agent: is not a field of writeCallStatistics",
        ),
        (
            {"operationId": "onTelephonyEvent", "data": {"Event": "CallTransfer.Client.OUTBOUND.DIALLER.CONNRES.5"}},
            "#/body/data/Event",
            None,
        ),
        ({"operationId": "listAcdGroups"}, "#/body/operationId", None),
        ({"operationId": "genericQuery", "target": 2147483647}, "#/body/target", None),
    ],
)
def test_call_that_the_contract_does_not_allow_is_refused(
    world: World, connector: Connector, body: Any, pointer: str, error: str | None
) -> None:
    register(world, connector)
    answer = world.ask("POST", "/outgoing/calls", json=body)
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, pointer)
    assert error is None or answer.json()["error"] == error
    assert world.ask("GET", "/outgoing/calls").json()["calls"] == []


def test_call_that_is_not_checked_is_sent_and_judged(world: World, connector: Connector) -> None:
    register(world, connector)
    call(world, "writeCallStatistics", {"bOutbound": "perhaps"}, check=False)
    assert connector.bodies == [{"bOutbound": "perhaps"}]
    places = [each["place"] for each in read_journal(world)[0]["violations"]]
    assert places == ["#/body/jtelStatisticsPartAID", "#/body/bOutbound"]
    call(world, LOOKUP, {"ServiceName": True, "ServiceNumber": 5, "UserData": None}, check=False)
    assert connector.received[1].query == {"ServiceName": "true", "ServiceNumber": "5"}


def test_call_without_target_says_so(world: World, connector: Connector) -> None:
    register(world, connector, operations=[LOOKUP])
    answer = world.ask("POST", "/outgoing/calls", json={"operationId": "genericQuery"})
    assert answer.status_code == 409
    assert answer.json()["error"] == "the world has no target for genericQuery: register one first"
    missing = world.control.post("/sandbox/v1/worlds/none/outgoing/calls", json={"operationId": "genericQuery"})
    assert missing.status_code == 404


def test_target_that_was_registered_last_gets_the_call(world: World, connector: Connector) -> None:
    with Connector() as other:
        first = register(world, connector)
        second = register(world, other, operations=["genericQuery"])
        call(world, "genericQuery")
        call(world, LOOKUP)
        call(world, "genericQuery", target=first["id"])
        assert [each.path for each in other.received] == ["/jtelACD/genericQuery"]
        assert [each.path[9:] for each in connector.received] == [LOOKUP, "genericQuery"]
        assert world.ask("DELETE", f"/outgoing/targets/{second['id']}").status_code == 200
        assert world.ask("GET", f"/outgoing/targets/{second['id']}").status_code == 404
        assert call(world, "genericQuery")["target"] == first["id"]
    assert [each["id"] for each in world.ask("GET", "/outgoing/targets").json()["targets"]] == [first["id"]]


def test_targets_are_bounded_and_unknown_ones_are_not_found(world: World, connector: Connector) -> None:
    for _ in range(MOST):
        register(world, connector)
    answer = world.ask("POST", "/outgoing/targets", json={"url": connector.url})
    assert answer.status_code == 409
    assert answer.json()["error"] == "the world has 100 targets, the most that are allowed: delete one first"
    for path, error in (("targets", "Target not found"), ("calls", "Outgoing call not found")):
        missing = world.ask("GET", f"/outgoing/{path}/2147483647")
        assert (missing.status_code, missing.json()["error"]) == (404, error)


def test_calls_of_a_deleted_target_fail(world: World, connector: Connector) -> None:
    target = register(world, connector, delay=60)
    (made,) = number(world, 1)
    world.ask("DELETE", f"/outgoing/targets/{target['id']}").raise_for_status()
    assert (find(world, made)["status"], find(world, made)["reason"]) == ("failed", "the target was deleted")
    assert connector.received == []


def test_reset_deletes_targets_and_calls_that_wait(world: World, connector: Connector) -> None:
    register(world, connector)
    done = call(world, "writeCallStatistics", LINE)
    register(world, connector, delay=60)
    number(world, 2)
    world.ask("POST", "/reset").raise_for_status()
    assert world.ask("GET", "/outgoing/targets").json() == {"targets": []}
    assert [each["id"] for each in world.ask("GET", "/outgoing/calls").json()["calls"]] == [done["id"]]


def test_texts_of_all_kinds_arrive_as_they_are(world: World, connector: Connector) -> None:
    register(world, connector)
    text = "Rückruf & mehr = 100 % ? # / \u2028 😀"
    call(world, LOOKUP, {**read_data(LOOKUP), "UserData": text})
    call(world, "createCallback", {**read_data("createCallback"), "Subject": text})
    assert connector.received[0].query["UserData"] == text
    assert connector.received[1].body["Subject"] == text
    assert quote("😀") in read_journal(world)[0]["query"]


def test_numbers_stay_in_order(world: World, connector: Connector) -> None:
    register(world, connector)
    made = number(world, 10)
    find(world, made[-1])
    assert numbers(connector) == [*range(1, 11)]
