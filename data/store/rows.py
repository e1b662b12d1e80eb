"""Rows: what the statements of a store take and return."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Row = dict[str, Any]

NO_PARAMETERS: Mapping[str, Any] = {}


class Column(NamedTuple):
    """A column of a table.

    :param type: `text`, `integer` or `real`.
    :param nullable: whether it can be null.
    """

    type: str
    nullable: bool


class Records(NamedTuple):
    """The first records of a list.

    :param text: their JSON texts in UTF-8, separated by commas.
    :param sizes: the size of each in bytes.
    :param keys: the value that each is sorted by, and its ID.
    """

    text: bytes = b""
    sizes: Sequence[int] = ()
    keys: Sequence[tuple[Any, int]] = ()

    def cut(self, most: int) -> "Records":
        """Return the first of them.

        :param most: how many at most.
        """
        if len(self.sizes) <= most:
            return self
        sizes = self.sizes[:most]
        return Records(self.text[: max(0, sum(sizes) + most - 1)], sizes, self.keys[:most])

    def extend(self, others: "Records") -> "Records":
        """Return them and others behind them.

        :param others: the others.
        """
        if not self.keys or not others.keys:
            return self if self.keys else others
        return Records(b"%b,%b" % (self.text, others.text), [*self.sizes, *others.sizes], [*self.keys, *others.keys])


class ContactTable(NamedTuple):
    """Where contacts are stored: the table of all contacts, or what an import keeps for itself.

    :param name: the table.
    :param condition: SQL condition on its rows.
    :param owner: the columns that rows have beside those of a contact, with their values as SQL.
    """

    name: str
    condition: str = "true"
    owner: Mapping[str, str] = NO_PARAMETERS
