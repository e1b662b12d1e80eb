"""Places: who comes next where there are fewer of them than requests."""

import asyncio
import math
from collections import Counter, deque
from contextlib import suppress


class Crowded(RuntimeError):
    """As many wait already as may."""


class Places:
    """A number of places, which client accounts get in turn.

    :param places: how many there are.
    :param each: how many of them an account may have at a time.
    :param longest: how many requests of an account may wait.
    :param longest_of_all: how many requests of all accounts may wait.
    """

    def __init__(self, places: int, each: int, longest: float = math.inf, longest_of_all: float = math.inf) -> None:
        self.free = places
        self.each = each
        self.longest = longest
        self.longest_of_all = longest_of_all
        self.taken = Counter[str]()
        # In the order of the accounts' turns; none of them is empty.
        self.waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, account: str, *, is_bounded: bool = True) -> None:
        """Wait for a place.

        :param account: who it is for.
        :param is_bounded: whether to give up if too many wait already.
        :raises Crowded: as many wait already as may.
        """
        if account not in self.waiting and self._has_place(account):
            self._give(account)
            return
        own, all_ = len(self.waiting.get(account, ())), sum(map(len, self.waiting.values()))
        if is_bounded and (own >= self.longest or all_ >= self.longest_of_all):
            raise Crowded
        turn = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(account, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(account, turn)
            else:
                # Cancelled and given a place at the same moment.
                self.leave(account)
            raise

    def leave(self, account: str) -> None:
        """Give a place back, for the account whose turn it is."""
        self.free += 1
        self.taken[account] -= 1
        for following, queue in [*self.waiting.items()]:
            # Cancelled, but its task has not been told yet.
            while queue and queue[0].cancelled():
                queue.popleft()
            if queue and self._has_place(following):
                self._give(following)
                queue.popleft().set_result(None)
                # Behind the others.
                self.waiting[following] = self.waiting.pop(following)
            if not queue:
                del self.waiting[following]

    def _has_place(self, account: str) -> bool:
        return self.free > 0 and self.taken[account] < self.each

    def _give(self, account: str) -> None:
        self.free -= 1
        self.taken[account] += 1

    def _forget(self, account: str, turn: "asyncio.Future[None]") -> None:
        queue = self.waiting.get(account, deque())
        with suppress(ValueError):
            queue.remove(turn)
            if not queue:
                del self.waiting[account]
