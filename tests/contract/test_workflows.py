"""The workflows of a connector, and the Postman collection, are about the operations of the contract."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.support.examples import resolve
from tests.workflows.__main__ import WORKFLOWS
from tests.workflows.collection import OPERATIONS, WRITES, finish_collection

pytestmark = [pytest.mark.uncovered, pytest.mark.sqlite]

DOCUMENT = yaml.load(WORKFLOWS.read_bytes(), Loader=yaml.CSafeLoader)
BY_NAME = {operation["operationId"]: operation for operation in OPERATIONS.values()}
STEPS = [(workflow, step) for workflow in DOCUMENT["workflows"] for step in workflow["steps"]]


def names(parameters: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give where the parameters of a step are, and their names."""
    for parameter in parameters:
        name = parameter.get("reference", "").rpartition(".")[2]
        parameter = DOCUMENT["components"]["parameters"][name] if name else parameter
        yield parameter["in"], parameter["name"]


@pytest.mark.parametrize(("workflow", "step"), STEPS, ids=[step["stepId"] for _, step in STEPS])
def test_step_gives_the_parameters_of_its_operation(workflow: Mapping[str, Any], step: Mapping[str, Any]) -> None:
    known = [resolve(parameter) for parameter in BY_NAME[step["operationId"]]["parameters"]]
    required = {(parameter["in"], parameter["name"]) for parameter in known if parameter.get("required")}
    given = {*names(workflow["parameters"]), *names(step.get("parameters", []))} - {("header", "Authorization")}
    assert required <= given <= {(parameter["in"], parameter["name"]) for parameter in known}
    assert step["successCriteria"][0]["condition"].startswith("$statusCode == ")


def test_order_of_collection_has_all_that_changes_something() -> None:
    changing = {
        operation["operationId"]
        for (method, _), operation in OPERATIONS.items()
        if not operation.get("x-freiton-safe", method == "GET")
    }
    assert set(WRITES) == changing
    assert len(WRITES) == len(changing)


def as_generated(method: str, path: str) -> dict[str, Any]:
    """Return a request as openapi-to-postmanv2 generates it."""
    segments = [segment.replace("{", ":").rstrip("}") for segment in path.split("/")[1:]]
    variables = [{"key": segment[1:], "value": "<long>"} for segment in segments if segment.startswith(":")]
    return {"request": {"method": method, "url": {"path": segments, "variable": variables}, "header": []}}


def test_finished_collection_has_each_operation_once_and_deletes_last() -> None:
    requests = [as_generated(*operation) for operation in reversed(OPERATIONS)]
    collection: dict[str, Any] = {"item": [{"item": []}, {"item": requests}]}
    finish_collection(collection, "http://127.0.0.1:8080/rest/v1.0", "freiton-demo-1")
    (folder,) = collection["item"]
    assert len(folder["item"]) == len(BY_NAME)
    assert [item["request"]["method"] for item in folder["item"][-3:]] == ["POST", "DELETE", "DELETE"]
    assert "<long>" not in str(folder)


def test_collection_without_an_operation_is_refused() -> None:
    collection: dict[str, Any] = {"item": [{"item": [as_generated(*operation) for operation in list(OPERATIONS)[1:]]}]}
    with pytest.raises(AssertionError, match="not one request for each operation"):
        finish_collection(collection, "http://127.0.0.1:8080/rest/v1.0", "freiton-demo-1")
