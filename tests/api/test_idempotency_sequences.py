"""Any sequence of requests and keys, however often each is sent, stores what each key stores once."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.keyed import KEYED, REUSED, change, count_made, send
from tests.support.operations import OPERATIONS, Ask
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

# Requests that differ in a field, of which some are refused.
FIELDS: dict[str, list[tuple[str, Any]]] = {
    "createAcdEvent": [("Subject", "A"), ("Subject", "B"), ("AcdGroupsID", 999999)],
    "cloneDiallerCampaign": [("destination", "A {}"), ("destination", "B {}"), ("source", "Nobody's")],
    "importDiallerContact": [("Name", "A"), ("Name", "B"), ("DiallerCampaignsName", "Nobody's")],
    "importDiallerContacts": [("Name", "A"), ("Name", "B"), ("DiallerCampaignsName", "Nobody's")],
}
REFUSALS = {404, 409}
STEPS = st.lists(st.tuples(st.sampled_from(KEYED), st.integers(0, 2), st.sampled_from("kln")), min_size=2, max_size=12)
RUNS = count()

Both = tuple[Service, Service]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Two servers of the same data: one with the fast path, one without."""
    folder = tmp_path_factory.mktemp("both")
    with (
        Service(folder / "fast.db", "--demo") as fast,
        Service(folder / "slow.db", "--demo", "--no-fast", "--workers", "2") as slow,
    ):
        yield fast, slow


def make_request(operation: str, variant: int, run: int) -> Ask:
    """Return a request; the names of campaigns are those of one run."""
    field, value = FIELDS[operation][variant]
    text = value.format(run) if isinstance(value, str) else value
    return change(OPERATIONS[operation], **{field: text})


def check(service: Service, steps: list[tuple[str, int, str]], run: int) -> list[tuple[int, int]]:
    """Send requests, compare the answers with those that their keys ask for, and return status and length of each."""
    done: dict[str, tuple[Ask, httpx.Response]] = {}
    before = sum(count_made(service.database))
    stored = 0
    seen = []
    with service.client() as client:
        for operation, variant, letter in steps:
            ask, key = make_request(operation, variant, run), f"{letter} {run}"
            answer = send(client, ask, key)
            if key not in done:
                assert answer.status_code == 200 or answer.status_code in REFUSALS
                if answer.status_code == 200:
                    done[key] = ask, answer
                    stored += b'"outcome":"failed"' not in answer.content
            elif done[key][0] == ask:
                assert (answer.status_code, answer.content) == (200, done[key][1].content)
            else:
                assert (answer.status_code, answer.json()) == (409, REUSED)
            seen.append((answer.status_code, len(answer.content)))
    assert sum(count_made(service.database)) == before + stored
    return seen


def test_any_sequence_stores_each_key_once_on_both_paths(both: Both, rounds: Callable[[int, int], int]) -> None:
    @settings(max_examples=rounds(30, 1_000), database=None)
    @given(steps=STEPS)
    def run_sequence(steps: list[tuple[str, int, str]]) -> None:
        run = next(RUNS)
        assert check(both[0], steps, run) == check(both[1], steps, run)

    run_sequence()
