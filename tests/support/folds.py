"""The folds that a database holds, beside those that its texts have."""

from collections.abc import Callable, Iterator
from typing import Any

from data.store.texts import fold
from tests.support.databases import is_postgresql

TABLES = (
    "AcdEventTypes",
    "AcdEventStatus",
    "AcdEvents",
    "AcdGroups",
    "DiallerCampaigns",
    "DiallerContacts",
    "Users",
    "NetworkIVRLists",
    "NetworkIVRListsEntries",
    "RoutingApplications",
    "CockpitVariables",
    "ServiceNumbers",
)
# The names and types of the columns of a table, the generated ones too.
COLUMNS = (
    "select attname, format_type(atttypid, null) from pg_attribute where attrelid = '\"{}\"'::regclass and attnum > 0"
    if is_postgresql()
    else "select name, type from pragma_table_xinfo('{}')"
)
NO_TEXTS = ("Extra", "Record")

# Table, column, text and fold.
Fold = tuple[str, str, str, str | None]
Read = Callable[[str], list[tuple[Any, ...]]]


def find_misfolded(read: Read) -> list[Fold]:
    """Return table, column, text and fold of each text whose fold is not the one that a search compares.

    :param read: gives the rows of a statement.
    """
    return [each for each in read_folds(read) if each[3] != fold(each[2])]


def read_folds(read: Read) -> Iterator[Fold]:
    """Return table, column, text and stored fold of each text, of an ASCII text the text in small letters.

    :param read: gives the rows of a statement.
    """
    for table in TABLES:
        columns = [name for name, kind in read(COLUMNS.format(table)) if kind.lower() in ("text", "json")]
        for name in (column for column in columns if not column.endswith("Folded") and column not in NO_TEXTS):
            folded = f"{name}Folded" if f"{name}Folded" in columns else f"Folded ->> '{name}'"
            for text, stored in read(f"select {name}, {folded} from {table} where {name} is not null"):
                yield table, name, text, text.lower() if stored is None and text.isascii() else stored
