"""Bytes of all kinds get the same answers on every path and with every setting; `make fuzz-wire` tries more of them."""

from collections.abc import Iterator

import pytest

from tests.fuzz_wire import render
from tests.support.hostile import BASE, get
from tests.support.raw import request
from tests.wire.conversations import Conversation, Message, make_conversation
from tests.wire.fleet import CORS, FAST, ORDINARY, Fleet

pytestmark = [pytest.mark.uncovered, pytest.mark.sqlite]

CONVERSATIONS = 20
COUNTERS = BASE + b"/cockpitVariables"
SET = request("PATCH", COUNTERS + b"/cockpitVariable/192/setValue?value=7")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Servers of three settings."""
    with Fleet([ORDINARY, FAST, CORS]) as fleet:
        yield fleet
    assert fleet.problems == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_send_generated_bytes_gets_same_answers(fleet: Fleet, seed: int) -> None:
    for number in range(CONVERSATIONS):
        conversation = make_conversation(seed, number)
        problems = fleet.check(conversation)
        assert not problems, render(conversation, problems, seed, number)
    assert fleet.check_rest() == []


def test_moments_of_calls_and_counters_are_no_difference(fleet: Fleet) -> None:
    calls = BASE + b"/calls"
    requests = (get(calls + b"/20220708113402-410002/answer"), get(calls), SET, get(COUNTERS))
    conversation = Conversation(tuple(map(Message, requests)))
    problems = fleet.check(conversation)
    assert not problems, render(conversation, problems, 0, 0)
