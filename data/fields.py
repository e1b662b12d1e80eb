"""The fields of a record: the columns of its table that the API shows."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from data import store
from data.texts import fold

# The fields that Freiton does not know, and the whole as JSON; no fields themselves.
NO_FIELDS = ("Extra", "Record")
# The end of the name of a column that holds another one's text, folded.
FOLDED = "Folded"
# The prefixes of names that say what SQLite has no type for.
PREFIXES = {"b": "boolean", "dt": "moment"}


class Field(NamedTuple):
    """A field.

    :param type: `text`, `moment` (a date-time), `integer`, `real` or `boolean`.
    :param nullable: whether it can be null.
    :param folded: SQL that gives its text as it is compared when letter case does not matter.
    """

    type: str
    nullable: bool
    folded: str


@cache
def list_fields(table: str) -> Mapping[str, Field]:
    """Return the fields of a table's records, name to field."""
    columns = {column.name: column for column in store.connection()[table].columns}
    return {
        name: Field(
            _find_type(name, column.type),
            not (column.notnull or column.is_pk),
            name + FOLDED if name + FOLDED in columns else f"fold({name})",
        )
        for name, column in columns.items()
        if name not in NO_FIELDS and not name.endswith(FOLDED)
    }


def _find_type(name: str, column_type: str) -> str:
    prefix = re.split("[A-Z]", name, maxsplit=1)[0]
    return PREFIXES.get(prefix, column_type.lower())


def fold_texts(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the columns that hold a text of it folded.

    :param table: the row's table.
    :param row: column name to value.
    """
    fields = list_fields(table)
    folded = [name for name in row if name in fields and fields[name].folded == name + FOLDED]
    return {**row, **{name + FOLDED: fold(row[name]) for name in folded}}
