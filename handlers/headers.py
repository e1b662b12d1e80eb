"""Header fields: what they have to be like."""

import re

from werkzeug.http import parse_options_header

LARGEST_HEADER = 16 * 1024
HOST = re.compile(r"[^\s,/?#@]+")
NO_QUALITY = re.compile(r"0(\.0*)?")
# Of a list whose elements may hold quoted strings (RFC 9110, section 5.6).
ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+')


def accepts(value: str, media_type: str) -> bool:
    """Return whether an Accept header allows a media type: the most specific range decides (RFC 9110, section 12.5.1).

    :param value: the value of the header, empty if there is none.
    :param media_type: the type of the answer, in UTF-8 and without other parameters.
    """
    ranges = [parse_options_header(element) for element in ELEMENT.findall(value)]
    specificity = {"*": 0, "*/*": 0, media_type.partition("/")[0] + "/*": 1, media_type: 2}
    matches = []
    for name, parameters in ranges:
        is_allowed = not NO_QUALITY.fullmatch(parameters.pop("q", "1"))
        if name.lower() in specificity and all(map(_is_utf_8, parameters.items())):
            matches.append((specificity[name.lower()], len(parameters), is_allowed))
    return max(matches)[-1] if matches else not any(name for name, _ in ranges)


def read_token(credentials: str) -> str:
    """Return the token of an Authorization header, empty if it has none (RFC 6750, section 2.1)."""
    scheme, _, token = credentials.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_utf_8(parameter: tuple[str, str]) -> bool:
    name, value = parameter
    return (name, value.lower()) == ("charset", "utf-8")
