"""Schemas, each compiled once to a fast validator."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from handlers.contract.schemas import schemas

NO_NUL = ("pattern", r"^[^\x00]*$")


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
        return next(self.find_problems(value), None)

    def find_problems(self, value: Any) -> Iterator[tuple[list[str], str]]:
        """Yield the path and the problem of each part of a value that does not match; nothing if all matches.

        :param value: the value, as parsed from JSON; its texts contain no NUL characters.
        """
        if self.validator.is_valid(value):
            return
        # Imported only for invalid values: the import takes as long as all the others together.
        from handlers.contract.validators import Validator, explain_all

        for error in Validator(self.schema).iter_errors(value):
            yield from explain_all(error)


@cache
def record_schema(name: str) -> CompiledSchema:
    """Return the compiled schema of a record from outside, whose optional fields may be missing.

    A field is optional if it is nullable, or if the service sets it: `readOnly` fields and `ID`.

    :param name: the name of the record's schema.
    """
    schema = schemas()[name]
    optional = {
        field
        for field, definition in schema["properties"].items()
        if definition.get("nullable") or definition.get("readOnly") or field == "ID"
    }
    return CompiledSchema({**schema, "required": [f for f in schema["required"] if f not in optional]})


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
