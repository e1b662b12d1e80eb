"""A sandbox that all tests of this folder share, each with worlds of its own."""

from collections.abc import Iterator

import pytest

from tests.support.connectors import Connector
from tests.support.sandbox import SandboxService, World


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxService]:
    """A running sandbox."""
    with SandboxService(tmp_path_factory.mktemp("sandbox") / "sandbox") as service:
        yield service


@pytest.fixture
def world(sandbox: SandboxService) -> Iterator[World]:
    """A world of one test's own."""
    with World(sandbox) as world:
        yield world


@pytest.fixture
def connector() -> Iterator[Connector]:
    """A connector under test, which outgoing calls can go to."""
    with Connector() as connector:
        yield connector
