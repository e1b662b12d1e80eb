"""The contract's schemas, and the validators of what they describe."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from connexion.json_schema import Draft4RequestValidator
from connexion.spec import Specification

from handlers import contract


@cache
def schemas() -> Mapping[str, Any]:
    """Return the contract's schemas, name to schema, references resolved."""
    components: Mapping[str, Any] = Specification.load(contract.read()).components["schemas"]
    return components


@cache
def request_validator(name: str) -> Any:
    """Return the validator of what a request has of a schema.

    :param name: the schema.
    """
    return Draft4RequestValidator(schemas()[name])


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
