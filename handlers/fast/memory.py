"""What the fast path remembers until something is committed: tokens, and answers to be sent again."""

import asyncio
from functools import lru_cache, partial
from typing import Any

from data import tokens
from data.store import Store, Unavailable, sqlite3
from handlers.fast.kept_answers import KeptAnswers, PlainAnswer

MOST_TOKENS = 1024


class Memory:
    """The clients of tokens, and answers by the bytes of their requests, as long as no other connection commits.

    :param of: the store that they come from.
    :param demo: whether the fixed tokens of the demo are valid.
    """

    def __init__(self, of: Store, demo: bool) -> None:
        self.store = of
        # By the token, not by the header field, of which a client can send many spellings.
        self.find_client = lru_cache(MOST_TOKENS)(partial(tokens.find_client, demo=demo))
        self.answers = KeptAnswers()
        self.version: Any = None
        self.is_checked = False

    def recall(self, data: bytes) -> PlainAnswer | None:
        """Return the answer to the same bytes as before, if it still holds.

        :param data: a whole request.
        """
        answer = self.answers.get(data)
        return answer if answer is not None and self.check() else None

    def check(self) -> bool:
        """Forget all if another connection has committed, and return whether nothing had to be forgotten.

        It looks once each turn of the event loop: requests that are read in this turn were sent before it.
        """
        if self.is_checked:
            return True
        self.is_checked = True
        asyncio.get_running_loop().call_soon(self._end_turn)
        try:
            version = self.store.connections.read_version()
        except (Unavailable, sqlite3.Error):
            version = None
        if version is not None and version == self.version:
            return True
        self.version = version
        self.find_client.cache_clear()
        self.answers.clear()
        return False

    def _end_turn(self) -> None:
        self.is_checked = False
        self.store.connections.recheck_file()
