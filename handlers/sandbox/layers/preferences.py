"""The preferences of a request: `Prefer: code=409, delay=2` (RFC 7240)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from handlers.contract.headers import ELEMENT
from handlers.contract.problems import Problem

PREFER, APPLIED = "Prefer", "Preference-Applied"
# In seconds.
LONGEST_DELAY = 60
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
PREFERENCE = re.compile(rf'\s*({TOKEN})(?:\s*=\s*(?:({TOKEN})|"((?:[^"\\]|\\.)*)"))?\s*(?:;.*)?')
NUMBER = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?")


def read_preferences(value: str, statuses: Iterable[int]) -> Mapping[str, Any]:
    """Return what a request prefers to happen: `status`, `delay` in seconds; only what is given.

    All other preferences are ignored, as RFC 7240, section 2, asks for.

    :param value: the value of the header field.
    :param statuses: the statuses of the errors that the operation documents.
    :raises Problem: 400; the operation does not document the status, or the delay is no number or too long.
    """
    given = _parse(value)
    wanted: dict[str, Any] = {}
    if "code" in given:
        codes = {str(status): status for status in statuses}
        if given["code"] not in codes:
            raise Problem(("header", PREFER), f"code must be one of {', '.join(codes)}")
        wanted["status"] = codes[given["code"]]
    if "delay" in given:
        if not NUMBER.fullmatch(given["delay"]) or float(given["delay"]) > LONGEST_DELAY:
            raise Problem(("header", PREFER), f"delay must be a number of seconds up to {LONGEST_DELAY}")
        wanted["delay"] = float(given["delay"])
    return wanted


def render_applied(wanted: Mapping[str, Any]) -> str:
    """Return the value of `Preference-Applied`.

    :param wanted: what the request prefers, of `read_preferences`.
    """
    names = {"status": "code", "delay": "delay"}
    return ", ".join(f"{names[field]}={value:g}" for field, value in wanted.items())


def _parse(value: str) -> Mapping[str, str]:
    """Return the preferences by name in lower case; the first of several of one name counts."""
    given: dict[str, str] = {}
    for element in ELEMENT.findall(value):
        if match := PREFERENCE.fullmatch(element):
            name, token, quoted = match.groups()
            given.setdefault(name.lower(), token or re.sub(r"\\(.)", r"\1", quoted or ""))
    return given
