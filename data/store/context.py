"""The current store: the one that the running code works on."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from data.store.store import Store

Returned = TypeVar("Returned")

chosen: ContextVar["Store"] = ContextVar("store")
# Returns the store of the running code, see `Store.use`; raises LookupError if there is none.
current: Callable[[], "Store"] = chosen.get


def cached(most: int | None = None) -> Callable[[Callable[..., Returned]], Callable[..., Returned]]:
    """Return a decorator for functions that read the schema; each store keeps their results.

    :param most: how many results each store keeps of a function; None for all.
    """

    def decorate(read: Callable[..., Returned]) -> Callable[..., Returned]:
        @wraps(read)
        def recall(*arguments: Any) -> Returned:
            caches = current().caches
            try:
                cache = caches[read]
            except KeyError:
                cache = caches[read] = lru_cache(most)(read)
            result: Returned = cache(*arguments)
            return result

        return recall

    return decorate
