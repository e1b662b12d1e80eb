"""The coverage says what the requests have met of the contract, and `freiton coverage` gates a run by it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.command import assert_fails
from tests.support.sandbox import World
from tests.support.service import Service, run_freiton

OPERATION = "listDiallerCampaigns"
EVENT = {"AcdEventTypesID": 5, "AcdGroupsID": 106, "Sender": "anna@example.org", "Subject": "Covered"}
ALL = "/sandbox/v1/coverage"


def find(coverage: Mapping[str, Any], operation: str = OPERATION) -> Mapping[str, Any]:
    """Return the coverage of an operation."""
    return next(each for each in coverage["operations"] if each["operationId"] == operation)


def count_values(parts: list[Mapping[str, Any]], place: str) -> tuple[int, dict[str, int]]:
    """Return how often a part was given, and which of its values were met how often."""
    part = next(each for each in parts if each["place"] == place)
    return part["count"], {each["value"]: each["count"] for each in part["values"] if each["count"]}


def test_get_coverage_of_new_world_has_met_nothing(world: World) -> None:
    coverage = world.ask("GET", "/coverage").json()
    assert (coverage["percentage"], coverage["met"]) == (0, 0)
    assert coverage["documented"] == sum(each["documented"] for each in coverage["operations"])
    statuses = [(each["operationId"], each["status"]) for each in coverage["neverMet"]]
    assert {(OPERATION, 400), (OPERATION, 401), (OPERATION, 500), ("cloneDiallerCampaign", 409)} <= {*statuses}
    assert min(status for _, status in statuses) == 400


def test_get_coverage_counts_statuses_parameters_and_values(world: World) -> None:
    with world.client() as api:
        api.get("/dialler/campaigns?orderBy=Name&ascending=true")
        api.get("/dialler/campaigns?orderBy=ID", headers={"If-None-Match": '"x"'})
        api.get("/dialler/campaigns?orderBy=nope&limitPageSize=1")
    coverage = world.ask("GET", "/coverage").json()
    operation = find(coverage)
    assert {each["status"]: each["count"] for each in operation["statuses"] if each["count"]} == {200: 2, 400: 1}
    assert count_values(operation["parameters"], "query/orderBy") == (2, {"Name": 1, "ID": 1})
    assert count_values(operation["parameters"], "query/ascending") == (1, {})
    assert count_values(operation["parameters"], "header/If-None-Match") == (1, {})
    # The third request was not valid.
    assert count_values(operation["parameters"], "query/limitPageSize") == (0, {})
    # Two statuses, three parameters and two values.
    assert (operation["met"], coverage["met"]) == (7, 7)
    assert coverage["percentage"] == round(700 / coverage["documented"], 2)
    assert {"operationId": OPERATION, "status": 400} not in coverage["neverMet"]


def test_get_coverage_counts_fields_of_body_and_their_values(world: World) -> None:
    with world.client() as api:
        api.post("/acd/events/create", json=EVENT)
    operation = find(world.ask("GET", "/coverage").json(), "createAcdEvent")
    assert count_values(operation["fields"], "body/AcdEventTypesID") == (1, {"5": 1})
    assert count_values(operation["fields"], "body/Subject") == (1, {})
    assert count_values(operation["fields"], "body/Receiver") == (0, {})


def test_get_coverage_of_all_worlds_has_those_that_were_deleted(sandbox: Service, world: World) -> None:
    before = find(world.control.get(ALL).json())["statuses"][0]["count"]
    with World(sandbox) as other, other.client() as api:
        api.get("/dialler/campaigns")
    with World(sandbox) as other, other.client() as api:
        api.get("/dialler/campaigns")
        assert find(other.ask("GET", "/coverage").json())["statuses"][0]["count"] == 1
    assert find(world.control.get(ALL).json())["statuses"][0]["count"] == before + 2
    assert find(world.ask("GET", "/coverage").json())["met"] == 0


def test_export_coverage_has_case_for_each_item(world: World) -> None:
    with world.client() as api:
        api.get("/dialler/campaigns?orderBy=Name")
    answer = world.ask("GET", "/coverage/junit")
    assert answer.headers["Content-Type"].startswith("text/xml")
    suite = ElementTree.fromstring(answer.content)
    documented = world.ask("GET", "/coverage").json()["documented"]
    assert (suite.get("tests"), suite.get("skipped")) == (str(documented), str(documented - 3))
    met = {(case.get("classname"), case.get("name")) for case in suite if case.find("skipped") is None}
    assert met == {(OPERATION, "status 200"), (OPERATION, "query/orderBy"), (OPERATION, "query/orderBy Name")}
    everywhere = ElementTree.fromstring(world.control.get(f"{ALL}/junit").content)
    assert len(everywhere) == documented


@pytest.mark.parametrize("path", ["/coverage", "/coverage/junit"])
def test_ask_for_coverage_of_nobody_is_not_found(world: World, path: str) -> None:
    assert world.control.get(f"/sandbox/v1/worlds/nobody{path}").status_code == 404


def test_coverage_command_prints_table_and_writes_junit(sandbox: Service, world: World, tmp_path: Path) -> None:
    with world.client() as api:
        api.get("/dialler/campaigns?orderBy=Name")
    file = tmp_path / "coverage.xml"
    options = ["--world", world.described["id"], "--fail-under", "0.4", "--junit", str(file)]
    run = run_freiton("coverage", "--url", sandbox.url, *options)
    assert (run.returncode, run.stderr) == (0, "")
    lines = {line.split()[0]: line for line in run.stdout.splitlines()}
    assert " 3 of " in lines[OPERATION]
    assert "never met: 400, 401, 406, 431, 500, 503" in lines[OPERATION]
    assert " 3 of " in lines["all"]
    assert ElementTree.parse(file).getroot().tag == "testsuite"


def test_coverage_command_below_gate_ends_with_one(sandbox: Service, world: World) -> None:
    options = ["--world", world.described["id"], "--fail-under", "80"]
    run = run_freiton("coverage", "--url", sandbox.url, *options)
    assert (run.returncode, run.stderr) == (1, "freiton: the coverage is below 80 %\n")
    assert "all " in run.stdout


def test_coverage_command_without_sandbox_says_so(sandbox: Service, world: World) -> None:
    assert_fails(run_freiton("coverage", "--url", f"{sandbox.url}/nope"), 1, "404", "is there no sandbox?")
    assert_fails(run_freiton("coverage", "--url", sandbox.url, "--world", "nobody"), 1, "World not found")
    assert_fails(run_freiton("coverage", "--url", "http://127.0.0.1:1"), 1, "refused")
