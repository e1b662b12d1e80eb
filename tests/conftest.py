"""Servers to test against, and clients of them."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

from data import opening
from tests.support import databases
from tests.support.command import carry_out
from tests.support.contacts import assert_counts_fit, make_campaign
from tests.support.files import read_contents, run_maintenance
from tests.support.postgresql import create_database, run_cluster
from tests.support.service import COVERAGE, Service

# It is run by tests/sandbox/test_sample_connector.py, with a client that has to be generated.
collect_ignore = ["sample_connector"]
FIGURE = "figure"

# How long an example takes depends on what else the machine does. A failure prints how to repeat it.
settings.register_profile("freiton", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("freiton")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`, the full number of rounds, as `make faults` runs them, and `--postgresql`, the other engine."""
    parser.addoption("--long", action="store_true", help="run the full number of rounds")
    parser.addoption("--postgresql", action="store_true", help="keep the databases on a PostgreSQL server")


def pytest_configure(config: pytest.Config) -> None:
    """Overlook a warning of an import of Connexion's, which may happen within a test that has the service within."""
    config.addinivalue_line("filterwarnings", "ignore:Using `httpx` with `starlette.testclient`")
    # The processes of pytest-xdist use the server of the process that starts them.
    if config.option.postgresql and not hasattr(config, "workerinput"):
        _run_postgresql(config)


def _run_postgresql(config: pytest.Config) -> None:
    """Run a PostgreSQL server with the databases that those of tests are copies of, until pytest ends."""
    stack = ExitStack()
    config.add_cleanup(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freiton-")))
    # The user `postgres` has to reach it.
    folder.chmod(0o755)
    server = stack.enter_context(run_cluster(folder / "cluster"))
    for name in (databases.NEW, databases.DEMO):
        opening.open_database(create_database(server, name), demo=name == databases.DEMO).close()
    stack.enter_context(pytest.MonkeyPatch.context()).setenv(databases.SERVER, server)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have reported."""
    passed = terminalreporter.getreports("passed")
    figures = [text for report in passed for name, text in report.user_properties if name == FIGURE]
    if figures:
        terminalreporter.section("figures")
        for text in figures:
            terminalreporter.line(str(text))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of folders that are about one engine alone."""
    for item in items:
        if item.path.parent.name in ("project", "sandbox"):
            item.add_marker("sqlite")
        elif item.path.parent.name == "postgresql":
            item.add_marker("postgresql")


@pytest.fixture(scope="module", autouse=True)
def _coverage_of_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let coverage look at the processes that a module starts, unless the module says no."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("uncovered"):
            patch.delenv(COVERAGE, raising=False)
        yield


@pytest.fixture(autouse=True)
def _databases_of_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove the PostgreSQL databases of a test, if there are any, when it has ended."""
    if not databases.is_postgresql():
        yield
        return
    folder: Path = request.getfixturevalue("tmp_path")
    yield
    databases.drop_below(folder)


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Chooses between the few rounds of `make test` and the full number of `make faults`."""
    return lambda few, full: full if request.config.getoption("--long") else few


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Reports a figure, which is printed at the end of the run."""
    return lambda text: request.node.user_properties.append((FIGURE, text))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server for the whole run, for tests that change nothing."""
    with Service(tmp_path_factory.mktemp("demo") / "freiton.db", "--demo") as service:
        before = read_contents(service.database)
        yield service
        assert read_contents(service.database) == before, "a test has changed the demo that others count on"


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


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a new demo, or on PostgreSQL a database that nobody uses; not to be changed."""
    folder = tmp_path_factory.mktemp("sound")
    if databases.is_postgresql():
        databases.locate(folder / "freiton.db", demo=True)
        return folder / "freiton.db"
    (folder / "backup").mkdir()
    with Service(folder / "freiton.db", "--demo") as service:
        assert run_maintenance("backup", folder / "backup" / "sound.db", service.database) == (0, "", "")
    return folder / "backup" / "sound.db"


@pytest.fixture(scope="module")
def own_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server of one file's own."""
    with Service(tmp_path_factory.mktemp("own") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture
def campaign(demo: Service, api: httpx.Client) -> Iterator[int]:
    """A campaign without contacts, for files whose `demo` is their own; at the end all contacts are counted well."""
    yield make_campaign(api)
    assert_counts_fit(demo.database)


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    """A backup of the demo, to be changed."""
    return databases.copy(sound, tmp_path / "copy.db")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the client account 4711, for tests that add to it nothing but tokens."""
    path = tmp_path_factory.mktemp("clients") / "my.db"
    assert carry_out("client", "add", "Musterfirma GmbH", "--id", "4711", "--database", path) == "4711\n"
    return path
