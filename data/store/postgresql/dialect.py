"""The dialect of PostgreSQL."""

from data.store.dialect import Dialect


class PostgreSQLDialect(Dialect):
    """The words of PostgreSQL."""

    def position(self, text: str, part: str) -> str:
        """Return SQL for the place of a text in another one (overrides `Dialect`).

        :param text: SQL for the text to look at.
        :param part: SQL for the text to find.
        """
        return f"strpos({text}, {part})"

    def any_of(self, column: str, parameter: str) -> str:
        """Return SQL for the condition that a column has one of several values (overrides `Dialect`).

        :param column: the column.
        :param parameter: the name of the parameter, whose value is a list.
        """
        return f"{column} = any(:{parameter})"

    def encoded(self, column: str) -> str:
        """Return SQL for a text itself, which is encoded when it is joined (overrides `Dialect`).

        :param column: the column of the text.
        """
        return column

    def join(self, column: str) -> str:
        """Return SQL that joins the texts of all rows (overrides `Dialect`).

        :param column: the column of the texts.
        """
        # A session returns the bytes of a `varchar`, a type that no column has.
        return f"string_agg({column}, ',')::varchar"

    def by_index(self, table: str, index: str) -> str:
        """Return SQL for a table; the server chooses the index itself (overrides `Dialect`).

        :param table: the table.
        :param index: the index.
        """
        return table
