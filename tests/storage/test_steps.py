"""A limit of steps holds for the queries of its block, on whichever connection, and for no others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import copy_context
from pathlib import Path

import pytest

from data import store
from data.lists.fields import list_fields
from data.opening import open_database
from data.store import Limit

pytestmark = pytest.mark.sqlite

LONG = "with recursive N(I) as (select 1 union all select I + 1 from N where I < 20000) select count(*) as Many from N"
SHORT = "select 1 as One"
MOST = 5_000


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[Path]:
    """A new database, whose store the test is in."""
    path = tmp_path / "store.db"
    with open_database(path, create=True):
        yield path


def limited(limit: Limit) -> AbstractContextManager[None]:
    return store.current().limited(limit)


def test_query_beyond_limit_is_unfinished() -> None:
    with limited(Limit(MOST)), pytest.raises(store.Unfinished):
        store.query(LONG)


def test_queries_within_limit_add_up_to_more() -> None:
    with limited(Limit(MOST)):
        assert [store.query(SHORT) for _ in range(3 * MOST)] == [[{"One": 1}]] * 3 * MOST


def test_query_after_the_block_or_in_another_thread_has_no_limit() -> None:
    with ThreadPoolExecutor(1) as thread, limited(Limit(MOST)):
        assert thread.submit(copy_context().run, store.query, LONG).result() == [{"Many": 20_000}]
    assert store.query(LONG) == [{"Many": 20_000}]


def test_query_after_a_block_that_failed_has_no_limit() -> None:
    with pytest.raises(store.Unfinished), limited(Limit(MOST)):
        store.query(LONG)
    assert store.query(LONG) == [{"Many": 20_000}]


def test_query_on_database_that_is_opened_again_has_the_limit(database: Path) -> None:
    other = database.with_name("other.db")
    with limited(Limit(MOST)):
        store.query("pragma wal_checkpoint(truncate)")
        other.write_bytes(database.read_bytes())
        database.with_name("store.db-wal").unlink()
        other.replace(database)
        with pytest.raises(store.Unfinished):
            store.query(LONG)
    assert store.query(LONG) == [{"Many": 20_000}]


def test_read_fields_beyond_limit_is_unfinished_and_read_again_later() -> None:
    store.current().caches.clear()
    with limited(Limit(seconds=0, every=1)), pytest.raises(store.Unfinished):
        list_fields("DiallerContactsPresent")
    assert "Name" in list_fields("DiallerContactsPresent")
