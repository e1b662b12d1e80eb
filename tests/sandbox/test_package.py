"""`from freiton import Sandbox`: a sandbox in the tests of others, without pytest."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest
from freiton import Sandbox, SandboxError, World

from tests.support.campaigns import SOURCE, ask_to_clone
from tests.support.service import SECONDS_TO_RUN, Service
from tests.support.waiting import await_

pytestmark = pytest.mark.uncovered

# That a world for a test may take: two requests, and the copy of a database.
MOST_REQUESTS = 5
CHRISTMAS = datetime(2026, 12, 24, 18, tzinfo=UTC)
START = """
import sys
from freiton import Sandbox
sandbox = Sandbox()
print(sandbox.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server(sandbox: Service) -> Sandbox:
    """The sandbox that the tests share, by a URL with a path, as FREITON_URL is one."""
    return Sandbox(url=f"{sandbox.url}/rest/v1.0/1")


@pytest.fixture
def own(server: Sandbox) -> Iterator[World]:
    with server.world() as world:
        yield world


def connect(world: World) -> httpx.Client:
    return httpx.Client(base_url=world.base_url, headers={"Authorization": f"Bearer {world.token}"}, verify=False)


def clone(world: World, name: str) -> int:
    with connect(world) as api:
        return ask_to_clone(api, SOURCE, name).status_code


def is_reachable(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", verify=False).is_success
    except httpx.TransportError:
        return False


def test_start_sandbox_serves_worlds_until_end_of_block() -> None:
    with Sandbox("--sandbox-worlds=2") as sandbox, sandbox.world() as world:
        assert world.base_url == f"{sandbox.url}/rest/v1.0/1"
        assert sandbox.control_url == f"{sandbox.url}/sandbox/v1"
        assert clone(world, "Tonight") == 200
        with pytest.raises(SandboxError, match="there are 2 worlds, the most that are allowed"):
            sandbox.world()
    assert not is_reachable(sandbox.url)


def test_start_sandbox_with_unknown_option_says_why() -> None:
    with pytest.raises(SandboxError, match=r"exit code 2: freiton: No such option '--nope'"):
        Sandbox("--nope")


def test_kill_process_ends_its_sandbox() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert is_reachable(url)
        process.kill()
        process.wait(SECONDS_TO_RUN)
    await_(lambda: not is_reachable(url))


def test_world_of_a_test_takes_no_longer_than_some_requests(server: Sandbox, figure: Callable[[str], None]) -> None:
    worlds, requests = [], []
    with server.world() as world, connect(world) as api:
        for _ in range(20):
            # What the fixture `freiton` does.
            worlds.append(measure(lambda: server.world().delete()))
            requests.append(measure(lambda: api.get("/acd/groups", params={"limitPageSize": -1})))
    # The least: what else the machine does says nothing of the plugin.
    least, ratio = min(worlds) * 1000, min(worlds) / min(requests)
    figure(f"overhead of a world a test: least {least:.1f} ms, that of {ratio:.1f} requests")
    assert ratio <= MOST_REQUESTS


def measure(act: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def test_make_world_gives_documented_ids_and_accounts(own: World) -> None:
    assert (own.client_id, own.base_url, own.token) == own.accounts[0]
    assert [account.client_id for account in own.accounts] == [1, 2]
    with connect(own) as api:
        assert api.get("/dialler/campaigns/535").json()["records"][0]["Name"]


def test_make_empty_world_has_no_campaign(server: Sandbox) -> None:
    with server.world("empty") as world, connect(world) as api:
        assert api.get("/dialler/campaigns").json()["records"] == []


def test_reset_world_forgets_clone(own: World) -> None:
    assert [clone(own, "Tonight"), clone(own, "Tonight")] == [200, 409]
    own.reset()
    assert clone(own, "Tonight") == 200


def test_leave_snapshot_restores_it(own: World) -> None:
    with own.snapshot():
        assert clone(own, "Tonight") == 200
    assert clone(own, "Tonight") == 200


def test_restore_snapshot_by_name_and_delete_it(own: World) -> None:
    taken = own.snapshot("before the run")
    assert clone(own, "Tonight") == 200
    taken.restore()
    assert (taken.name, clone(own, "Tonight")) == ("before the run", 200)
    taken.delete()
    with pytest.raises(SandboxError, match="Snapshot not found") as refused:
        taken.restore()
    assert refused.value.status == 404


def test_freeze_set_and_advance_clock_says_time(own: World) -> None:
    assert own.clock.freeze(CHRISTMAS) == own.clock.now() == CHRISTMAS
    assert own.clock.advance(1.5) == CHRISTMAS + timedelta(seconds=1.5)
    assert own.clock.advance(timedelta(days=1)) == CHRISTMAS + timedelta(days=1, seconds=1.5)
    assert own.clock.set(CHRISTMAS.astimezone(timezone(timedelta(hours=1)))) == CHRISTMAS
    assert own.clock.set(CHRISTMAS.replace(tzinfo=None)) == CHRISTMAS
    assert CHRISTMAS <= own.clock.run() <= own.clock.now()


def test_find_world_finds_the_one_of_the_demo(server: Sandbox) -> None:
    assert server.find_world().id == "default"


def test_delete_world_twice_says_that_there_is_none(server: Sandbox) -> None:
    world = server.world()
    world.delete()
    with pytest.raises(SandboxError, match="World not found"):
        world.delete()


def test_use_server_without_sandbox_says_how_to_start_one(demo: Service) -> None:
    with pytest.raises(SandboxError, match="freiton serve --sandbox"):
        Sandbox(url=demo.url).world()


def test_use_server_that_does_not_run_says_so() -> None:
    with pytest.raises(SandboxError, match=r"no answer of the sandbox http://127\.0\.0\.1:1: "):
        Sandbox(url="http://127.0.0.1:1").world()


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "https://127.0.0.1", "nonsense"])
def test_use_url_of_no_server_says_so(url: str) -> None:
    with pytest.raises(SandboxError, match=f"{url} is not the http URL of a sandbox"):
        Sandbox(url=url)


def test_filter_journal_by_unknown_name_names_filters(own: World) -> None:
    with pytest.raises(TypeError, match="no filter operation; it has operation_id, method"):
        own.journal.entries(operation="cloneDiallerCampaign")


def test_import_package_imports_nothing_heavy() -> None:
    script = "import sys, freiton; assert not {'http.client', 'subprocess', 'yaml', 'handlers'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=SECONDS_TO_RUN)
    with pytest.raises(ImportError, match="Nope"):
        from freiton import Nope  # noqa: F401
