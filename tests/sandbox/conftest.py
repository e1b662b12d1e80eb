"""A sandbox that all tests of this folder share, each with worlds of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator

from tests.support.browser import Opened, launch, press, visit
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, for the tests that need it."""
    with launch() as launched:
        yield launched


@pytest.fixture(params=["light-mouse", "light-keyboard", "dark-mouse", "dark-keyboard"])
def opened(request: pytest.FixtureRequest, chromium: Browser, world: World) -> Iterator[Opened]:
    """The page of a world, with a way to use its buttons."""
    scheme, _, way = request.param.partition("-")
    path = f"/sandbox/?world={world.described['id']}"
    with visit(chromium, str(world.control.base_url).rstrip("/"), path, dark=scheme == "dark") as visited:
        yield Opened(visited, press if way == "keyboard" else Locator.click)
