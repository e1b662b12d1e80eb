"""Servers to test against, and clients of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.service import Service

FIGURES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`: the full number of rounds, as `make faults` runs them, instead of the few of `make test`."""
    parser.addoption("--long", action="store_true", help="run the full number of rounds")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the figures."""
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures that tests have reported."""
    if config.stash[FIGURES]:
        terminalreporter.section("figures")
        for figure in config.stash[FIGURES]:
            terminalreporter.line(figure)


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Chooses between the few rounds of `make test` and the full number of `make faults`."""
    return lambda few, full: full if request.config.getoption("--long") else few


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Reports a figure, which is printed at the end of the run."""
    return request.config.stash[FIGURES].append


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
