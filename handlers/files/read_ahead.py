"""Read-ahead: the next item of a file is read while the one before is stored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Return items, each of which is read in a thread while the one before is in use.

    Close the generator before the source of the items is used again.

    :param items: the items, none of which is None; their errors are raised in their places.
    """
    with ThreadPoolExecutor(1, "reads-ahead") as thread:
        reading = thread.submit(next, items, None)
        while (item := reading.result()) is not None:
            reading = thread.submit(next, items, None)
            yield item
