"""The schemas of the contract, references resolved."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers.contract import document


@cache
def schemas() -> Mapping[str, Any]:
    """Return the schemas of the contract by name, references resolved."""
    contract = document.read()
    return {name: resolve(schema, contract) for name, schema in contract["components"]["schemas"].items()}


@cache
def fields(name: str) -> Mapping[str, Any]:
    """Return the fields of a schema by name, each with its definition.

    :param name: the name of the schema; with `allOf`, the fields of all its parts are returned.
    """
    schema = schemas()[name]
    parts = (schema, *schema.get("allOf", []))
    return {field: definition for part in parts for field, definition in part.get("properties", {}).items()}


def resolve(node: Any, contract: Mapping[str, Any]) -> Any:
    """Return a part of a contract with all references replaced by the components that they name.

    :param node: the part, as data.
    :param contract: the contract, as data.
    """
    if isinstance(node, list):
        return [resolve(part, contract) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return resolve(document.find(contract, node["$ref"]), contract)
    return {name: resolve(part, contract) for name, part in node.items()}
