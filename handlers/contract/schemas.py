"""The contract's schemas, and fast validators of what they describe."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from handlers.contract import document

NO_NUL = ("pattern", r"^[^\x00]*$")


@cache
def schemas() -> Mapping[str, Any]:
    """Return the contract's schemas, name to schema, references resolved."""
    contract = document.read()
    return {name: resolve(schema, contract) for name, schema in contract["components"]["schemas"].items()}


@cache
def fields(name: str) -> Mapping[str, Any]:
    """Return the fields of a schema, name to definition.

    :param name: the schema; of one that has parts (`allOf`), the fields of all parts.
    """
    schema = schemas()[name]
    parts = (schema, *schema.get("allOf", []))
    return {field: definition for part in parts for field, definition in part.get("properties", {}).items()}


@cache
def fast_validator(name: str) -> Any:
    """Return the fast validator of what a request has of a schema, for values without NUL; it tells no reasons.

    :param name: the schema.
    """
    return CompiledSchema(schemas()[name]).validator


class CompiledSchema:
    """A schema, with the fast validator of what a request has of it, and the one that gives reasons.

    :param schema: the schema, references resolved; of the formats it has only those that no validator knows.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.validator = jsonschema_rs.Draft4Validator(_simplify(schema))

    def find_problem(self, value: Any) -> tuple[list[str], str] | None:
        """Return where a value does not match, and what is wrong there; None if it matches.

        :param value: the value, which has no NUL character in its texts.
        """
        if self.validator.is_valid(value):
            return None
        # It takes as long to import as all the rest, and only wrong values need it.
        from handlers.contract.validators import Validator, explain

        return next((explain(error) for error in Validator(self.schema).iter_errors(value)), None)


def resolve(node: Any, contract: Mapping[str, Any]) -> Any:
    """Return a part of a contract with what its references name in their place.

    :param node: the part.
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
    # A record with NUL does not come to be validated; to look for it in each text takes as long as all the rest.
    parts = {name: _simplify(part) for name, part in schema.items() if (name, part) != NO_NUL}
    if "x-freiton-max-items" in parts:
        parts["maxItems"] = parts["x-freiton-max-items"]
    # What OpenAPI 3.0 calls nullable, JSON Schema knows as a further type.
    return {**parts, "type": [parts["type"], "null"]} if parts.get("nullable") is True else parts
