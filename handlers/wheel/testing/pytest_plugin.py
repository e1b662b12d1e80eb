"""The pytest plugin: the fixtures `freiton`, a new world for each test, and `freiton_server`, the sandbox of the run.

Nothing is started before a test asks for one of them. With pytest-xdist, the controller has the sandbox, and all
workers use it. A URL in the variable FREITON_URL is that of a sandbox that runs already, which is used instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .desk import Desk
    from .sandbox import Sandbox
    from .world import World

VARIABLE = "FREITON_URL"
OPTIONS = "freiton_options"
MARKER = "freiton(fixture='demo'): what the world of the test is made of."
# What the controller of pytest-xdist tells its workers: the port at which they ask for the URL of the sandbox.
PORT = "freiton_port"
DESK: pytest.StashKey[Desk] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting `freiton_options`.

    :param parser: the parser of the command line and the configuration.
    """
    parser.addini(OPTIONS, "options of `freiton serve` for the sandbox of the run", type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker `freiton`.

    :param config: the configuration of the run.
    """
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where it gets the URL of the sandbox.

    :param node: the worker, as its controller knows it.
    """
    stash = node.config.stash
    if DESK not in stash:
        from .desk import Desk

        stash[DESK] = Desk(node.config.getini(OPTIONS))
    node.workerinput[PORT] = stash[DESK].port


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the sandbox of the workers.

    :param config: the configuration of the run.
    """
    if DESK in config.stash:
        config.stash[DESK].close()


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show the journal of the world in the report of a test that failed.

    :param item: the test.
    :param call: what a phase of it gave.
    """
    world = getattr(item, "funcargs", {}).get("freiton")
    if world is None or call.when != "call" or call.excinfo is None:
        return
    from .sandbox import SandboxError, World

    # Others may have a fixture of this name.
    if isinstance(world, World):
        with suppress(SandboxError):
            item.add_report_section(call.when, "freiton journal", world.journal.render())


@pytest.fixture(scope="session")
def freiton_server(pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """The sandbox of the run, a `freiton.Sandbox`."""
    from .sandbox import Sandbox

    with Sandbox(*pytestconfig.getini(OPTIONS), url=_find_url(pytestconfig)) as sandbox:
        yield sandbox


@pytest.fixture
def freiton(freiton_server: Sandbox, request: pytest.FixtureRequest) -> Iterator[World]:
    """A new world, a `freiton.World`, which is deleted at the end of the test."""
    marker = request.node.get_closest_marker("freiton")
    with freiton_server.world(*marker.args, **marker.kwargs) if marker else freiton_server.world() as world:
        yield world


def _find_url(config: pytest.Config) -> str | None:
    if url := os.environ.get(VARIABLE):
        return url
    if port := getattr(config, "workerinput", {}).get(PORT):
        from .desk import ask

        return ask(port)
    return None
