"""Header fields: what they have to be like."""

import re

from werkzeug.http import parse_options_header

LARGEST_HEADER = 16 * 1024
HOST = re.compile(r"[^\s,/?#@]+")
NO_QUALITY = re.compile(r"0(\.0*)?")


def accepts(value: str, media_type: str) -> bool:
    """Return whether an Accept header allows a media type (RFC 9110, section 12.5.1).

    :param value: the value of the header, empty if there is none.
    """
    ranges = (parse_options_header(item) for item in value.split(","))
    qualities = {name.lower(): options.get("q", "1") for name, options in ranges if name}
    for name in (media_type, media_type.partition("/")[0] + "/*", "*/*", "*"):
        if name in qualities:
            return not NO_QUALITY.fullmatch(qualities[name])
    return not qualities


def read_token(credentials: str) -> str:
    """Return the token of an Authorization header, empty if it has none (RFC 6750, section 2.1)."""
    scheme, _, token = credentials.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
