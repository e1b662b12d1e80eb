"""Validators that explain what is wrong with a value, and in which field."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft4Validator, ValidationError
from jsonschema.validators import extend

from handlers.contract import schemas

PHRASES = {
    "type": "must be of type {}",
    "minLength": "must not be empty",
    "maxLength": "must have at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "enum": "must be one of {}",
    "pattern": "must match {}",
    "x-freiton-max-items": "must have at most {} items",
}
OTHERWISE = "does not match its schema: {}"
# A key beside a `pattern` or `not` in the contract: the text of the problem.
PROBLEM = "x-freiton-problem"

Rule = Callable[[Any, Any, Any, Mapping[str, Any]], Iterator[ValidationError]]


def _allow_null(rule: Rule) -> Rule:
    def validate(validator: Any, expected: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        if value is not None or not schema.get("nullable"):
            yield from rule(validator, expected, value, schema)

    return validate


def _match_pattern(validator: Any, pattern: str, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    # All patterns of the contract are `^…$`. In Python alone, `$` also matches before a line break at the end.
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError(f"does not match {pattern}")


def _limit_items(validator: Any, most: int, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    # The contract uses this key instead of `maxItems`, of which client generators make tuples. It stands before `items`
    # there, so that a long list is refused before its items are validated.
    if isinstance(value, list) and len(value) > most:
        yield ValidationError(f"has more than {most} items")


# Like Connexion's Draft4RequestValidator, except for patterns. Importing that one takes longer than most commands run.
Validator = extend(
    Draft4Validator,
    {
        **{name: _allow_null(Draft4Validator.VALIDATORS[name]) for name in ("type", "enum")},
        "pattern": _match_pattern,
        "x-freiton-max-items": _limit_items,
    },
)


@cache
def request_validator(name: str) -> Any:
    """Return the validator of a schema for values of requests.

    :param name: the name of the schema.
    """
    return Validator(schemas.schemas()[name])


def explain(error: ValidationError) -> tuple[list[str], str]:
    """Return the path of a value that does not match its schema, and the problem, without repeating the value.

    :param error: the error of the validator.
    """
    return next(explain_all(error))


def explain_all(error: ValidationError) -> Iterator[tuple[list[str], str]]:
    """Yield the path and the problem of each field that an error is about, without repeating the value.

    :param error: the error of the validator.
    """
    path = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        yield from (([*path, name], "is missing") for name in error.validator_value if name not in error.instance)
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        yield from (([*path, name], "is not a field of this request") for name in error.instance if name not in known)
    elif error.validator == "not" and PROBLEM not in error.schema:
        # The contract lists sets of fields, and requires at least one field of each set.
        missing = (each for each in error.validator_value["anyOf"] if Validator(each).is_valid(error.instance))
        yield from (_ask_for_one(path, each) for each in missing)
    else:
        yield _explain(path, error)


def _explain(path: list[str], error: ValidationError) -> tuple[list[str], str]:
    if error.validator == "minProperties":
        return _ask_for_one(path, error.schema)
    if error.validator == "anyOf":
        # The last alternative is the rule; those before it are its exceptions.
        return explain(error.context[-1])
    if error.validator in ("pattern", "not") and PROBLEM in error.schema:
        return path, error.schema[PROBLEM]
    allowed = error.validator_value
    if isinstance(allowed, list):
        allowed = ", ".join(str(value) for value in allowed)
    return path, PHRASES.get(error.validator, OTHERWISE).format(allowed)


def _ask_for_one(path: list[str], schema: Mapping[str, Any]) -> tuple[list[str], str]:
    names = [*schema["properties"]]
    return [*path, names[0]], f"is missing; give one of {', '.join(names)}"
