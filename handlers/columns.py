"""Many records checked together, column by column: what the contract allows the extremes, it allows what is between.

Whatever cannot be told so is for the validator, record by record.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

from handlers import schemas

Columns = dict[str, Sequence[Any]]

ANNOTATIONS = {"description", "example", "nullable"}
# Of a text only the length counts, of a number only the size.
PLAIN: Mapping[str, set[str]] = {
    "string": {"type", "minLength", "maxLength"},
    "integer": {"type", "format", "minimum", "maximum"},
    "number": {"type", "format", "minimum", "maximum"},
    "boolean": {"type"},
}
# What no further field makes untrue.
MONOTONOUS = {"type", "required", "properties", "not"}


def check_columns(columns: Columns, name: str) -> Columns | None:
    """Return columns with null for what is empty if all records are valid, or None if that cannot be told together.

    :param columns: the values of each field, texts without NUL or others; an empty text or null where there is none.
    :param name: the schema of a record.
    """
    if not columns or not columns.keys() <= _find_plain_fields(name):
        return None
    always = {field for field, column in columns.items() if all(column)}
    filled = {
        field: column if field in always else [None if value == "" else value for value in column]
        for field, column in columns.items()
    }
    extremes = {field: [*_find_extremes(column)] for field, column in filled.items()}
    # Those that have every field, and those that have only what all have.
    records = (
        {field: extremes[field][number % len(extremes[field])] for field in fields}
        for fields, number in product((filled, always), range(max(map(len, extremes.values()))))
    )
    return filled if all(map(schemas.fast_validator(name).is_valid, records)) else None


@cache
def _find_plain_fields(name: str) -> set[str]:
    schema = schemas.schemas()[name]
    if not schema.keys() <= {*MONOTONOUS, *ANNOTATIONS, "additionalProperties"}:
        return set()
    return {field for field, definition in schema["properties"].items() if _is_plain(definition)}


def _is_plain(definition: Mapping[str, Any]) -> bool:
    rules = {keyword for keyword, value in definition.items() if (keyword, value) != schemas.NO_NUL} - ANNOTATIONS
    # A text that is there has a character.
    return rules <= PLAIN[definition["type"]] and definition.get("minLength", 0) <= 1


def _find_extremes(column: Sequence[Any]) -> Iterator[Any]:
    for kind in set(map(type, column)) - {type(None)}:
        values: list[Any] = [value for value in column if type(value) is kind]
        if kind is str:
            yield "x" * max(map(len, values))
        elif kind in (int, float):
            yield from (min(values), max(values))
        else:
            yield values[0]
