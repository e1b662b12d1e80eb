"""The nightly run, in the world of a test."""

from collections.abc import Iterator

import pytest
from freiton import World
from nightly import Nightly


@pytest.fixture
def nightly(freiton: World) -> Iterator[Nightly]:
    """The nightly run, which waits for nothing longer than its tests do."""
    with Nightly(freiton.api_url, freiton.token, freiton.client_id, pause=0.01, timeout=5) as nightly:
        yield nightly
