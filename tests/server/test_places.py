"""Places are given to client accounts in turn, to each in the order of its requests, and only so many wait."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.limits.places import Crowded, Places

pytestmark = pytest.mark.sqlite

Work = Callable[[], Coroutine[None, None, None]]


class Desk:
    """Requests of accounts for places, and in which order they got one."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.given: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, accounts: str, *, is_bounded: bool = True) -> None:
        """Ask for a place for each account, and let it wait."""
        for account in accounts:
            self.tasks.append(asyncio.create_task(self._take(account, is_bounded)))
            await asyncio.sleep(0)

    async def leave(self, account: str) -> None:
        """Give a place back, and let the next one take it."""
        self.places.leave(account)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def give_up(self, number: int) -> None:
        """Cancel a request."""
        self.tasks[number].cancel()
        await asyncio.wait([self.tasks[number]])

    async def _take(self, account: str, is_bounded: bool) -> None:
        await self.places.take(account, is_bounded=is_bounded)
        self.given.append(account)


def run(work: Work) -> None:
    """Run a test to its end, and cancel what waits then."""
    asyncio.run(work())


def test_many_of_one_account_let_others_have_their_turn() -> None:
    async def work() -> None:
        desk = Desk(Places(1, 1))
        await desk.ask("aaaabbc")
        while len(desk.given) < 7:
            await desk.leave(desk.given[-1])
        assert "".join(desk.given) == "aabcaba"

    run(work)


def test_account_has_no_more_places_than_it_may() -> None:
    async def work() -> None:
        desk = Desk(Places(3, 2))
        await desk.ask("aaab")
        assert desk.given == ["a", "a", "b"]
        await desk.leave("b")
        assert desk.given == ["a", "a", "b"]
        await desk.leave("a")
        assert desk.given == ["a", "a", "b", "a"]

    run(work)


def test_more_than_may_wait_are_refused() -> None:
    async def work() -> None:
        desk = Desk(Places(1, 1, longest=2, longest_of_all=3))
        await desk.ask("aaaabbc")
        assert [task.done() and isinstance(task.exception(), Crowded) for task in desk.tasks] == [
            *(False, False, False, True, False, True, True)
        ]
        await desk.ask("a", is_bounded=False)
        await desk.leave("a")
        await desk.leave("a")
        assert desk.given == ["a", "a", "b"]

    run(work)


def test_request_that_is_given_up_waits_no_more() -> None:
    async def work() -> None:
        desk = Desk(Places(1, 1, longest=2))
        await desk.ask("abb")
        await desk.give_up(2)
        assert "b" in desk.places.waiting
        await desk.give_up(1)
        assert "b" not in desk.places.waiting
        await desk.ask("b")
        # It gets the place and is given up at the same moment.
        desk.places.leave("a")
        await desk.give_up(3)
        assert "b" not in desk.places.waiting
        await desk.ask("c")
        assert desk.given == ["a", "c"]

    run(work)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=60), st.integers(1, 3), st.integers(1, 3)
)
def test_any_order_of_requests_and_ends_keeps_the_rules(steps: list[tuple[str, int]], places: int, each: int) -> None:
    async def work() -> None:
        desk = Desk(Places(places, each))
        for account, ends in steps:
            await desk.ask(account)
            for _ in range(ends):
                if desk.places.taken.total():
                    holder = next(iter(+desk.places.taken))
                    await desk.leave(holder)
            assert desk.places.taken.total() <= places
            assert max(desk.places.taken.values(), default=0) <= each
        while desk.places.taken.total():
            await desk.leave(next(iter(+desk.places.taken)))
        assert sorted(desk.given) == sorted(account for account, _ in steps)
        assert (desk.places.free, desk.places.waiting) == (places, {})

    run(work)
