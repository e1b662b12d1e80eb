"""`freiton verify` says what it could not check, also in its exit code and its file, and checks first what it needs."""

import signal
import subprocess
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.command import assert_fails, succeed
from tests.support.deviations import EMPTY, Deviation, always, answer, apply
from tests.support.proxy import Exchange, Proxy
from tests.support.service import FREITON, SECONDS_TO_RUN, SECONDS_TO_STOP, TOP, Service, run_freiton, start_process
from tests.support.verifying import NOTHING_MADE_UP, verify

NOT_CHECKED = "not checked: no list has a record to ask for"
NO_RECORDS = "records not checked: the answers have none"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    """What was said of a client account without records: the exit code, the terminal and the file."""
    folder = tmp_path_factory.mktemp("empty")
    database, file = folder / "my.db", folder / "junit.xml"
    succeed("client", "add", "Musterfirma GmbH", "--id", "1", "--database", database)
    token = succeed("token", "add", "--client", "1", "--name", "verify", "--database", database).strip()
    with Service(database) as service:
        options = ("--junit", str(file), "--allow-writes", *NOTHING_MADE_UP)
        run = verify(f"{service.url}/rest/v1.0/1/", *options, token=token)
    assert run.stderr == ""
    return run.returncode, run.stdout, file


def test_verify_account_without_records_ends_with_exit_code_3(empty: tuple[int, str, Path]) -> None:
    code, report, _ = empty
    assert code == 3
    *gaps, last = report.splitlines()
    assert last.startswith("no differences in ")
    assert last.endswith(f" requests, {len(gaps)} operations not checked")


def test_verify_account_without_records_tells_what_was_not_checked(empty: tuple[int, str, Path]) -> None:
    told = dict(line.split(": ", 1) for line in empty[1].splitlines()[:-1])
    assert told["GET /acd/groups/group/{AcdGroupsID}"] == NOT_CHECKED
    assert told["POST /dialler/campaigns/clone"] == NOT_CHECKED
    assert told["GET /acd/groups"] == NO_RECORDS
    # The system has these.
    assert "GET /acd/events/types" not in told


def test_verify_account_without_records_writes_gaps_as_skipped(empty: tuple[int, str, Path]) -> None:
    _, report, file = empty
    suite = ElementTree.parse(file).getroot()
    skipped = {(case.attrib["name"], reason.attrib["message"]) for case in suite for reason in case.findall("skipped")}
    assert skipped == {tuple(line.split(": ", 1)) for line in report.splitlines()[:-1]}
    # Each is about the documented API and about what Freiton adds to it.
    assert (int(suite.attrib["skipped"]), suite.attrib["failures"]) == (2 * len(skipped), "0")


def test_verify_server_with_one_empty_list_tells_it_and_what_it_leads_to(own_demo: Service) -> None:
    with Proxy(own_demo, apply([Deviation("GET /acd/groups", 200, always, answer(200, EMPTY), ())])) as proxy:
        run = verify(proxy.url, "--documented", *NOTHING_MADE_UP)
    assert run.returncode == 3
    assert f"GET /acd/groups: {NO_RECORDS}\n" in run.stdout
    assert f"GET /acd/groups/group/{{AcdGroupsID}}: {NOT_CHECKED}\n" in run.stdout


def test_verify_server_with_differences_and_gaps_ends_with_exit_code_1(own_demo: Service) -> None:
    deviations = [Deviation("GET /acd/groups", 200, always, answer(200, EMPTY.replace(b"true", b"1")), ())]
    with Proxy(own_demo, apply(deviations)) as proxy:
        run = verify(proxy.url, "--documented", *NOTHING_MADE_UP)
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1].startswith("1 difference in ")
    assert f"GET /acd/groups: {NO_RECORDS}\n" in run.stdout


def test_verify_with_junit_in_no_folder_is_refused_before_any_request(own_demo: Service, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for parent in ("nowhere", "file"):
        with Proxy(own_demo, lambda exchange: None) as proxy:
            options = ("--url", proxy.url, "--token", "freiton-demo-1", "--junit", str(tmp_path / parent / "junit.xml"))
            run = run_freiton("verify", *options)
        assert_fails(run, 2, "'--junit'", f"{parent} is no folder that can be written to")
        assert proxy.exchanges == []


def test_verify_that_is_interrupted_says_so(own_demo: Service) -> None:
    asked, over = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> None:
        asked.set()
        over.wait(SECONDS_TO_RUN)

    with Proxy(own_demo, wait) as proxy:
        # The process that runs the tests may ignore Ctrl+C, which a child would inherit.
        command = ["env", "--default-signal=INT", *FREITON, "verify", "--url", proxy.url, "--token", "freiton-demo-1"]
        with start_process(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert asked.wait(SECONDS_TO_RUN)
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=SECONDS_TO_STOP) == ("", "\nfreiton: interrupted\n")
            assert process.returncode == 128 + signal.SIGINT
        over.set()
