"""What Connexion's validators leave open: strict texts and JSON, and messages that name the field."""

import json
import math
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from connexion.validators import JSONRequestBodyValidator, ParameterValidator
from jsonschema import Draft4Validator, ValidationError
from starlette.datastructures import Headers
from starlette.types import Scope

from handlers.errors import Misplaced
from handlers.texts import INTEGER, LONGEST_INTEGER, parse_query

UNFIT = re.compile("[\0\ud800-\udfff]")
DEEPEST_LEVEL = 100
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


def parse_json(document: bytes) -> Any:
    """Return the value of a JSON document in UTF-8.

    :raises ValueError: it is no JSON, or has a duplicate key, a number out of range, a NUL character, a lone
        surrogate or too many levels.
    """
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite, parse_constant=_finite
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    for part, level in _walk(value):
        if level > DEEPEST_LEVEL:
            raise ValueError("is nested too deeply")
        if isinstance(part, str) and not part.isprintable() and UNFIT.search(part):
            raise ValueError("has a NUL character or a lone surrogate")
    return value


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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("has a duplicate key")
    return members


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:
        raise ValueError("has a number out of range") from error


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("has a number out of range")
    return value


def _walk(value: Any) -> Iterator[tuple[Any, int]]:
    parts = [(value, 0)]
    while parts:
        part, level = parts.pop()
        yield part, level
        if isinstance(part, dict):
            parts.extend((member, level + 1) for pair in part.items() for member in pair)
        elif isinstance(part, list):
            parts.extend((item, level + 1) for item in part)
