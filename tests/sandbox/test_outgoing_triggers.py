"""What happens in a world is told in the order in which the vendor tells it."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from data import store
from handlers.sandbox.outgoing.contract import find_operation, list_operations
from handlers.sandbox.outgoing.messages import check
from handlers.sandbox.outgoing.sender import Sender
from handlers.sandbox.outgoing.triggers import CONNECTED, RINGING, Step, call_changed, list_ends
from handlers.sandbox.registry import open_registry, outgoing, targets, worlds
from handlers.sandbox.registry.limits import Limits
from handlers.sandbox.registry.outgoing import CallFilter
from handlers.sandbox.serving import prepare
from tests.support.connectors import Connector, Received, Reply
from tests.support.waiting import await_

DATA = {"UFN": "1", "CallerID": "493023125155", "AgentUID": "Service 1"}
LINES: list[dict[str, Any]] = [
    {"jtelStatisticsPartAID": 409989, "bOutbound": 0, "AgentUID": agent, "TransactionCode": code}
    for agent, code in (("W", None), ("X", None), ("Y", "AAA"), ("Z", "BBB"), ("Z", "CCC"))
]
DIRECT = "INBOUND.ACD.DIRECT"
RULE = {
    **{"credentials": {"kind": "none"}, "delay": 0, "duplicate": False, "outOfOrder": False, "retries": 0},
    **{"retryWait": 0, "disconnect": None, "timeout": 60, "checkCertificate": True},
}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[store.Store]:
    """The registry of a sandbox in this process, with the world `default`, whose calls are sent."""
    prepare(tmp_path, Limits(), {})
    with open_registry(tmp_path) as registry:
        Sender(registry, ())
        yield registry


def register(connector: Connector, operations: list[str] | None = None) -> None:
    """Register a connector in the world."""
    rule = {**RULE, "url": connector.url, "operations": operations or list_operations()}
    targets.register(worlds.DEFAULT, rule, "")


def test_end_of_a_call_tells_its_events_and_then_its_lines(registry: store.Store, connector: Connector) -> None:
    register(connector)
    names = [RINGING, *list_ends(DIRECT, 2), RINGING, CONNECTED, *list_ends(DIRECT, 1)]
    call_changed(worlds.DEFAULT, [Step(DIRECT, name, DATA) for name in names], LINES)
    await_(lambda: len(connector.received) == 10)
    events = [body["Event"].removeprefix("CallTransfer.Client.INBOUND.ACD.DIRECT.") for body in connector.bodies[:5]]
    assert events == ["RINGING", "CONNRES.2", "RINGING", "CONNECTED", "CONNRES.1"]
    assert connector.bodies[0].items() >= DATA.items()
    assert connector.bodies[5:] == LINES


@pytest.mark.parametrize(
    ("use_case", "told"),
    [("OUTBOUND.DIALLER", [0, 1, 2, 3, 4, 0, 0, 0]), (DIRECT, [0, 1, 2, 6, 4, 0, 6, 0])],
)
def test_end_of_each_result_is_that_of_the_vendor(
    registry: store.Store, connector: Connector, use_case: str, told: list[int]
) -> None:
    register(connector, ["onTelephonyEventQuery"])
    ends = [end for result in range(len(told)) for end in list_ends(use_case, result)]
    assert ends == [f"CONNRES.{each}" for each in told if each]
    call_changed(worlds.DEFAULT, [Step(use_case, end, DATA) for end in ends])
    for each in outgoing.list_some(worlds.DEFAULT, CallFilter(), 100):
        check(find_operation(each["operationId"]), each["data"])
    await_(lambda: len(connector.received) == len(ends))
    assert connector.received[0].query["Event"] == f"CallTransfer.Client.{use_case}.CONNRES.1"


def test_call_that_cannot_be_sent_at_all_fails_and_is_not_repeated(
    registry: store.Store, connector: Connector, caplog: pytest.LogCaptureFixture
) -> None:
    # No target is registered without a URL.
    targets.register(worlds.DEFAULT, {**RULE, "operations": ["writeCallStatistics"]}, "")
    call_changed(worlds.DEFAULT, [], LINES[:1])
    await_(lambda: outgoing.count(worlds.DEFAULT, CallFilter(status="failed")))
    (made,) = outgoing.list_some(worlds.DEFAULT, CallFilter(), 10)
    assert made["reason"] == "an unforeseen error; the log of the service has its place"
    assert "An outgoing call cannot be sent" in caplog.text


def test_call_waits_while_the_registry_cannot_be_used(
    registry: store.Store, connector: Connector, caplog: pytest.LogCaptureFixture
) -> None:
    release = Event()

    def answer(_: Received) -> Reply:
        release.wait()
        return Reply()

    connector.answer = answer
    register(connector)
    call_changed(worlds.DEFAULT, [], LINES[:1])
    await_(lambda: connector.received)
    store.execute("alter table OutgoingCalls rename to Gone")
    release.set()
    await_(lambda: "An outgoing call cannot be noted now" in caplog.text)
    await_(lambda: "Outgoing calls cannot be read now" in caplog.text)
    store.execute("alter table Gone rename to OutgoingCalls")
    await_(lambda: outgoing.count(worlds.DEFAULT, CallFilter(status="answered")))
    assert connector.bodies == LINES[:1] * 2


def test_end_of_a_call_tells_nobody_without_a_target(registry: store.Store, connector: Connector) -> None:
    register(connector, ["createCallback"])
    call_changed(worlds.DEFAULT, [Step("OUTBOUND.CLICKTOCALL", RINGING, DATA)], LINES)
    assert outgoing.list_some(worlds.DEFAULT, CallFilter(), 10) == []
