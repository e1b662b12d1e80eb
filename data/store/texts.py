"""Texts: folds, which are compared when letter case does not matter, and date-times."""

import unicodedata
from datetime import datetime

# The form of a date-time, for messages.
MOMENT = "YYYY-MM-DDTHH:MM:SS.mmm"


def fold(text: str) -> str:
    """Return a text as it is compared when letter case does not matter.

    Canonical caseless matching (Unicode 3.13, D145); the Turkish i with and without a dot also match.

    :param text: the text.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return folded.replace("i\N{COMBINING DOT ABOVE}", "i").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


def is_moment(text: str) -> bool:
    """Return whether a text is an existing date-time in the form of records (contract: the fields named dt…).

    :param text: the text. The years are 0001 to 9999, the digits ASCII, the form is that of `MOMENT`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is None and moment.isoformat(timespec="milliseconds") == text


def render_moment(moment: datetime) -> str:
    """Return a date-time in the form of records, without its time zone.

    :param moment: the date-time.
    """
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
