"""Schemathesis finds nothing: all checks, all phases, nothing excluded, with a fixed seed and with a fresh one."""

import re
import secrets

import pytest

from tests.fuzz import run_schemathesis
from tests.support.service import TOP, Service

pytestmark = pytest.mark.uncovered

MAX_EXAMPLES = 8
# The operations that find nothing to act on once all calls of the demo were hung up.
CONSUMED = {("GET", f"/{{ClientsID}}/calls/{{UFN}}/{action}") for action in ("answer", "hangup", "hangupLeg2", "hold")}


def test_fuzz_demo_finds_nothing(fresh_demo: Service) -> None:
    # Another seed each time; a finding names it.
    seed = secrets.randbelow(2**32)
    run = run_schemathesis(fresh_demo, seed, MAX_EXAMPLES)
    report = run.stdout
    assert run.returncode == 0, f"seed {seed}\n{report}{run.stderr}"
    assert re.findall(r"✅ {1,2}(Examples|Coverage|Fuzzing|Stateful) \(", report) == [
        "Examples",
        "Coverage",
        "Fuzzing",
        "Stateful",
    ]
    assert "Selected: 41/41" in report
    # A call that was hung up does not come back, so that nothing can be held any more.
    assert {*re.findall(r"^ +- (GET|POST|PUT|PATCH|DELETE) (.+)$", report, re.MULTILINE)} <= CONSUMED, (
        f"seed {seed}\n{report}"
    )
    assert "No issues found" in report or "Missing test data" in report, f"seed {seed}\n{report}"
    assert int(re.findall(r"API Links: +(\d+) covered", report)[0]) > 0


def test_configuration_excludes_nothing() -> None:
    # How long it takes to generate requests is no finding.
    configuration = (TOP / "schemathesis.toml").read_text().replace('\nsuppress-health-check = ["too_slow"]\n', "\n")
    assert not re.search(r"enabled|exclude|include|checks|baseline|suppress|warnings", configuration.split("\n", 1)[1])
