"""Texts, as records have them and as they are compared."""

import unicodedata
from datetime import UTC, datetime


def fold(text: str) -> str:
    """Return a text as it is compared when letter case does not matter.

    Canonical caseless matching (Unicode 3.13, D145), and the Turkish i with a dot and without one are alike.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return folded.replace("i\N{COMBINING DOT ABOVE}", "i").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


def now() -> str:
    """Return the moment as records have it, UTC without saying so."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
