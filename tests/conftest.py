"""Servers to test against, and clients of them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service import Service


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server for the whole run, for tests that change nothing or only what they made themselves."""
    with Service(tmp_path_factory.mktemp("demo") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Iterator[Service]:
    """A demo server of one test's own."""
    with Service(tmp_path / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture
def api(demo: Service) -> Iterator[httpx.Client]:
    """Client 1 of the demo server that is shared."""
    with demo.client() as client:
        yield client


@pytest.fixture
def fresh_api(fresh_demo: Service) -> Iterator[httpx.Client]:
    """Client 1 of a demo server of one test's own."""
    with fresh_demo.client() as client:
        yield client
