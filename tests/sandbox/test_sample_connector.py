"""A connector's tests with the plugin: they pass in parallel within ten seconds, and each bug fails the right one."""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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
# The week of a campaign is long enough for each bug with so many customers.
FEW = "60"
WEEK = "test_week_makes_the_crm_equal_to_the_dialler"


class Bug(NamedTuple):
    """A bug that is planted in the connector.

    :param name: what is wrong.
    :param test: the test that has to fail.
    :param file: where it is planted.
    :param right: a text of the connector.
    :param wrong: what it is replaced by.
    """

    name: str
    test: str
    file: str
    right: str
    wrong: str


BUGS = (
    Bug(
        "no retry after a lost answer",
        "test_clean_up_with_lost_answer_deletes_nothing_else",
        "nightly.py",
        "                continue\n",
        "                raise\n",
    ),
    Bug(
        "blind retry that clones twice",
        "test_prepare_night_with_lost_answer_makes_one_campaign",
        "nightly.py",
        "return next(campaign.id for campaign in self.find_nights() if campaign.name == name)",
        'return self.prepare(now, suffix + " again")',
    ),
    Bug(
        "ignored paging",
        "test_fetch_contacts_fetches_each_page",
        "nightly.py",
        "cursor = find_cursor(page.headers)",
        "cursor = None",
    ),
    Bug(
        "time of a record taken for a local one",
        WEEK,
        "results.py",
        "read_time(moment).astimezone(self.zone)",
        "read_time(moment).replace(tzinfo=self.zone)",
    ),
    Bug(
        "local time of a call taken for UTC",
        WEEK,
        "hooks.py",
        "datetime.fromisoformat(text).replace(tzinfo=self.zone)",
        'datetime.fromisoformat(f"{text}Z")',
    ),
    Bug("line that comes twice stored twice", WEEK, "crm.py", "(line text primary key,", "(line text,"),
    Bug("result code matched by its text", WEEK, "results.py", 'code.export_key or ""', "code.content"),
)


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


def run_tests(connector: Path, tests: str, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    (connector / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    without = (f"-pno:{name}" for name in OTHERS)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rfE", "--strict-markers", *without, *options, tests],
        cwd=connector,
        # Without the measurement of coverage, which takes half of the time, and without options of this run.
        env={
            **{name: value for name, value in os.environ.items() if name not in (COVERAGE, "PYTEST_ADDOPTS")},
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )


def test_connector_passes_in_parallel_within_ten_seconds(connector: Path, figure: Callable[[str], None]) -> None:
    before = measure_cpu()
    finished = run_tests(connector, "test_nightly.py", "--numprocesses=2")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert int(re.findall(r"(\d+) passed", finished.stdout)[0]) >= 20
    assert measure_cpu() - before < CPU_SECONDS
    figure(f"sample connector: {re.findall(r'[0-9]+ passed in .*s', finished.stdout)[0]}")


def test_connector_keeps_its_crm_equal_to_the_dialler(connector: Path, figure: Callable[[str], None]) -> None:
    finished = run_tests(connector, "test_week.py")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    figure(f"week of the sample connector: {re.findall(r'[0-9]+ passed in .*s', finished.stdout)[0]}")


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_bug_is_caught(connector: Path, tmp_path: Path, sandbox: Service, bug: Bug) -> None:
    folder = Path(shutil.copytree(connector, tmp_path / "copy"))
    program = (folder / bug.file).read_text(encoding="utf-8")
    assert program.count(bug.right) == 1
    (folder / bug.file).write_text(program.replace(bug.right, bug.wrong), encoding="utf-8")
    tests = "test_week.py" if bug.test == WEEK else "test_nightly.py"
    finished = run_tests(folder, tests, f"-k{bug.test}", FREITON_URL=sandbox.url, CUSTOMERS=FEW)
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout + finished.stderr
    assert f"FAILED {tests}::{bug.test}" in finished.stdout
