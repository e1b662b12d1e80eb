"""The contract's schemas, and the validators of what they describe."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from connexion.json_schema import Draft4RequestValidator, resolve_refs

from handlers import contract

NO_NUL = ("pattern", r"^[^\x00]*$")


@cache
def schemas() -> Mapping[str, Any]:
    """Return the contract's schemas, name to schema, references resolved."""
    resolved: Mapping[str, Any] = resolve_refs(contract.read())["components"]["schemas"]
    return resolved


@cache
def request_validator(name: str) -> Any:
    """Return the validator of what a request has of a schema.

    :param name: the schema.
    """
    return Draft4RequestValidator(schemas()[name])


@cache
def fast_validator(name: str) -> Any:
    """Return the fast validator of what a request has of a schema, for values without NUL; it tells no reasons.

    :param name: the schema; of the formats it has only those that no validator knows.
    """
    return jsonschema_rs.Draft4Validator(_simplify(schemas()[name]))


def _simplify(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_simplify(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    # A record with NUL does not come to be validated; to look for it in each text takes as long as all the rest.
    parts = {name: _simplify(part) for name, part in schema.items() if (name, part) != NO_NUL}
    # What OpenAPI 3.0 calls nullable, JSON Schema knows as a further type.
    return {**parts, "type": [parts["type"], "null"]} if parts.get("nullable") is True else parts


@cache
def record_validator(name: str) -> Any:
    """Return the validator for records from outside: what may be null or is ours to say may be left out.

    :param name: the schema of the record.
    """
    schema = schemas()[name]
    optional = {
        field
        for field, definition in schema["properties"].items()
        if definition.get("nullable") or definition.get("readOnly") or field == "ID"
    }
    return Draft4RequestValidator({**schema, "required": [f for f in schema["required"] if f not in optional]})
