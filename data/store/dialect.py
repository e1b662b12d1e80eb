"""The dialect of an engine: its words for what the engines call differently."""

from abc import ABC, abstractmethod


class Dialect(ABC):
    """The words of an engine. All other SQL is understood by every engine."""

    @abstractmethod
    def position(self, text: str, part: str) -> str:
        """Return SQL for the place of a text in another one, counted from 1; 0 if it is not there.

        :param text: SQL for the text to look at.
        :param part: SQL for the text to find.
        """

    @abstractmethod
    def any_of(self, column: str, parameter: str) -> str:
        """Return SQL for the condition that a column has one of several values.

        :param column: the column.
        :param parameter: the name of the parameter, whose value is a list.
        """

    @abstractmethod
    def encoded(self, column: str) -> str:
        """Return SQL for a text as `Store.query_records` takes it.

        :param column: the column of the text.
        """

    @abstractmethod
    def join(self, column: str) -> str:
        """Return SQL that joins the texts of all rows, separated by commas, to the bytes of their UTF-8; null for none.

        :param column: the column of the texts.
        """

    @abstractmethod
    def by_index(self, table: str, index: str) -> str:
        """Return SQL for a table that is read by an index.

        :param table: the table.
        :param index: the index, which contains all that the query looks at.
        """
