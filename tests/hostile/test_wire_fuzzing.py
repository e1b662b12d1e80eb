"""Bytes of all kinds get the same answers on every path and with every setting; `make fuzz-wire` tries more of them."""

from collections.abc import Iterator

import pytest

from tests.fuzz_wire import render
from tests.wire.conversations import make_conversation
from tests.wire.fleet import CORS, FAST, ORDINARY, Fleet

pytestmark = [pytest.mark.uncovered, pytest.mark.sqlite]

CONVERSATIONS = 20


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
