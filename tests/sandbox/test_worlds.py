"""Worlds never see one another, have the documented IDs, and are found by their token or a header field."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from tests.support.campaigns import SOURCE, clone
from tests.support.command import assert_fails
from tests.support.sandbox import WORLDS, SandboxService, World
from tests.support.service import Service, run_freiton
from tests.support.waiting import SECONDS_TO_WAIT

MANY = 100
# As the contract has it in its example.
FIRST_CLONE = 541
CAMPAIGNS = "/dialler/campaigns"
NAMED = {"Authorization": "Bearer freiton-demo-1"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxService]:
    """A sandbox of two processes, which have to see the same worlds."""
    with SandboxService(tmp_path_factory.mktemp("worlds") / "sandbox", "--workers", "2") as service:
        yield service


def count_campaigns(api: httpx.Client) -> int:
    """Return how many campaigns there are."""
    return int(api.get(CAMPAIGNS).json()["count"])


def list_ids(sandbox: Service) -> list[str]:
    """Return the IDs of all worlds."""
    return [world["id"] for world in httpx.get(f"{sandbox.url}{WORLDS}").json()["worlds"]]


@pytest.fixture
def default(sandbox: Service) -> Iterator[httpx.Client]:
    """A client of the world that the demo's tokens lead to, reset at the end."""
    with sandbox.client() as api:
        yield api
    assert httpx.post(f"{sandbox.url}{WORLDS}/default/reset").status_code == 200


def test_make_world_gives_what_a_client_needs(sandbox: Service) -> None:
    answer = httpx.post(f"{sandbox.url}{WORLDS}", json={"fixture": "demo"})
    world = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{WORLDS}/{world['id']}")
    assert world["baseUrl"] == f"{sandbox.url}/rest/v1.0"
    assert [account["baseUrl"] for account in world["accounts"]] == [f"{world['baseUrl']}/{n}" for n in (1, 2)]
    location = f"{sandbox.url}{answer.headers['Location']}"
    assert httpx.get(location).json() == world
    assert httpx.delete(location).status_code == 200


def test_new_world_answers_as_the_demo_does(world: World, demo: Service) -> None:
    with world.client() as api, demo.client() as expected:
        for path in (CAMPAIGNS, "/acd/groups", "/dialler/contacts", "/dialler/campaigns/535", "/acd/events/types"):
            assert api.get(path).raise_for_status().content == expected.get(path).content


def test_clone_in_one_world_gives_the_same_id_in_each(sandbox: Service, default: httpx.Client) -> None:
    with World(sandbox) as one, World(sandbox) as other, one.client() as first, other.client() as second:
        assert clone(first, "Mine") == clone(second, "Mine") == clone(default, "Mine") == FIRST_CLONE


def test_hundred_worlds_at_once_see_their_own_writes_only(sandbox: Service) -> None:
    all_made = Barrier(MANY)

    def work(number: int) -> None:
        with World(sandbox) as world, world.client() as api:
            assert clone(api, f"Campaign of {number}") == FIRST_CLONE
            all_made.wait(SECONDS_TO_WAIT)
            names = {record["Name"] for record in api.get(CAMPAIGNS).json()["records"]}
            assert {name for name in names if name.startswith("Campaign of")} == {f"Campaign of {number}"}

    with ThreadPoolExecutor(MANY) as threads:
        list(threads.map(work, range(MANY)))


def test_reset_world_while_it_is_written_to_ends_as_new(world: World, default: httpx.Client) -> None:
    with world.client() as api, ThreadPoolExecutor(4) as threads:
        clones = [
            threads.submit(api.post, f"{CAMPAIGNS}/clone", json={"source": SOURCE, "destination": f"C{number}"})
            for number in range(40)
        ]
        for _ in range(10):
            assert world.ask("POST", "/reset").status_code == 200
        assert {each.result().status_code for each in clones} == {200}
        assert world.ask("POST", "/reset").json() == world.described
        assert api.get(CAMPAIGNS).content == default.get(CAMPAIGNS).content


def test_fixed_token_with_header_field_reaches_the_world_that_it_names(
    sandbox: Service, world: World, default: httpx.Client
) -> None:
    named = {"X-Freiton-World": world.described["id"]}
    assert clone(default, "Here")
    assert default.get(CAMPAIGNS, headers=named).json()["count"] == 5
    assert count_campaigns(default) == 6
    unknown = default.get(CAMPAIGNS, headers={"X-Freiton-World": "nowhere"})
    assert (unknown.status_code, unknown.headers["X-Error-Pointer"]) == (400, "#/header/X-Freiton-World")


@pytest.mark.parametrize("token", ["world-nowhere-1", "world-default-3", "world--1", "world-default", "other"])
def test_token_of_no_world_is_refused(sandbox: Service, token: str) -> None:
    with sandbox.client(token=token) as api:
        assert api.get(CAMPAIGNS).status_code == 401


def test_token_of_another_account_is_refused(world: World) -> None:
    with world.client() as api:
        url = str(api.base_url).replace("/v1.0/1", "/v1.0/2")
        assert api.get(f"{url}{CAMPAIGNS}").status_code == 401


