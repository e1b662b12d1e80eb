"""Only what can be read exactly as the contract says is answered past Connexion."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from handlers import contract
from handlers.operations import compile_operations

TEMPLATE = "/rest/v1.0/{ClientsID}/acd/groups"


def compile_templates(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return method and path of the operations that are compiled."""
    return {(operation.method, operation.template) for operation in compile_operations(document)}


def test_compile_contract_gives_all_operations_but_files() -> None:
    base = contract.read()["servers"][0]["url"]
    expected = {(method.upper(), base + path) for path, item in contract.read()["paths"].items() for method in item}
    assert expected - compile_templates(contract.read()) == {
        ("POST", "/rest/v1.0/{ClientsID}/dialler/contacts/import/batch")
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "multipleOf": 2},
        {"type": "string", "not": {"pattern": "a"}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
    ],
    ids=["multiple", "not", "array", "exclusive"],
)
def test_compile_parameter_with_other_rules_leaves_operation_to_connexion(schema: dict[str, Any]) -> None:
    document = deepcopy(dict(contract.read()))
    parameters = document["paths"]["/{ClientsID}/acd/groups"]["get"]["parameters"]
    parameters.append({"name": "other", "in": "query", "schema": schema})
    assert compile_templates(contract.read()) - compile_templates(document) == {("GET", TEMPLATE)}
