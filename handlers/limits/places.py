"""A semaphore that is fair between client accounts."""

import asyncio
import math
from collections import Counter, deque
from contextlib import suppress


class Crowded(RuntimeError):
    """The queue is full: the caller has to give up."""


class Places:
    """A semaphore with a queue for each client account; the accounts take turns.

    :param places: the number of places.
    :param each: the largest number of places of an account at a time.
    :param longest: the largest number of waiting requests of an account.
    :param longest_of_all: the largest number of waiting requests of all accounts.
    """

    def __init__(self, places: int, each: int, longest: float = math.inf, longest_of_all: float = math.inf) -> None:
        self.free = places
        self.each = each
        self.longest = longest
        self.longest_of_all = longest_of_all
        self.taken = Counter[str]()
        # The queues, in the order of the accounts' turns. No queue is empty.
        self.waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, account: str, *, is_bounded: bool = True) -> None:
        """Take a place, and wait for one if none is free.

        :param account: the ID of the client account.
        :param is_bounded: whether to give up if the queue is full.
        :raises Crowded: the queue of the account or of all accounts is full.
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
                # It was given a place before the cancellation arrived.
                self.leave(account)
            raise

    def leave(self, account: str) -> None:
        """Give a place back; the account whose turn it is gets it.

        :param account: the ID of the client account that gives it back.
        """
        self.free += 1
        self.taken[account] -= 1
        for following, queue in [*self.waiting.items()]:
            # The future is cancelled, but its task has not run yet.
            while queue and queue[0].cancelled():
                queue.popleft()
            if queue and self._has_place(following):
                self._give(following)
                queue.popleft().set_result(None)
                # The account goes to the end of the queue.
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
