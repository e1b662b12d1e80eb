"""Fields: the columns of a record's table that the API shows, and the folds of its texts."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from data import store
from data.store.texts import INSTANT, MOMENT, OFFSET_MOMENT, fold

# Columns that are no fields: the unknown fields, and the whole record as JSON.
NO_FIELDS = ("Extra", "Record")
# The suffix of columns that hold the fold of another column's text, such as `NameFolded`. The column `Folded` holds
# the folds of all other texts that are not ASCII.
FOLDED = "Folded"
# The name prefixes of fields whose type the columns do not tell.
PREFIXES = {"b": "boolean", "dt": MOMENT}
# The tables whose date-times have another form than `MOMENT`; see `data.store.texts`.
FORMS = {"ServiceNumbers": OFFSET_MOMENT, "CockpitVariables": INSTANT, "Calls": INSTANT}
# The types of fields, with those of their values in Python.
VALUES: Mapping[str, Any] = {
    **dict.fromkeys(("text", MOMENT, OFFSET_MOMENT, INSTANT), str),
    **{"integer": int, "boolean": int, "real": (int, float)},
}


class Field(NamedTuple):
    """A field.

    :param type: `text`, `integer`, `real`, `boolean`, or a form of date-times: a key of `texts.FORMS`.
    :param nullable: whether it can be null.
    :param folded: SQL for its folded text, which is compared when letter case does not matter; see `data.store.texts`.
    """

    type: str
    nullable: bool
    folded: str

    def fits(self, value: Any) -> bool:
        """Return whether the field can have a value, as the database has it.

        :param value: the value.
        """
        return self.nullable if value is None else isinstance(value, VALUES[self.type])


@store.cached()
def list_fields(table: str) -> Mapping[str, Field]:
    """Return the fields of a table's records, name to field.

    :param table: the table.
    """
    columns = list_columns(table)
    return {
        name: Field(
            _find_type(table, name, column.type),
            column.nullable,
            # Built-in functions of the engine only: they run without Python's global lock, so that other threads go on.
            name + FOLDED if name + FOLDED in columns else f"coalesce({FOLDED} ->> '{name}', lower({name}))",
        )
        for name, column in columns.items()
        if name not in NO_FIELDS and not name.endswith(FOLDED)
    }


@store.cached()
def list_columns(table: str) -> Mapping[str, store.Column]:
    """Return the columns of a table that are not generated, by name; see `Store.list_columns`.

    :param table: the table.
    :raises store.Unfinished: the read is interrupted by a limit.
    :raises store.EngineError: there is no such table now; this is not cached.
    """
    return store.current().list_columns(table)


def _find_type(table: str, name: str, column_type: str) -> str:
    prefix = re.split("[A-Z]", name, maxsplit=1)[0]
    told = PREFIXES.get(prefix, column_type)
    return FORMS.get(table, told) if told == MOMENT else told


def fold_texts(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the columns that hold folds of its texts.

    :param table: the row's table.
    :param row: column to value, with all columns of the table that hold texts.
    """
    columns, fields = list_columns(table), list_fields(table)
    own = {name + FOLDED: fold(value) for name, value in row.items() if name + FOLDED in columns}
    others = [name for name in row if name in fields and name + FOLDED not in columns]
    together = {FOLDED: fold_others(others, [row[name] for name in others])} if FOLDED in columns else {}
    return {**row, **own, **together}


def fold_others(names: Iterable[str], values: Collection[Any]) -> str | None:
    """Return the value of the column `Folded`: a JSON object, column to fold, or None if all texts are ASCII.

    The engine's own `lower` folds an ASCII text.

    :param names: the columns of a row that have no column for their fold.
    :param values: their values, in the same order.
    """
    if _are_ascii(values):
        return None
    folds = {name: fold(text) for name, text in zip(names, values, strict=True) if not _are_ascii([text])}
    return json.dumps(folds, ensure_ascii=False, separators=(",", ":"))


def _are_ascii(values: Iterable[Any]) -> bool:
    # A loop takes half as long as `all`, and this runs for each contact of an import.
    for value in values:  # noqa: SIM110
        if type(value) is str and not value.isascii():
            return False
    return True
