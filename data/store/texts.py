"""Texts: folds, which are compared when letter case does not matter, and date-times."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

MOMENT, OFFSET_MOMENT, INSTANT = "moment", "offset moment", "instant"
# The forms of date-times, for messages: most have no time zone, others the local time with its offset, or UTC.
FORMS: Mapping[str, str] = {
    MOMENT: "YYYY-MM-DDTHH:MM:SS.mmm",
    OFFSET_MOMENT: "YYYY-MM-DDTHH:MM:SS.mmm+HH:MM",
    INSTANT: "YYYY-MM-DDTHH:MM:SS.mmmmmmZ",
}


def fold(text: str) -> str:
    """Return a text as it is compared when letter case does not matter.

    Canonical caseless matching (Unicode 3.13, D145); the Turkish i with and without a dot also match.

    :param text: the text.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return folded.replace("i\N{COMBINING DOT ABOVE}", "i").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


def is_moment(text: str, form: str = MOMENT) -> bool:
    """Return whether a text is an existing date-time in the form of records (contract: the fields named dt…).

    :param text: the text. The years are 0001 to 9999, the digits ASCII.
    :param form: a key of `FORMS`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    if form == INSTANT:
        return moment.tzinfo is UTC and render_instant(moment) == text
    written = moment.isoformat(timespec="milliseconds")
    if form == OFFSET_MOMENT:
        # RFC 3339 has two spellings of UTC.
        return moment.tzinfo is not None and text in (written, f"{written[:-6]}-00:00" if moment.tzinfo is UTC else "")
    return moment.tzinfo is None and written == text


def render_moment(moment: datetime) -> str:
    """Return a date-time in the form of records, without its time zone.

    :param moment: the date-time.
    """
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def render_instant(moment: datetime) -> str:
    """Return a date-time in UTC with microseconds and `Z`.

    :param moment: the date-time, in UTC.
    """
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
