"""Pages: the values that `listing` takes and returns."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from data.store.rows import NO_PARAMETERS

# The page size that asks for all records.
ALL = -1
# The largest integer of the engines.
LARGEST_INTEGER = 2**63 - 1


class BadPage(ValueError):
    """The page that is asked for is invalid.

    :param parameter: the name of the query parameter that is wrong.
    :param problem: what is wrong with it.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(f"{parameter}: {problem}")
        self.parameter = parameter
        self.problem = problem


class Page(NamedTuple):
    """The part of a list that is asked for.

    :param filter_: the expression that the records match (see `filters`); empty for all.
    :param limit_start: how many records to skip; 0 for none.
    :param limit_page_size: how many records at most; -1 for all.
    :param order_by: the name of the field to sort by.
    :param ascending: False reverses the whole order.
    :param cursor: a cursor from the links of another page; empty to go by `limit_start`.
    """

    filter_: str
    limit_start: int
    limit_page_size: int
    order_by: str
    ascending: bool
    cursor: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the whole list is asked for."""
        return self.limit_page_size == ALL and self.limit_start == 0 and not self.cursor


class Source(NamedTuple):
    """The records of a list.

    :param table: the table; it has the columns `ID` and `Record`, the record as JSON text.
    :param where: SQL condition on the rows.
    :param parameters: the values of the condition's named parameters.
    :param count_all: a faster way to count the records when there is no filter.
    :param counts_filtered: whether the records are counted when there is a filter.
    :param stored: the table of the records if `table` is a view, which does not say which fields can be null.
    """

    table: str
    where: str = "true"
    parameters: Mapping[str, Any] = NO_PARAMETERS
    count_all: Callable[[], int] | None = None
    counts_filtered: bool = True
    stored: str | None = None


class Chunk(NamedTuple):
    """Some records of a list.

    :param text: the records as JSON texts in UTF-8, separated by commas.
    :param size: the number of records.
    """

    text: bytes
    size: int


class Listing(NamedTuple):
    """A page of a list.

    :param page: the part that was asked for.
    :param start: how many records come before the first one.
    :param chunks: the records; of several chunks, only the first has been read.
    :param is_long: whether there are several chunks.
    :param total: how many records all pages have together; None if they are not counted.
    :param previous: the cursor of the previous page, if there is one.
    :param following: the cursor of the next page, if there is one.
    """

    page: Page
    start: int
    chunks: Iterator[Chunk]
    is_long: bool
    total: int | None = None
    previous: str | None = None
    following: str | None = None
