"""Limits on the steps and the time of queries."""

import math
import time

# Steps of SQLite's virtual machine (sqlite3_progress_handler) between two checks of a query's limit.
STEPS_BETWEEN_CHECKS = 1000


class Limit:
    """A limit for each query of a block in steps of SQLite's virtual machine, and for the whole block in time.

    :param steps: how many steps each query may take.
    :param seconds: how long the block may take, in seconds.
    :param is_of_processor: count CPU time of the thread instead of elapsed time.
    :param every: how many steps a query takes between two checks of the limit.
    """

    def __init__(
        self,
        steps: float = math.inf,
        seconds: float = math.inf,
        is_of_processor: bool = False,
        every: int = STEPS_BETWEEN_CHECKS,
    ) -> None:
        self.steps = steps
        self.seconds = seconds
        self.is_of_processor = is_of_processor
        self.every = every
        self.end = self.end_of_processor = math.inf
        self.is_given_up = False

    def begin(self) -> None:
        """Start the clock; a limit is for one block at a time."""
        self.end = time.monotonic() + self.seconds
        if self.is_of_processor:
            self.end_of_processor = time.thread_time() + self.seconds

    def is_reached(self, steps: int) -> bool:
        """Return whether a query has to end.

        :param steps: how many steps it has taken.
        """
        if steps > self.steps or self.is_given_up:
            return True
        # The elapsed time is checked first: reading CPU time takes ten times as long.
        is_late = time.monotonic() > self.end
        return is_late and (not self.is_of_processor or time.thread_time() > self.end_of_processor)

    def give_up(self) -> None:
        """End the running query at its next check, whichever thread it runs in."""
        self.is_given_up = True
