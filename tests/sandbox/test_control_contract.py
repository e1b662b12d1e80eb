"""The contract of the control API is valid, has no defect that the rules find, and is kept under fuzzing."""

import secrets
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.sandbox.pages import CONTRACT
from tests.support.command import read_troubles
from tests.support.contract_rules import find_problems
from tests.support.sandbox import WORLDS, SandboxService
from tests.support.service import TOP

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
MAX_EXAMPLES = 2
FAILURES = 8
TARGETS = 4


def test_control_contract_is_valid_and_has_no_defect() -> None:
    assert [*OpenAPIV30SpecValidator(document.read(CONTRACT)).iter_errors()] == []
    assert find_problems(CONTRACT.read_text(encoding="utf-8")) == []


def test_each_operation_of_the_control_contract_has_a_handler() -> None:
    for operation in Routes(document.read(CONTRACT)).operations:
        assert operation.handler.__doc__ is not None
        assert f"(contract: {operation.identity})" in operation.handler.__doc__


def test_contract_is_served_without_our_modules(sandbox: SandboxService) -> None:
    served = httpx.get(f"{sandbox.url}/sandbox/openapi.yaml").text
    as_json = httpx.get(f"{sandbox.url}/sandbox/openapi.json").json()
    assert yaml.safe_load(served) == as_json
    assert "handlers." not in served
    page = httpx.get(f"{sandbox.url}/sandbox/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in ("docs/start.js", "docs/page.css", "docs"):
        assert httpx.get(f"{sandbox.url}/sandbox/{path}").status_code == 200
    assert 'href="sandbox/docs"' in httpx.get(f"{sandbox.url}/docs").text


class Fuzzed(SandboxService):
    """A running sandbox at which coverage does not look."""

    covered = False


@pytest.fixture
def alone(tmp_path: Path) -> SandboxService:
    """A sandbox that makes nobody wait."""
    return Fuzzed(tmp_path / "sandbox", "--sandbox-wait", "0.02")


def test_fuzz_control_api_finds_nothing(alone: SandboxService) -> None:
    seed = str(secrets.randbelow(2**32))
    with alone:
        for _ in range(FAILURES):
            arming = {"operationId": "listAcdGroups", "delay": 0.1}
            assert httpx.post(f"{alone.url}{WORLDS}/default/failures", json=arming).status_code == 201
        assert httpx.post(f"{alone.url}{WORLDS}/default/snapshots/one").status_code == 200
        for _ in range(TARGETS):
            # Nobody listens there.
            target = {"url": "http://127.0.0.1:9", "timeout": 0.1}
            assert httpx.post(f"{alone.url}{WORLDS}/default/outgoing/targets", json=target).status_code == 201
            call = {"operationId": "genericQuery"}
            assert httpx.post(f"{alone.url}{WORLDS}/default/outgoing/calls", json=call).status_code == 201
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("--config-file", str(CONFIGURATION), "run", str(CONTRACT), "--url", f"{alone.url}/sandbox/v1"),
                *("--checks", "all", "--seed", seed, "--max-examples", str(MAX_EXAMPLES)),
                # The stateful phase takes a failure for lost that another of its steps, a reset, has disarmed.
                *("--phases", "examples,coverage,fuzzing"),
            ],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, f"seed {seed}\n{run.stdout}{run.stderr}"
    assert "Tested: 56" in run.stdout
    assert read_troubles(alone.log) == []
