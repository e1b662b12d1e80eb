"""The schemas of the contract, compiled to fast validators."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from handlers.contract import document

NO_NUL = ("pattern", r"^[^\x00]*$")


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


@cache
def fast_validator(name: str) -> Any:
    """Return the fast validator of a schema for values of requests without NUL characters; it gives no reasons.

    :param name: the name of the schema.
    """
    return CompiledSchema(schemas()[name]).validator


class CompiledSchema:
    """A schema with its fast validator; a slower validator explains values that do not match.

    :param schema: the schema, references resolved. Its formats are only ones that no validator checks.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.validator = jsonschema_rs.Draft4Validator(_simplify(schema))

    def find_problem(self, value: Any) -> tuple[list[str], str] | None:
        """Return the path and the problem of a value that does not match; None if it matches.

        :param value: the value, as parsed from JSON; its texts contain no NUL characters.
        """
        if self.validator.is_valid(value):
            return None
        # Imported only for invalid values: the import takes as long as all the others together.
        from handlers.contract.validators import Validator, explain

        return next((explain(error) for error in Validator(self.schema).iter_errors(value)), None)


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


def _simplify(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_simplify(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    # A value with NUL was refused before validation. To search each text for NUL takes as long as all other checks.
    parts = {name: _simplify(part) for name, part in schema.items() if (name, part) != NO_NUL}
    if "x-freiton-max-items" in parts:
        parts["maxItems"] = parts["x-freiton-max-items"]
    # `nullable` of OpenAPI 3.0 is a further type in JSON Schema.
    return {**parts, "type": [parts["type"], "null"]} if parts.get("nullable") is True else parts
