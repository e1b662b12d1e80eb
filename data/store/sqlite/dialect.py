"""The dialect of SQLite."""

from data.store.dialect import Dialect


class SQLiteDialect(Dialect):
    """The words of SQLite."""

    def position(self, text: str, part: str) -> str:
        """Return SQL for the place of a text in another one (overrides `Dialect`).

        :param text: SQL for the text to look at.
        :param part: SQL for the text to find.
        """
        return f"instr({text}, {part})"

    def any_of(self, column: str, parameter: str) -> str:
        """Return SQL for the condition that a column has one of several values (overrides `Dialect`).

        :param column: the column.
        :param parameter: the name of the parameter; its list is bound as JSON.
        """
        return f"{column} in (select value from json_each(:{parameter}))"

    def encoded(self, column: str) -> str:
        """Return SQL for the bytes of a text, which SQLite stores in UTF-8 (overrides `Dialect`).

        :param column: the column of the text.
        """
        return f"cast({column} as blob)"

    def join(self, column: str) -> str:
        """Return SQL that joins the texts of all rows (overrides `Dialect`).

        :param column: the column of the texts.
        """
        return self.encoded(f"group_concat({column}, ',')")

    def by_index(self, table: str, index: str) -> str:
        """Return SQL for a table that is read by an index (overrides `Dialect`).

        :param table: the table.
        :param index: the index.
        """
        return f"{table} indexed by {index}"
