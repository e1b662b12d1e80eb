"""Figures: ratios of two things that were measured in turn in one run, with their limits."""

from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """A ratio, and the limit that it has to keep.

    :param what: what is compared.
    :param ratio: the ratio; None if it could not be measured.
    :param limit: the most that it may be.
    :param at_least: whether the limit is the least instead.
    """

    what: str
    ratio: float | None
    limit: float
    at_least: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether the ratio keeps its limit."""
        if self.ratio is None:
            return False
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def describe(self) -> tuple[str, str, str]:
        """Return the ratio, the limit and the outcome as texts."""
        ratio = "n/a" if self.ratio is None else f"{self.ratio:.2f}"
        limit = f"at {'least' if self.at_least else 'most'} {self.limit:g}"
        return ratio, limit, "OK" if self.is_kept else "MISSED"


def print_figures(figures: Iterable[Figure]) -> None:
    """Print each figure with its limit, and whether it is kept."""
    for figure in figures:
        ratio, limit, outcome = figure.describe()
        print(f"{ratio:>8}  {limit:<13}  {outcome:<6}  {figure.what}")
