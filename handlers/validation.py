"""What Connexion's validators leave open: strict texts and JSON, and messages that name the field."""

from collections.abc import AsyncGenerator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from connexion.json_schema import Draft4RequestValidator
from connexion.validators import JSONRequestBodyValidator, ParameterValidator
from jsonschema import Draft4Validator, ValidationError
from starlette.datastructures import Headers
from starlette.types import Scope

from handlers import schemas
from handlers.documents import parse_json
from handlers.errors import Misplaced
from handlers.texts import INTEGER, LONGEST_INTEGER, parse_query

PHRASES = {
    "type": "must be of type {}",
    "minLength": "must not be empty",
    "maxLength": "must have at most {} characters",
    "maxItems": "must have at most {} items",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "enum": "must be one of {}",
    "pattern": "must match {}",
}
# Beside a pattern or a `not` in the contract: what is wrong, in words.
PROBLEM = "x-freiton-problem"


class StrictParameterValidator(ParameterValidator):  # type: ignore[misc]
    """Query parameters, each at most once, in the one spelling that its schema means; and header fields."""

    def validate(self, scope: Scope) -> None:
        """Check the query string and the header against the contract.

        :raises Misplaced: 400; a parameter is unknown, given twice, missing, or its value is not valid.
        """
        headers = Headers(scope=scope)
        for parameter in self.parameters["header"]:
            if parameter["name"] in headers:
                text = ",".join(headers.getlist(parameter["name"]))
                check_text(text, parameter["schema"], ("header", parameter["name"]))
        given = parse_query(scope["query_string"])
        known = {parameter["name"]: parameter for parameter in self.parameters["query"]}
        for name, text in given.items():
            if name not in known:
                raise Misplaced(HTTPStatus.BAD_REQUEST, ("query", name), "is not a parameter of this operation")
            check_text(text, known[name]["schema"], ("query", name))
        for name, parameter in known.items():
            if parameter.get("required") and name not in given:
                raise Misplaced(HTTPStatus.BAD_REQUEST, ("query", name), "is missing")


class StrictJSONBodyValidator(JSONRequestBodyValidator):  # type: ignore[misc]
    """JSON bodies that every parser reads alike (RFC 8259, sections 4 to 8)."""

    async def _parse(self, stream: AsyncGenerator[bytes, None], scope: Scope) -> Any:
        try:
            return parse_json(b"".join([chunk async for chunk in stream]))
        except ValueError as error:
            raise Misplaced(HTTPStatus.BAD_REQUEST, ("body",), str(error)) from error

    def _validate(self, body: Any) -> None:
        for error in self._validator.iter_errors(body):
            path, problem = explain(error)
            raise Misplaced(HTTPStatus.BAD_REQUEST, ("body", *path), problem)


@cache
def request_validator(name: str) -> Any:
    """Return the validator of what a request has of a schema.

    :param name: the schema.
    """
    return Draft4RequestValidator(schemas.schemas()[name])


@cache
def record_validator(name: str) -> Any:
    """Return the validator for records from outside: what may be null or is ours to say may be left out.

    :param name: the schema of the record.
    """
    schema = schemas.schemas()[name]
    optional = {
        field
        for field, definition in schema["properties"].items()
        if definition.get("nullable") or definition.get("readOnly") or field == "ID"
    }
    return Draft4RequestValidator({**schema, "required": [f for f in schema["required"] if f not in optional]})


def check_text(text: str, schema: Mapping[str, Any], place: tuple[str, ...]) -> None:
    """Check the text of a parameter against its schema.

    :raises Misplaced: 400; it is no text of that type, or the value is not valid.
    """
    value: Any = text
    if schema["type"] == "integer" and INTEGER.fullmatch(text):
        # Python refuses to read integers of thousands of digits; one of 20 is out of every range already.
        value = int(text[:LONGEST_INTEGER])
    if schema["type"] == "boolean" and text in ("true", "false"):
        value = text == "true"
    for error in Draft4Validator(schema).iter_errors(value):
        raise Misplaced(HTTPStatus.BAD_REQUEST, place, explain(error)[1])


def explain(error: ValidationError) -> tuple[list[str], str]:
    """Return where a value does not match its schema, and what is wrong there, without repeating the value."""
    path = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return [*path, missing], "is missing"
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in error.schema["properties"])
        return [*path, unknown], "is not a field of this request"
    if error.validator == "anyOf":
        if all("required" in choice for choice in error.validator_value):
            names = [name for choice in error.validator_value for name in choice["required"]]
            return [*path, names[0]], f"is missing; give one of {', '.join(names)}"
        # The last is the rule, those before it are what it does not hold for.
        return explain(error.context[-1])
    if error.validator in ("pattern", "not") and PROBLEM in error.schema:
        return path, error.schema[PROBLEM]
    allowed = error.validator_value
    if isinstance(allowed, list):
        allowed = ", ".join(str(value) for value in allowed)
    return path, PHRASES[error.validator].format(allowed)
