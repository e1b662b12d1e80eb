"""Limits on what a query may take."""

import math
import time

# Of SQLite's virtual machine, from one look at how many a query has taken to the next.
STEPS = 1000


class Limit:
    """How much each query of a block may take, in steps of SQLite's virtual machine, and how long all of them together.

    :param steps: how many steps each query may take.
    :param seconds: how long the block may take.
    :param is_of_processor: whether the time is meant that the thread takes of a processor; others may be busy.
    :param every: how many steps a query takes from one look at the limit to the next.
    """

    def __init__(
        self, steps: float = math.inf, seconds: float = math.inf, is_of_processor: bool = False, every: int = STEPS
    ) -> None:
        self.steps = steps
        self.seconds = seconds
        self.is_of_processor = is_of_processor
        self.every = every
        self.end = self.end_of_processor = math.inf
        self.is_given_up = False

    def begin(self) -> None:
        """Count the time from now on; one block at a time."""
        self.end = time.monotonic() + self.seconds
        if self.is_of_processor:
            self.end_of_processor = time.thread_time() + self.seconds

    def is_reached(self, steps: int) -> bool:
        """Return whether a query has to end.

        :param steps: how many steps it has taken.
        """
        if steps > self.steps or self.is_given_up:
            return True
        # The time of the processor takes ten times as long to ask for.
        is_late = time.monotonic() > self.end
        return is_late and (not self.is_of_processor or time.thread_time() > self.end_of_processor)

    def give_up(self) -> None:
        """End the query that runs at its next look at the limit, whichever thread it runs in."""
        self.is_given_up = True
