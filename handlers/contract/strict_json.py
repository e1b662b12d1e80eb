"""Strict JSON: documents that every parser reads alike (RFC 8259, sections 4 to 8)."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

UNFIT = re.compile("[\0\ud800-\udfff]")
SURROGATE = re.compile("[\ud800-\udfff]")
DEEPEST_LEVEL = 100


def parse_json(document: bytes, *, allow_nul: bool = False) -> Any:
    """Return the value of a strict JSON document.

    :param document: the document, in UTF-8.
    :param allow_nul: allow NUL characters, for documents whose texts are not stored in a database.
    :raises ValueError: the document is not JSON, or has a duplicate key, a number out of range, a NUL character, a lone
        surrogate or too many levels.
    """
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    # Valid UTF-8 has no surrogates and JSON no raw NUL, so only an escape can produce them.
    if "\\" not in text and text.count("[") + text.count("{") <= DEEPEST_LEVEL:
        return value
    unfit = SURROGATE if allow_nul else UNFIT
    for part, level in _walk(value):
        if level > DEEPEST_LEVEL:
            raise ValueError("is nested too deeply")
        if isinstance(part, str) and not part.isprintable() and unfit.search(part):
            raise ValueError(f"has {'' if allow_nul else 'a NUL character or '}a lone surrogate")
    return value


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


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"has {name}, which is not a number in JSON")


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


# Made once: making a decoder takes as long as parsing a small document.
DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite, parse_constant=_refuse_constant
)
