"""`freiton verify` finds each deviation and no other, wherever it is, and tells them in order."""

import re
from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.deviations import PLANTED, Deviation, always, apply, fields, record
from tests.support.proxy import Exchange, Proxy
from tests.support.service import Service
from tests.support.verifying import ADDED, DOCUMENTED, LINE, NOTHING_MADE_UP, read_differences, verify


@pytest.fixture(scope="module")
def planted(own_demo: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What was said of a server with all deviations, on the terminal and in a file."""
    file = tmp_path_factory.mktemp("planted") / "junit.xml"
    with Proxy(own_demo, apply(PLANTED)) as proxy:
        run = verify(proxy.url, "--junit", str(file), *NOTHING_MADE_UP)
    assert (run.returncode, run.stderr) == (1, "")
    return run.stdout, file


def test_verify_deviations_finds_each_and_no_other(planted: tuple[str, Path]) -> None:
    expected = Counter((each.operation, text) for each in PLANTED for text in each.texts)
    assert read_differences(planted[0]) == expected
    assert f"\n{sum(expected.values())} differences in " in planted[0]


def test_verify_deviations_tells_them_in_order(planted: tuple[str, Path]) -> None:
    lines = planted[0].splitlines()
    split = lines.index(f"{ADDED}:")
    assert lines[0] == f"{DOCUMENTED}:"
    for part in (lines[1:split], lines[split + 1 :]):
        told = [LINE.fullmatch(line) for line in part]
        operations = [f"{line[1]} {line[2]}" for line in told if line]
        # All differences of an operation stand together.
        assert [name for name, _ in groupby(operations)] == list(dict.fromkeys(operations))


def test_verify_deviations_of_one_answer_tells_them_by_place(own_demo: Service) -> None:
    deviation = Deviation("GET /acd/groups/group/ID", 404, always, fields(zz=1, Name=1, ID=1, b=1, error=1), ())
    with Proxy(own_demo, apply([deviation])) as proxy:
        run = verify(proxy.url, *NOTHING_MADE_UP)
    told = [line[3] for line in map(LINE.fullmatch, run.stdout.splitlines()) if line]
    further = "is a further field, and the contract allows none"
    assert told == [
        f"ID {further}",
        f"Name {further}",
        f"b {further}",
        "error is 1; the contract says a text",
        f"zz {further}",
    ]


@pytest.mark.parametrize("end", [0, -1])
def test_verify_follows_the_first_and_last_record_of_a_list(own_demo: Service, end: int) -> None:
    with own_demo.client() as api:
        number = api.get("/acd/groups").json()["records"][end]["ID"]

    def applies(exchange: Exchange) -> bool:
        return exchange.path.endswith(f"/{number}")

    deviation = Deviation("GET /acd/groups/group/ID", 200, applies, record(0, Name=None), ())
    with Proxy(own_demo, apply([deviation])) as proxy:
        run = verify(proxy.url, "--documented", *NOTHING_MADE_UP)
    assert read_differences(run.stdout) == {
        ("GET /acd/groups/group/ID", "records[0].Name is null; the contract says a text"): 1
    }


def test_verify_deviations_tells_command_to_repeat_each(planted: tuple[str, Path]) -> None:
    lines = planted[0].splitlines()
    commands = [line for before, line in pairwise(lines) if LINE.fullmatch(before)]
    assert len(commands) == sum(len(each.texts) for each in PLANTED)
    assert all(command.startswith("    curl -i ") for command in commands)


def test_verify_deviations_writes_them_as_junit(planted: tuple[str, Path]) -> None:
    report, file = planted
    suite = ElementTree.parse(file).getroot()
    failures = [(case, failure) for case in suite for failure in case.findall("failure")]
    told = Counter(
        (re.sub(r"{\w+}", "ID", case.attrib["name"]), failure.attrib["message"]) for case, failure in failures
    )
    assert told == read_differences(report)
    assert all((failure.text or "").startswith("curl -i ") for _, failure in failures)
    assert {case.attrib["classname"] for case in suite} == {DOCUMENTED, ADDED}
    assert int(suite.attrib["tests"]) == len(suite)
    assert int(suite.attrib["failures"]) == len({id(case) for case, _ in failures})


def test_verify_server_that_answers_nonsense_tells_it_in_words(own_demo: Service) -> None:
    deviations = [
        Deviation("GET /acd/groups", 200, always, record(0, Name=["a"], ID={}), ()),
        Deviation("GET /dialler/campaigns", 200, always, record(0, ID="x"), ()),
        Deviation("GET /dialler/contacts", 200, always, record(0, UserData="\ud800", ID=[]), ()),
        Deviation("GET /acd/events", 200, always, record(0, ID=None), ()),
    ]
    with Proxy(own_demo, apply(deviations)) as proxy:
        run = verify(proxy.url, *NOTHING_MADE_UP)
    assert (run.returncode, run.stderr) == (1, "")
    told = read_differences(run.stdout)
    assert told["GET /acd/groups", 'records[0].Name is ["a"]; the contract says a text'] == 1
    assert told["GET /dialler/campaigns", 'records[0].ID is "x"; the contract says a whole number'] == 1
    assert told["GET /dialler/contacts", "the body is no JSON; the contract says JSON"] == 1
    assert told["GET /acd/events", "records[0].ID is null; the contract says a whole number"] == 1
