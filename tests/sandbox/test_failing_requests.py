"""Which requests fail on demand: those that match, in their order and number; what cannot be armed is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.failures import SOURCE, arm
from tests.support.sandbox import SandboxService, World
from tests.support.service import Service

MANY = 40


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({}, [503, 200, 200, 200, 200, 200]),
        ({"first": 3}, [200, 200, 503, 200, 200, 200]),
        ({"count": 2}, [503, 503, 200, 200, 200, 200]),
        ({"first": 2, "count": 3}, [200, 503, 503, 503, 200, 200]),
        ({"first": 4, "count": None}, [200, 200, 200, 503, 503, 503]),
        ({"share": 1}, [503] * 6),
        ({"share": 0}, [200] * 6),
    ],
)
def test_requests_that_fail_are_those_that_were_chosen(world: World, rule: dict[str, Any], statuses: list[int]) -> None:
    arm(world, operationId="getDiallerCampaign", status=503, **rule)
    with world.client() as client:
        assert [client.get(SOURCE).status_code for _ in statuses] == statuses


def test_share_with_a_seed_chooses_the_same_requests_again(world: World) -> None:
    runs = []
    with world.client() as client:
        for seed in (42, 42, 43):
            assert arm(world, path=SOURCE, status=503, share=0.5, seed=seed)["count"] is None
            runs.append([client.get(SOURCE).status_code for _ in range(MANY)])
            world.ask("POST", "/disarm")
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 503}


def test_share_without_a_seed_tells_the_one_it_uses(world: World) -> None:
    assert isinstance(arm(world, status=503, share=0.5)["seed"], int)


def test_failures_are_met_in_the_order_in_which_they_were_armed(world: World) -> None:
    for status in (503, 404, 401):
        arm(world, operationId="getDiallerCampaign", status=status)
    with world.client() as client:
        assert [client.get(SOURCE).status_code for _ in range(4)] == [503, 404, 401, 200]


def test_requests_at_once_in_two_processes_are_each_counted(world: World) -> None:
    armed = arm(world, operationId="getDiallerCampaign", status=503, first=5, count=10)

    def ask(_: int) -> int:
        with world.client() as client:
            return client.get(SOURCE).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(MANY)))
    assert statuses.count(503) == 10
    failure = world.ask("GET", f"/failures/{armed['id']}").json()
    assert (failure["met"], failure["fired"]) == (14, 10)


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"operationId": "getDiallerCampaign"}, True),
        ({"method": "GET"}, True),
        ({"method": "POST"}, False),
        ({"path": "/dialler/campaigns/{DiallerCampaignsID}"}, True),
        ({"path": SOURCE, "method": "GET"}, True),
        ({"path": "/dialler/campaigns/536"}, False),
        ({"status": 409}, False),
    ],
)
def test_only_requests_that_match_fail(world: World, rule: dict[str, Any], hit: bool) -> None:
    arm(world, **{"status": 503, **rule})
    with world.client() as client:
        assert client.get(SOURCE).status_code == (503 if hit else 200)


def test_failures_of_a_world_leave_others_alone(world: World, sandbox: Service) -> None:
    arm(world, count=None, status=503)
    with World(sandbox) as other, other.client() as client:
        assert client.get(SOURCE).status_code == 200


def test_listing_shows_failures_with_what_they_met(world: World) -> None:
    armed = arm(world, operationId="getDiallerCampaign", status=404, first=2)
    with world.client() as client:
        client.get(SOURCE)
    assert world.ask("GET", "/failures").json() == {"failures": [{**armed, "met": 1, "fired": 0}]}


@pytest.mark.parametrize("one", [True, False])
def test_disarming_ends_failures(world: World, one: bool) -> None:
    armed = arm(world, status=503, count=None)
    answer = world.ask("DELETE", f"/failures/{armed['id']}") if one else world.ask("POST", "/disarm")
    assert answer.json() == {"status": 200}
    assert world.ask("GET", f"/failures/{armed['id']}").status_code == 404
    with world.client() as client:
        assert client.get(SOURCE).status_code == 200


def test_resetting_a_world_disarms_its_failures(world: World) -> None:
    arm(world, status=503)
    world.ask("POST", "/reset").raise_for_status()
    assert world.ask("GET", "/failures").json() == {"failures": []}


@pytest.mark.parametrize("path", ["/failures/99999999", "x/failures", "x/failures/1"])
def test_asking_for_an_unknown_failure_or_world_gives_404(world: World, path: str) -> None:
    assert world.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("rule", "pointer", "words"),
    [
        ({}, "#/body", "status, drop, cut, delay"),
        ({"operationId": "nothing", "status": 503}, "#/body/operationId", "cloneDiallerCampaign"),
        ({"path": "/nothing", "status": 503}, "#/body/path", "/dialler/campaigns/clone"),
        ({"path": "/dialler/campaigns/clone", "method": "GET", "drop": True}, "#/body/method", "POST"),
        ({"path": SOURCE, "operationId": "listAcdEvents", "drop": True}, "#/body/operationId", "getDiallerCampaign"),
        ({"operationId": "getDiallerCampaign", "status": 409}, "#/body/status", "400, 401, 404, 406"),
        ({"operationId": "getDiallerCampaign", "status": 200}, "#/body/status", "400, 401, 404, 406"),
        ({"status": 503, "drop": True}, "#/body/drop", "beside status"),
        ({"cut": True, "drop": True}, "#/body/cut", "beside drop"),
        ({"cut": True, "when": "before"}, "#/body/when", "must be after"),
        ({"status": 503, "seed": 1}, "#/body/seed", "needs share"),
        ({"delay": 61}, "#/body/delay", "at most 60"),
        ({"status": 503, "count": 0}, "#/body/count", "at least 1"),
        ({"status": 503, "first": 0}, "#/body/first", "at least 1"),
        ({"status": 503, "share": 1.5}, "#/body/share", "at most 1"),
        ({"status": 503, "when": "later"}, "#/body/when", "before, after"),
        ({"status": 503, "nothing": 1}, "#/body/nothing", "is not a field"),
    ],
)
def test_arming_what_cannot_be_is_refused(world: World, rule: dict[str, Any], pointer: str, words: str) -> None:
    answer = world.ask("POST", "/failures", json=rule)
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, pointer)
    assert words in answer.json()["error"]
    assert world.ask("GET", "/failures").json() == {"failures": []}


def test_arming_more_than_allowed_replaces_spent_ones_or_is_refused(tmp_path: Path) -> None:
    with SandboxService(tmp_path / "sandbox", "--sandbox-failures", "2") as service, World(service) as world:
        arm(world, status=503)
        arm(world, status=503, count=None)
        assert world.ask("POST", "/failures", json={"status": 503}).status_code == 409
        with world.client() as client:
            assert client.get(SOURCE).status_code == 503
        arm(world, status=503)
