"""Schemathesis follows the links of the contract in a world that is reset before each scenario; see make fuzz-links."""

import pytest
from freiton import Sandbox

from handlers.contract import document
from tests.fuzz_links import follow_links
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

# Without the hooks, 500 scenarios reach fewer.
SCENARIOS, LINKS = 80, 15


def test_stateful_phase_follows_links_of_lists_and_of_what_is_made(sandbox: Service) -> None:
    followed, total = follow_links(Sandbox(url=sandbox.url), SCENARIOS)
    assert len(followed) >= LINKS
    operations = [each for path in document.read()["paths"].values() for each in path.values()]
    # Schemathesis finds some more by itself, such as from the list of calls to each action.
    assert total >= sum(len(answer.get("links", {})) for each in operations for answer in each["responses"].values())
