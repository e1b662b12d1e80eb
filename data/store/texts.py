"""Texts, as records have them and as they are compared."""

import unicodedata
from datetime import UTC, datetime

# The form of a date-time in words.
MOMENT = "YYYY-MM-DDTHH:MM:SS.mmm"


def fold(text: str) -> str:
    """Return a text as it is compared when letter case does not matter.

    Canonical caseless matching (Unicode 3.13, D145), and the Turkish i with a dot and without one are alike.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return folded.replace("i\N{COMBINING DOT ABOVE}", "i").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


def is_moment(text: str) -> bool:
    """Return whether a text is a date-time that exists, as records have them (contract: the fields named dt…).

    :param text: the text. The years are 0001 to 9999, the digits ASCII, the form is that of `MOMENT`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is None and moment.isoformat(timespec="milliseconds") == text


def now() -> str:
    """Return the moment as records have it, UTC without saying so."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
