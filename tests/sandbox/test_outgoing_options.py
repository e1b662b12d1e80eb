"""Calls come late, twice, out of order, again and broken off, as a target has it, so that a connector can be tested."""

import time
from typing import Any

import pytest

from tests.support.connectors import Connector, Received, Reply
from tests.support.outgoing import call, find, number, numbers, read_journal, register
from tests.support.sandbox import World
from tests.support.waiting import await_

LINE = {"jtelStatisticsPartAID": 1, "bOutbound": 0}
STATISTICS = "writeCallStatistics"
ON_PURPOSE = "the connection was closed on purpose before the answer"
# In seconds.
DELAY = 0.3


def fail_first(times: int, status: int = 503) -> Any:
    """Return what answers the first calls with an error."""
    got: list[Received] = []

    def answer(received: Received) -> Reply:
        got.append(received)
        return Reply(status if len(got) <= times else 200)

    return answer


def test_delay_sends_each_call_late(world: World, connector: Connector) -> None:
    register(world, connector, delay=DELAY)
    begin = time.monotonic()
    assert call(world, STATISTICS, LINE)["status"] == "answered"
    assert time.monotonic() - begin >= DELAY


def test_duplicate_sends_each_call_twice(world: World, connector: Connector) -> None:
    register(world, connector, duplicate=True)
    made = [find(world, each) for each in number(world, 2)]
    assert numbers(connector) == [1, 1, 2, 2]
    assert [(each["status"], each["attempts"]) for each in made] == [("answered", 2)] * 2
    assert [entry["call"] for entry in read_journal(world)] == [made[0]["id"]] * 2 + [made[1]["id"]] * 2
    assert call(world, "genericQuery", {})["attempts"] == 2


def test_out_of_order_sends_each_second_call_first(world: World, connector: Connector) -> None:
    register(world, connector, outOfOrder=True)
    number(world, 4)
    await_(lambda: len(connector.received) == 4)
    assert numbers(connector) == [2, 1, 4, 3]


def test_out_of_order_sends_a_call_without_next_one_after_a_while(world: World, connector: Connector) -> None:
    register(world, connector, outOfOrder=True)
    begin = time.monotonic()
    assert call(world, STATISTICS, LINE)["status"] == "answered"
    assert time.monotonic() - begin > 1


def test_out_of_order_does_not_hold_back_lookups(world: World, connector: Connector) -> None:
    register(world, connector, outOfOrder=True)
    number(world, 1)
    call(world, "genericQuery", {"Query": "x"})
    assert [each.path for each in connector.received] == ["/jtelACD/genericQuery"]


@pytest.mark.parametrize("status", [500, 503])
def test_retries_send_a_call_again_until_it_is_processed(world: World, connector: Connector, status: int) -> None:
    connector.answer = fail_first(2, status)
    register(world, connector, retries=3, retryWait=0.01)
    made = call(world, STATISTICS, LINE)
    assert (made["status"], made["attempts"], made["answer"]["status"]) == ("answered", 3, 200)
    assert [entry["status"] for entry in read_journal(world)] == [status, status, 200]
    assert [entry["requestId"] for entry in read_journal(world)] == [f"call-{made['id']}-{n}.1" for n in (1, 2, 3)]


def test_retries_end_with_the_last_answer(world: World, connector: Connector) -> None:
    connector.answer = fail_first(9)
    register(world, connector, retries=1, retryWait=0)
    made = call(world, STATISTICS, LINE)
    assert (made["status"], made["attempts"], made["answer"]["status"]) == ("answered", 2, 503)


def test_retries_wait_and_keep_the_order(world: World, connector: Connector) -> None:
    connector.answer = fail_first(1)
    register(world, connector, retries=1, retryWait=DELAY)
    begin = time.monotonic()
    find(world, number(world, 3)[-1])
    assert time.monotonic() - begin >= DELAY
    assert numbers(connector) == [1, 1, 2, 3]


def test_refusals_are_not_sent_again(world: World, connector: Connector) -> None:
    connector.answer = fail_first(9, 400)
    register(world, connector, retries=3, retryWait=0)
    assert call(world, STATISTICS, LINE)["attempts"] == 1


def test_disconnecting_after_the_request_loses_the_answer(world: World, connector: Connector) -> None:
    register(world, connector, disconnect="afterRequest")
    made = call(world, STATISTICS, LINE)
    assert (made["status"], made["reason"], made["answer"]) == ("failed", ON_PURPOSE, None)
    await_(lambda: len(connector.received) == 1)
    assert connector.bodies == [LINE]
    (entry,) = read_journal(world)
    assert (entry["status"], entry["request"]["body"] != "") == (None, True)


def test_disconnecting_and_retrying_sends_the_call_twice(world: World, connector: Connector) -> None:
    register(world, connector, disconnect="afterRequest", retries=1, retryWait=0)
    made = call(world, STATISTICS, LINE)
    assert (made["status"], made["reason"], made["attempts"]) == ("answered", None, 2)
    await_(lambda: len(connector.received) == 2)
    assert connector.bodies == [LINE, LINE]


def test_disconnecting_in_the_middle_sends_half_of_the_body(world: World, connector: Connector) -> None:
    register(world, connector, disconnect="midRequest", retries=1, retryWait=0)
    assert call(world, STATISTICS, LINE)["status"] == "answered"
    await_(lambda: len(connector.received) == 2)
    # The half may be seen after the whole.
    assert sorted(connector.bodies, key=str) == sorted([None, LINE], key=str)


def test_disconnecting_in_the_middle_of_a_lookup_loses_its_answer(world: World, connector: Connector) -> None:
    register(world, connector, disconnect="midRequest")
    data = {"CallerID": "1", "ServiceNumber": "2", "ServiceName": "3"}
    assert call(world, "getCallerInformation", data)["reason"] == ON_PURPOSE
    await_(lambda: len(connector.received) == 1)


def test_lookup_does_not_wait_for_other_calls(world: World, connector: Connector) -> None:
    connector.answer = lambda got: Reply(delay=2 if got.path.endswith(STATISTICS) else 0)
    register(world, connector)
    slow = number(world, 1)
    await_(lambda: len(connector.received) == 1)
    assert call(world, "genericQuery", {})["status"] == "answered"
    assert find(world, slow[0], wait=0)["status"] == "sent"


def test_options_are_shown(world: World, connector: Connector) -> None:
    options = {
        **{"delay": 1, "duplicate": True, "outOfOrder": True, "retries": 2, "retryWait": 3, "timeout": 4},
        **{"disconnect": "midRequest", "checkCertificate": False, "operations": ["genericQuery"]},
        "timeZone": "Asia/Tokyo",
    }
    target = register(world, connector, **options)
    assert target == {"id": target["id"], "url": connector.url, "credentials": {"kind": "none"}, **options}
    assert world.ask("GET", f"/outgoing/targets/{target['id']}").json() == target
    assert world.ask("GET", "/outgoing/targets").json() == {"targets": [target]}
