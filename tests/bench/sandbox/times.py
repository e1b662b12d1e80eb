"""Times: how long each thing took for each subject, and the table of their medians."""

import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import TypeVar

Returned = TypeVar("Returned")

HEAD = "median, 95th percentile in ms   "
WIDTH = 20


class Times:
    """The times of all rounds, by what took them and for which subject.

    :param subjects: the columns of the table, in their order.
    """

    def __init__(self, *subjects: str) -> None:
        self.subjects = subjects
        self.taken: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, subject: str, what: str, seconds: float) -> None:
        """Note a time.

        :param subject: whose it is, a column of the table.
        :param what: what took it, a row of the table.
        :param seconds: the time.
        """
        self.taken[what][subject].append(1000 * seconds)

    def take(self, subject: str, what: str, work: Callable[[], Returned]) -> Returned:
        """Do some work, note how long it takes, and return what it returns.

        :param subject: whose it is.
        :param what: what it is.
        :param work: the work.
        """
        begin = time.perf_counter()
        returned = work()
        self.add(subject, what, time.perf_counter() - begin)
        return returned

    def find(self, subject: str, what: str) -> float:
        """Return the median of some times in milliseconds.

        :param subject: whose they are.
        :param what: what took them.
        """
        return median(self.taken[what][subject])

    def print(self) -> None:
        """Print the medians in milliseconds, and the 95th percentiles behind them."""
        print(HEAD + "".join(f"{name:>{WIDTH}}" for name in self.subjects))
        for what, row in self.taken.items():
            print(what.ljust(len(HEAD)) + "".join(f"{_render(row.get(name)):>{WIDTH}}" for name in self.subjects))


def _render(times: list[float] | None) -> str:
    return "" if not times else f"{median(times):.2f}, {sorted(times)[int(len(times) * 0.95)]:.2f}"
