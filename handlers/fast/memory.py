"""The caches of the fast path, which are invalidated when another connection commits: tokens and answers."""

import asyncio
from functools import lru_cache, partial
from typing import Any

from data import tokens
from data.store import EngineError, Store, Unavailable
from handlers.fast.kept_answers import KeptAnswers, PlainAnswer

MOST_TOKENS = 1024


class Memory:
    """The client accounts of tokens, and answers by the bytes of their requests, until another connection commits.

    :param of: the store of the tokens and of all records.
    :param demo: whether the fixed demo tokens are valid.
    """

    def __init__(self, of: Store, demo: bool) -> None:
        self.store = of
        # The key is the token: with the header field, a client could fill the cache with many spellings of one token.
        self.find_client = lru_cache(MOST_TOKENS)(partial(tokens.find_client, known=tokens.choose_known(demo=demo)))
        self.answers = KeptAnswers()
        self.version: Any = None
        self.is_checked = False

    def recall(self, data: bytes) -> PlainAnswer | None:
        """Return the cached answer to a request, if it is still valid; None otherwise.

        :param data: the bytes of a whole request.
        """
        answer = self.answers.get(data)
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
        try:
            version = self.store.read_version()
        except (Unavailable, EngineError):
            version = None
        if version is not None and version == self.version:
            return True
        self.version = version
        self.find_client.cache_clear()
        self.answers.clear()
        return False

    def _end_turn(self) -> None:
        self.is_checked = False
        self.store.end_turn()
