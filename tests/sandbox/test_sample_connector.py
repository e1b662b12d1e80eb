"""A connector's tests with the plugin: they pass in parallel within ten seconds, and each bug fails the right one."""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.gate import CLIENTS, HERE, run_command
from tests.support.service import COVERAGE, SECONDS_TO_RUN, TOP, Service

pytestmark = pytest.mark.uncovered

SAMPLE = TOP / "tests" / "sample_connector"
GENERATOR = CLIENTS["openapi-python-client"]
# Plugins that nobody needs here, and that take longer to load than the tests.
OTHERS = ("schemathesis", "hypothesispytest", "typeguard", "anyio", "random_order", "cacheprovider")
# Ten seconds on two processors. What else the machine does counts for the time, and is left out.
CPU_SECONDS = 20
# By the test that has to fail: what is planted, a text of the connector, and what it is replaced by.
BUGS = {
    "test_clean_up_with_lost_answer_deletes_nothing_else": (
        "no retry after a lost answer",
        "                continue\n",
        "                raise\n",
    ),
    "test_prepare_night_with_lost_answer_makes_one_campaign": (
        "blind retry that clones twice",
        "return next(campaign.id for campaign in self.find_nights() if campaign.name == name)",
        'return self.prepare(now, suffix + " again")',
    ),
    "test_fetch_contacts_fetches_each_page": (
        "ignored paging",
        "cursor = _find_cursor(page.headers)",
        "cursor = None",
    ),
}


@pytest.fixture(scope="module")
def connector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The connector with its tests and its generated client, which takes two seconds to generate."""
    folder = tmp_path_factory.mktemp("connector")
    shutil.copytree(HERE / GENERATOR.name, folder, dirs_exist_ok=True)
    run_command(GENERATOR.generate, folder, "")
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def measure_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_tests(connector: Path, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    (connector / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    without = (f"-pno:{name}" for name in OTHERS)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rfE", "--strict-markers", *without, *options, "test_nightly.py"],
        cwd=connector,
        # Without the measurement of coverage, which takes half of the time.
        env={**{name: value for name, value in os.environ.items() if name != COVERAGE}, **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )


def test_connector_passes_in_parallel_within_ten_seconds(connector: Path, figure: Callable[[str], None]) -> None:
    before = measure_cpu()
    finished = run_tests(connector, "--numprocesses=2")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert int(re.findall(r"(\d+) passed", finished.stdout)[0]) >= 20
    assert measure_cpu() - before < CPU_SECONDS
    figure(f"sample connector: {re.findall(r'[0-9]+ passed in .*s', finished.stdout)[0]}")


@pytest.mark.parametrize("test", BUGS, ids=[bug for bug, *_ in BUGS.values()])
def test_bug_is_caught(connector: Path, tmp_path: Path, sandbox: Service, test: str) -> None:
    _, right, wrong = BUGS[test]
    folder = Path(shutil.copytree(connector, tmp_path / "copy"))
    program = (folder / "nightly.py").read_text(encoding="utf-8")
    assert program.count(right) == 1
    (folder / "nightly.py").write_text(program.replace(right, wrong), encoding="utf-8")
    finished = run_tests(folder, f"-k{test}", FREITON_URL=sandbox.url)
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout + finished.stderr
    assert f"FAILED test_nightly.py::{test}" in finished.stdout
