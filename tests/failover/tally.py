"""Loads of writers and readers, and what writers were told, held against what the database has in the end."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from types import TracebackType
from typing import Self

# The seconds between two steps of a thread of a load.
PAUSE = 0.02
SECONDS_TO_FINISH = 240


class Outcome(Enum):
    """What a writer knows of its write after an attempt."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    # The answer is none that a server without its database may give.
    WRONG = "refused wrongly"


@dataclass
class Tally:
    """The outcomes of all attempts of one load.

    Attributes:
        outcomes: how many attempts ended so.
        acknowledged: the keys of the acknowledged writes, with the time (`time.monotonic`, s) of each.
        given_up: the keys of the writes that were refused, never unknown, and not tried again.
        read: the times of successful reads (`time.monotonic`, s).
        complaints: what was wrong, in words.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    acknowledged: dict[str, float] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    read: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, key: str, outcome: Outcome) -> None:
        """Count an attempt.

        :param key: the key of the write.
        :param outcome: how the attempt ended.
        """
        with self.lock:
            self.outcomes[outcome] += 1
            if outcome is Outcome.ACKNOWLEDGED:
                self.acknowledged[key] = time.monotonic()

    def last(self) -> float:
        """Return the time of the last acknowledgement (`time.monotonic`, s), or 0."""
        with self.lock:
            return max(self.acknowledged.values(), default=0)


@dataclass(frozen=True)
class Verdict:
    """What became of the writes.

    Attributes:
        lost: the acknowledged writes that the database does not have.
        twice: the writes that it has more than once.
        done: the writes that it has although they were refused.
    """

    lost: int
    twice: int
    done: int


def judge(tally: Tally, stored: Iterable[str]) -> Verdict:
    """Compare what writers were told with what the database has.

    :param tally: what they were told.
    :param stored: the key of each record, as often as there are records of it.
    """
    counts = Counter(stored)
    return Verdict(
        lost=sum(key not in counts for key in tally.acknowledged),
        twice=sum(counts[key] > 1 for key in tally.acknowledged.keys() | tally.given_up),
        done=sum(key in counts for key in tally.given_up),
    )


def find_pause(times: Iterable[float], since: float, until: float) -> float:
    """Return the longest time, in seconds, in which nothing happened.

    :param times: when something did (`time.monotonic`, s).
    :param since: when to begin to look.
    :param until: when to end.
    """
    # A copy: the writers go on.
    inside = sorted(time for time in [*times] if since < time < until)
    return max(later - earlier for earlier, later in pairwise([since, *inside, until]))


class Load:
    """Threads that each do one thing again and again while the block runs that it is the context of.

    :param tally: what they note the outcomes in.
    :param steps: what the threads do.
    """

    def __init__(self, tally: Tally, steps: Sequence[Callable[[], object]]) -> None:
        self.tally = tally
        self.over = threading.Event()
        self.pool = ThreadPoolExecutor(len(steps))
        self.threads = [self.pool.submit(self._repeat, step) for step in steps]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.pool.shutdown()

    def finish(self) -> None:
        """Stop each thread after its current step.

        :raises Exception: what ended a thread before.
        """
        self.over.set()
        for thread in self.threads:
            thread.result(SECONDS_TO_FINISH)

    def _repeat(self, step: Callable[[], object]) -> None:
        while not self.over.wait(PAUSE):
            step()
