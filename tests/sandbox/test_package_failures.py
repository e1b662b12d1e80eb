"""`freiton.World` arms failures, and reads the journal and the coverage."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from freiton import Sandbox, SandboxError, World

from tests.support.campaigns import SOURCE, ask_to_clone
from tests.support.service import SECONDS_TO_RUN, Service

pytestmark = pytest.mark.uncovered

CLONE = "cloneDiallerCampaign"
FAIL = """
import httpx

def test_fail(freiton):
    headers = {"Authorization": f"Bearer {freiton.token}"}
    httpx.get(freiton.base_url + "/acd/groups?limitPageSize=many", headers=headers)
    freiton.fail_next("listAcdGroups", status=503)
    assert httpx.get(freiton.base_url + "/acd/groups", headers=headers).status_code == 200
"""


@pytest.fixture
def own(sandbox: Service) -> Iterator[World]:
    with Sandbox(url=sandbox.url).world() as world:
        yield world


@pytest.fixture
def api(own: World) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {own.token}"}
    with httpx.Client(base_url=own.base_url, headers=headers, verify=False) as client:
        yield client


def test_fail_next_answers_with_the_status_and_changes_nothing(own: World, api: httpx.Client) -> None:
    failure = own.fail_next(CLONE, status=503)
    assert [ask_to_clone(api, SOURCE, "Tonight").status_code for _ in range(2)] == [503, 200]
    assert failure.fired == 1


def test_fail_next_after_the_write_loses_the_answer(own: World, api: httpx.Client) -> None:
    own.fail_next(CLONE, drop=True, when="after")
    with pytest.raises(httpx.TransportError):
        ask_to_clone(api, SOURCE, "Tonight")
    assert ask_to_clone(api, SOURCE, "Tonight").status_code == 409


def test_fail_next_with_undocumented_status_is_refused(own: World) -> None:
    with pytest.raises(SandboxError) as refused:
        own.fail_next(CLONE, status=418)
    assert refused.value.status == 400


def test_disarm_failure_lets_requests_through(own: World, api: httpx.Client) -> None:
    own.fail_next(CLONE, status=503, count=None).disarm()
    own.fail_next(status=500, count=None)
    own.fail_no_more()
    assert ask_to_clone(api, SOURCE, "Tonight").status_code == 200


def test_journal_counts_and_waits_and_says_what_is_wrong(own: World, api: httpx.Client) -> None:
    ask_to_clone(api, SOURCE, "Tonight")
    api.get("/acd/groups", params={"limitPageSize": "many"})
    assert own.journal.wait(2)
    assert own.journal.count(operation_id=CLONE, status=200) == 1
    (wrong,) = own.journal.entries(valid=False)
    assert wrong["status"] == 400
    assert wrong["violations"]
    assert not own.journal.wait(3, timeout=0.1)


def test_failed_test_shows_journal(sandbox: Service, tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(FAIL, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-pno:schemathesis", "-pno:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "FREITON_URL": sandbox.url},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )
    assert "freiton journal call" in finished.stdout
    assert "1. GET /rest/v1.0/1/acd/groups?limitPageSize=many: 400\n   #/query/limitPageSize: " in finished.stdout
    assert "2. GET /rest/v1.0/1/acd/groups: 503 (a failure that the test has armed)" in finished.stdout


def test_clear_journal_leaves_nothing(own: World, api: httpx.Client) -> None:
    api.get("/acd/groups")
    own.journal.clear()
    assert (own.journal.count(), own.journal.har()["log"]["entries"]) == (0, [])


def test_coverage_is_of_world_and_of_sandbox(own: World, sandbox: Service, api: httpx.Client) -> None:
    api.get("/acd/groups")
    assert own.coverage()
    assert Sandbox(url=sandbox.url).coverage()
