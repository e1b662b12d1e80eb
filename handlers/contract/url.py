"""Parts of a URL: the spelling of numbers, percent-encoding, and the parameters of a query string."""

import re
from urllib.parse import unquote_to_bytes

from handlers.contract.problems import Problem

INTEGER = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
# Python refuses to parse integers of thousands of digits. An integer of 20 digits already is out of every range.
LONGEST_INTEGER = 20
BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse_query(query: bytes) -> dict[str, str]:
    """Return the parameters of a query string, by name.

    :param query: the query string, percent-encoded, with `+` for a space.
    :raises Problem: 400; bad percent-encoding, no UTF-8, a NUL character, or a repeated parameter.
    """
    given: dict[str, str] = {}
    for pair in filter(None, query.split(b"&")):
        encoded_name, _, encoded = pair.replace(b"+", b" ").partition(b"=")
        name = decode_percent(encoded_name, ("query",))
        if name in given:
            raise Problem(("query", name), "is given twice")
        given[name] = decode_percent(encoded, ("query", name))
    return given


def read_integer(text: str) -> int | str:
    """Return the integer that a text stands for, or the text itself if it is not the canonical spelling of an integer.

    :param text: the text. Only its first 20 characters are parsed: a longer integer stays out of every range.
    """
    return int(text[:LONGEST_INTEGER]) if INTEGER.fullmatch(text) else text


def read_number(text: str) -> float | str:
    """Return the number that a text stands for, or the text itself if it is not a number as JSON spells it.

    :param text: the text, such as `2`, `0.5` or `5e-3`.
    """
    return float(text) if NUMBER.fullmatch(text) else text


def decode_percent(encoded: bytes, place: tuple[str, ...]) -> str:
    """Return the decoded text of a percent-encoded part of a URL (RFC 3986, section 2.1).

    :param encoded: the part, percent-encoded.
    :param place: the place of the part, for `Problem`, such as `("query", "filter")`.
    :raises Problem: 400; bad percent-encoding, no UTF-8, or a NUL character.
    """
    if not encoded.isascii() or (b"%" in encoded and BAD_ESCAPE.search(encoded)):
        raise Problem(place, "is not percent-encoded")
    try:
        text = (unquote_to_bytes(encoded) if b"%" in encoded else encoded).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(place, "is not UTF-8") from error
    if "\0" in text:
        raise Problem(place, "has a NUL character")
    return text
