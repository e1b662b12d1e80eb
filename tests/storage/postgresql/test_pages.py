"""A page of contacts on PostgreSQL reads about as many rows as it returns, whatever account asks."""

from collections.abc import Iterator

import pytest

from data import contacts, store
from data.lists.pages import ALL, Page
from data.opening import open_database
from tests.support.postgresql import create_database

SIZE = 100
LARGE, SMALL = 10_000, 20
# The page, and the row that shows whether records follow; each is read twice: its place, then its record.
MOST_READ = 2 * (SIZE + 1) + 10
ADD = """
    insert into DiallerContacts (ClientsID, DiallerCampaignsID, Name)
    select :client, 10 * :client, 'Name ' || md5(N::text) from generate_series(1, :count::bigint) as Numbers (N)
"""


@pytest.fixture(scope="module")
def opened(server: str) -> Iterator[store.Store]:
    """A database with a large and a small client account, the large one's contacts first."""
    with open_database(create_database(server, "pages")) as opened:
        for client, count in ((1, LARGE), (2, SMALL)):
            with store.atomic():
                store.execute("insert into Clients (ID, Name) values (:client, :name)", client=client, name=f"{client}")
                store.execute(
                    "insert into DiallerCampaigns (ID, ClientsID, Name) values (10 * :client, :client, 'Campaign')",
                    client=client,
                )
                store.execute(ADD, client=client, count=count)
            if client == 1:
                # The statistics know of one account only, as before another one is new.
                store.execute("analyze")
        contacts.count_all()
        yield opened


def count_reads() -> int:
    """Return how many rows of contacts have been read so far."""
    store.query("select pg_stat_force_next_flush()")
    (count,) = store.values(
        "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = 'DiallerContacts'"
    )
    return int(count)


@pytest.mark.parametrize("order", ["ID", "Name"])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("of_campaign", [True, False])
@pytest.mark.parametrize(("client", "size"), [(1, SIZE), (2, SMALL)])
def test_page_of_contacts_reads_no_more_rows_than_it_returns(
    opened: store.Store, client: int, size: int, order: str, ascending: bool, of_campaign: bool
) -> None:
    page = Page("", 0, SIZE, order, ascending)
    before = count_reads()
    # The second time, the statement is prepared.
    for _ in range(2):
        listing = contacts.list_all(client, page, 10 * client if of_campaign else None)
        assert sum(chunk.size for chunk in listing.chunks) == size
    assert 0 < count_reads() - before <= 2 * MOST_READ


@pytest.mark.parametrize("order", ["ID", "Name"])
def test_long_list_of_contacts_reads_about_as_many_rows_as_it_returns(opened: store.Store, order: str) -> None:
    before = count_reads()
    listing = contacts.list_all(1, Page("", 0, ALL, order, True), None)
    assert listing.is_long
    assert sum(chunk.size for chunk in listing.chunks) == LARGE
    # Each part looks for up to twice as many records as the last one had, and each of them is read twice.
    assert LARGE < count_reads() - before <= 5 * LARGE
