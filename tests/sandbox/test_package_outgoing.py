"""`freiton.World.outgoing` registers a connector, calls it, and waits for what the contact centre sends."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from freiton import Sandbox, SandboxError, World

from tests.support.connectors import Connector, Reply
from tests.support.outgoing import read_data
from tests.support.sandbox import EVENT
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

LINE = {"jtelStatisticsPartAID": 1, "bOutbound": 0}
STATISTICS = "writeCallStatistics"


@pytest.fixture
def own(sandbox: Service) -> Iterator[World]:
    with Sandbox(url=sandbox.url).world() as world:
        yield world


def test_send_returns_call_with_answer_of_connector(own: World, connector: Connector) -> None:
    connector.answer = lambda _: Reply(200, b'{"UserData": "CON1"}')
    own.outgoing.register(connector.url)
    made = own.outgoing.send("getCallerInformation", read_data("getCallerInformation"))
    assert made["answer"] == {"status": 200, "body": '{"UserData": "CON1"}'}
    assert own.outgoing.calls() == own.outgoing.calls(operation_id="getCallerInformation", status="answered") == [made]
    assert own.outgoing.calls(after=made["id"]) == []
    with pytest.raises(TypeError, match="calls have no filter name; they have operation_id, status, after"):
        own.outgoing.calls(name="x")


def test_wait_returns_when_the_event_has_reached_the_connector(own: World, connector: Connector) -> None:
    own.outgoing.register(connector.url, ["createCallback"])
    headers = {"Authorization": f"Bearer {own.token}"}
    httpx.post(f"{own.base_url}/acd/events/create", json=EVENT, headers=headers).raise_for_status()
    assert own.outgoing.wait(operation_id="createCallback", timeout=60)
    assert connector.bodies[0]["Subject"] == EVENT["Subject"]
    assert not own.outgoing.wait(count=2, timeout=0)
    assert own.journal.count(direction="outgoing", valid=True) == 1
    assert "/jtelACD/createCallback to the connector: 200" in own.journal.render()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, {"credentials": {"kind": "none"}, "retries": 0, "disconnect": None}),
        ({"user": "a", "password": "b"}, {"credentials": {"kind": "basic", "user": "a"}}),
        (
            {"delay": 1, "duplicate": True, "out_of_order": True, "retries": 2, "retry_wait": 3},
            {"delay": 1, "duplicate": True, "outOfOrder": True, "retries": 2, "retryWait": 3},
        ),
        (
            {"disconnect": "midRequest", "timeout": 4, "check_certificate": False},
            {"disconnect": "midRequest", "timeout": 4, "checkCertificate": False},
        ),
    ],
)
def test_register_passes_each_option_on(
    own: World, connector: Connector, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    target = own.outgoing.register(connector.url, **given)
    assert target.describe().items() >= {"id": target.id, "url": connector.url, **shown}.items()


def test_register_with_a_token_url_fetches_tokens(own: World, connector: Connector) -> None:
    own.outgoing.register(connector.url, token_url=f"{connector.url}/token", client_id="a", client_secret="b")
    assert own.outgoing.send(STATISTICS, LINE)["status"] == "answered"
    assert connector.received[0].headers["authorization"] == "Bearer token-one"


def test_send_what_is_not_allowed_says_why(own: World, connector: Connector) -> None:
    with pytest.raises(SandboxError, match="no target for writeCallStatistics"):
        own.outgoing.send(STATISTICS, LINE)
    with pytest.raises(SandboxError, match="must lead to this machine"):
        own.outgoing.register("http://192.0.2.1")
    first, second = (own.outgoing.register(connector.url + path) for path in ("/one", "/two"))
    with pytest.raises(SandboxError, match="bOutbound: is missing"):
        own.outgoing.send(STATISTICS, {"jtelStatisticsPartAID": 1})
    own.outgoing.send(STATISTICS, {"jtelStatisticsPartAID": 1}, check=False)
    own.outgoing.send(STATISTICS, LINE, target=first)
    second.delete()
    assert own.outgoing.send(STATISTICS, LINE, wait=0)["status"] == "queued"
    assert own.outgoing.wait(3, timeout=60)
    assert [each.path.split("/")[1] for each in connector.received] == ["two", "one", "one"]
