"""Schemathesis follows the links of the contract in a world that is reset before each scenario; see make fuzz-links."""

import pytest
from freiton import Sandbox

from tests.fuzz_links import follow_links, read_links
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

# Without the hooks, 500 scenarios reach fewer.
SCENARIOS, LINKS = 80, 15


def test_stateful_phase_follows_links_of_lists_and_of_what_is_made(sandbox: Service) -> None:
    links = read_links().keys()
    followed, total = follow_links(Sandbox(url=sandbox.url), SCENARIOS)
    assert len(followed) >= LINKS
    assert followed <= links
    # Schemathesis may find some more by itself.
    assert total >= len(links)