def test_empty_world_has_an_account_without_records(sandbox: Service) -> None:
    with World(sandbox, "empty") as world, world.client() as api:
        assert [account["clientsId"] for account in world.described["accounts"]] == [1]
        assert (count_campaigns(api), api.get("/acd/groups").json()["count"]) == (0, 0)
        assert api.get("/acd/events/types").json()["count"] > 0


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"fixture": "other"}, 404, "Fixture not found; there are demo, empty"),
        ({}, 400, "fixture: is missing"),
        ({"fixture": 1}, 400, "fixture: must be of type string"),
        ({"fixture": "demo", "colour": "red"}, 400, "colour: is not a field of this request"),
        ([], 400, "body: must be of type object"),
    ],
)
def test_make_world_of_bad_body_is_refused(sandbox: Service, body: object, status: int, error: str) -> None:
    answer = httpx.post(f"{sandbox.url}{WORLDS}", json=body)
    assert (answer.status_code, answer.json()) == (status, {"status": status, "error": error})


def test_deleted_world_is_gone_for_every_process(sandbox: Service) -> None:
    with World(sandbox) as world, world.client() as api:
        assert count_campaigns(api) == 5
        assert world.ask("DELETE").json() == {"status": 200}
        assert [api.get(CAMPAIGNS).status_code for _ in range(8)] == [401] * 8
        answers = [world.ask(method, path) for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/reset"))]
        assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(404, "World not found")}


def test_default_world_cannot_be_deleted(sandbox: Service) -> None:
    answer = httpx.delete(f"{sandbox.url}{WORLDS}/default")
    assert (answer.status_code, answer.json()["error"]) == (409, "the world default cannot be deleted")


def test_idle_world_is_deleted_and_worlds_are_bounded(tmp_path: Path) -> None:
    options = ("--sandbox-idle", "2", "--sandbox-worlds", "3", "--sandbox-snapshots", "1")
    with SandboxService(tmp_path / "sandbox", *options) as service, ExitStack() as stack:
        used, idle = stack.enter_context(World(service)), stack.enter_context(World(service))
        full = httpx.post(f"{service.url}{WORLDS}", json={"fixture": "demo"})
        assert full.json()["error"] == "there are 3 worlds, the most that are allowed: delete one first"
        assert [used.ask("POST", f"/snapshots/{name}").status_code for name in ("one", "one", "two")] == [200, 200, 409]
        deadline = time.monotonic() + 60
        with used.client() as api:
            while idle.described["id"] in list_ids(service):
                assert count_campaigns(api) == 5
                assert time.monotonic() < deadline
        assert list_ids(service) == ["default", used.described["id"]]


def test_restart_with_folder_keeps_worlds_and_without_forgets_them(tmp_path: Path) -> None:
    folder = tmp_path / "worlds"
    options = ("--sandbox-dir", str(folder))
    with SandboxService(tmp_path / "sandbox", *options) as service:
        world = World(service)
        with world.client() as api:
            clone(api, "Kept")
        assert world.ask("POST", "/snapshots/one").status_code == 200
        assert world.ask("POST", "/reset").status_code == 200
        world.control.close()
    files = {file.name for file in folder.iterdir()}
    with SandboxService(tmp_path / "sandbox", *options) as service:
        assert list_ids(service) == ["default", world.described["id"]]
        restored = httpx.post(f"{service.url}{world.path}/snapshots/one/restore").json()
        answer = httpx.get(f"{service.url}/rest/v1.0/1{CAMPAIGNS}", headers={"Authorization": bearer(restored)})
        assert "Kept" in {record["Name"] for record in answer.json()["records"]}
    assert len({file.name for file in folder.iterdir()} - files) <= 4


def bearer(world: dict[str, list[dict[str, str]]]) -> str:
    """Return the header field for the first account of a world."""
    return f"Bearer {world['accounts'][0]['token']}"


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 400), ("same-site", 400), ("same-origin", 200), ("none", 200)]
)
def test_pages_of_other_origins_change_nothing(world: World, site: str, status: int) -> None:
    with world.client() as api:
        clone(api, "Kept")
        answer = world.ask("POST", "/reset", headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, count_campaigns(api)) == (status, 6 if status == 400 else 5)
        assert answer.headers.get("X-Error-Pointer") == ("#/header/Sec-Fetch-Site" if status == 400 else None)
        assert world.ask("GET", headers={"Sec-Fetch-Site": site}).status_code == 200


def test_server_without_sandbox_does_not_know_its_endpoints(demo: Service) -> None:
    for path in (WORLDS, f"{WORLDS}/default", "/sandbox/v1", "/sandbox/"):
        answer = httpx.get(f"{demo.url}{path}")
        assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (("--sandbox", "--host", "0.0.0.0"), "--sandbox-public"),
        (("--sandbox-public",), "--sandbox-public is for --sandbox only"),
        (("--sandbox-dir", "x"), "for --sandbox only"),
        (("--sandbox-worlds", "5"), "for --sandbox only"),
        (("--sandbox", "--database", "my.db"), "--sandbox-dir"),
        (("--sandbox", "--demo-public"), "--demo-public"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, arguments: tuple[str, ...], culprit: str) -> None:
    assert_fails(run_freiton("serve", "--port", "0", *arguments, cwd=tmp_path), 2, culprit)


def test_listing_shows_the_worlds_of_all_processes(sandbox: Service) -> None:
    with World(sandbox) as one, World(sandbox) as other:
        for _ in range(6):
            assert list_ids(sandbox)[-2:] == [one.described["id"], other.described["id"]]
