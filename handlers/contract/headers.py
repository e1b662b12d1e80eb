"""Header fields: their limits, and how their values are parsed."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from werkzeug.http import parse_options_header

from handlers.contract.problems import Refusal

# The largest header: all names and values together, in bytes.
LARGEST_HEADER = 16 * 1024
HOST = re.compile(r"[^\s,/?#@]+")
NO_QUALITY = re.compile(r"0(\.0*)?")
# An element of a list; elements may contain quoted strings (RFC 9110, section 5.6).
ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')

# An entity tag (RFC 9110, section 8.8.3), and a list of any number of them (section 5.6.1).
TAG = rb'(?:W/)?"[!#-~\x80-\xff]*"'
TAGS = re.compile(rb"[ \t,]*(?:%b(?:[ \t]*,[ \t,]*%b)*)?[ \t,]*" % (TAG, TAG))
ANY = b"*"


def check_size(fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Check that the header is not too large.

    :param fields: the header fields, as pairs of name and value.
    :raises Refusal: 431; the header is larger than 16 KiB (RFC 6585, section 5).
    """
    if sum(len(name) + len(value) for name, value in fields) > LARGEST_HEADER:
        why = f"The header has more than {LARGEST_HEADER} bytes"
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why)


def join_fields(fields: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return header fields by name; the values of a repeated field are joined by commas (RFC 9110, section 5.3).

    :param fields: the header fields, as pairs of name and value, names in lower case.
    """
    joined: dict[bytes, bytes] = {}
    for name, value in fields:
        joined[name] = joined[name] + b"," + value if name in joined else value
    return joined


def accepts(value: str, media_type: str) -> bool:
    """Return whether an Accept header allows a media type: the most specific range decides (RFC 9110, section 12.5.1).

    :param value: the value of the header, empty if there is none.
    :param media_type: the media type of the response, which is in UTF-8 and has no other parameters.
    """
    ranges = [parse_options_header(element) for element in ELEMENT.findall(value)]
    specificity = {"*": 0, "*/*": 0, media_type.partition("/")[0] + "/*": 1, media_type: 2}
    matches = []
    for name, parameters in ranges:
        is_allowed = not NO_QUALITY.fullmatch(parameters.pop("q", "1"))
        if name.lower() in specificity and all(map(_is_utf_8, parameters.items())):
            matches.append((specificity[name.lower()], len(parameters), is_allowed))
    return max(matches)[-1] if matches else not any(name for name, _ in ranges)


def read_tags(value: bytes) -> Sequence[bytes]:
    """Return the entity tags of a list, or `*` alone; nothing if the value is neither (RFC 9110, section 13.1.2).

    :param value: the value of `If-None-Match` or `If-Match`.
    """
    if value.strip(b" \t") == ANY:
        return [ANY]
    return re.findall(TAG, value) if TAGS.fullmatch(value) else []


def read_token(credentials: str) -> str:
    """Return the token of an Authorization header, empty if it has no bearer token (RFC 6750, section 2.1).

    :param credentials: the value of the header, empty if there is none.
    """
    scheme, _, token = credentials.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_utf_8(parameter: tuple[str, str]) -> bool:
    name, value = parameter
    return (name, value.lower()) == ("charset", "utf-8")
