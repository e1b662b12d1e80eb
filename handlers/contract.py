"""The contract, `openapi.yaml`: as it is written, as data, and as the validator of a record."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from connexion.json_schema import Draft4RequestValidator
from connexion.spec import Specification

# A link to the file at the top of the repository, so that it is part of the installed package.
PATH = Path(__file__).with_name("openapi.yaml")


@cache
def read() -> dict[str, Any]:
    """Return the contract as data."""
    contract: dict[str, Any] = yaml.load(PATH.read_bytes(), Loader=yaml.CSafeLoader)
    return contract


@cache
def schemas() -> Mapping[str, Any]:
    """Return the contract's schemas, name to schema, references resolved."""
    components: Mapping[str, Any] = Specification.load(read()).components["schemas"]
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
