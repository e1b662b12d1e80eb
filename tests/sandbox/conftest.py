"""A sandbox that all tests of this folder share, each with worlds of its own."""

from collections.abc import Iterator

import pytest

from tests.support.sandbox import World
from tests.support.service import Service


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running sandbox of two processes."""
    with Service(tmp_path_factory.mktemp("sandbox") / "unused.db", "--sandbox", "--workers", "2") as service:
        yield service


@pytest.fixture
def world(sandbox: Service) -> Iterator[World]:
    """A world of one test's own."""
    with World(sandbox) as world:
        yield world
