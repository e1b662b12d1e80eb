"""The caches of the fast path, which are invalidated when another connection commits: tokens and answers."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from data import tokens
from data.store import EngineError, Store, Unavailable
from handlers.fast.kept_answers import KeptAnswers, PlainAnswer

MOST_TOKENS = 1024


class Caches:
    """What is cached of one version of the database.

    A read adds its answer to the caches of the version that was valid before it. They are replaced when the version
    changes, so that an answer that is older than the change is not found any more.

    :param version: the version; see `Store.read_version`. None for one that is not known.
    :param find_client: returns the client account of a token.
    """

    def __init__(self, version: Any, find_client: Callable[[str], int | None]) -> None:
        self.version = version
        # The key is the token: with the header field, a client could fill the cache with many spellings of one token.
        self.find_client = lru_cache(MOST_TOKENS)(find_client)
        self.answers = KeptAnswers()


class Memory:
    """The client accounts of tokens, and answers by the bytes of their requests, until another connection commits.

    :param of: the store of the tokens and of all records.
    :param demo: whether the fixed demo tokens are valid.
    """

    def __init__(self, of: Store, demo: bool) -> None:
        self.store = of
        self.known = tokens.choose_known(demo=demo)
        self.is_checked = False
        self.caches = Caches(None, self.find_client)

    def recall(self, data: bytes) -> PlainAnswer | None:
        """Return the cached answer to a request, if it is still valid; None otherwise.

        :param data: the bytes of a whole request.
        """
        answer = self.caches.answers.get(data)
        return answer if answer is not None and self.check() else None

    def check(self) -> bool:
        """Invalidate the caches if another connection has committed.

        The check runs once per turn of the event loop: requests that are read in this turn were sent before it.

        :returns: whether the caches were still valid.
        """
        if self.is_checked:
            return True
        self.is_checked = True
        asyncio.get_running_loop().call_soon(self._end_turn)
        caches = self.caches
        try:
            return self.renew() is caches
        except (Unavailable, EngineError):
            self.caches = Caches(None, self.find_client)
            return False

    def renew(self) -> Caches:
        """Return the caches of the version that the database has now, in any thread.

        :raises Unavailable: the database cannot be used now.
        """
        version = self.store.read_version()
        if version != self.caches.version:
            self.caches = Caches(version, self.find_client)
        return self.caches

    def find_client(self, token: str) -> int | None:
        """Return the client account of a token, as the database has it now.

        :param token: the token.
        """
        return tokens.find_client(token, self.known)

    def _end_turn(self) -> None:
        self.is_checked = False
        self.store.end_turn()
