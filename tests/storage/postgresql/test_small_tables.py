"""PostgreSQL reads a few rows for each request also when its plan was made while the table was small."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from data import contacts, events, store
from data.idempotency import Claim
from data.lists.pages import Page
from data.opening import open_database
from tests.support.postgresql import create_database

CAMPAIGN, GROUP, CONTACT = 535, 137, 215380
GROWN = 5_000
SIZE = 10
# A page and the row behind it; each row is read twice at most.
MOST_READ = 2 * (SIZE + 1) + 10
EVENT = {"AcdEventTypesID": 3, "AcdGroupsID": GROUP, "Sender": "+493023125155", "Subject": "Callback"}
# How the tables grow while the sessions keep their plans.
GROW = (
    """
    insert into AcdEvents (
        ClientsID, AcdEventTypesID, AcdGroupsID, AcdEventStatusID, Sender, Subject, dtCreated, dtLastModified
    )
    select 1, 3, :group, 20, 'Sender', 'Subject', '2020-01-01T00:00:00.000', '2020-01-01T00:00:00.000'
    from generate_series(1, :count::bigint)
    """,
    """
    insert into DiallerContacts (ClientsID, DiallerCampaignsID, Name, UserData)
    select 1, :campaign, 'Name ' || md5(N::text), 'Data ' || N from generate_series(1, :count::bigint) as Numbers (N)
    """,
    """
    insert into IdempotencyKeys (ClientsID, IdempotencyKey, nNumber, Digest, dtCreated)
    select 1, 'key ' || N, N, 'digest', '2999-01-01T00:00:00.000' from generate_series(1, :count::bigint) as Numbers (N)
    """,
)


def _list_events(order: str) -> None:
    events.list_all(1, Page("", 0, SIZE, order, ascending=False))


def _list_contacts(order: str, campaign: int | None = None) -> None:
    contacts.list_all(1, Page("", 0, SIZE, order, ascending=True), campaign)


REQUESTS: dict[str, Callable[[], object]] = {
    "create an event": lambda: events.create(1, EVENT),
    "events by ID": lambda: _list_events("ID"),
    "events by creation": lambda: _list_events("dtCreated"),
    "contacts by ID": lambda: _list_contacts("ID"),
    "contacts by name": lambda: _list_contacts("Name"),
    "contacts of a campaign by name": lambda: _list_contacts("Name", CAMPAIGN),
    "contact by user data": lambda: contacts.find_by_user_data(1, "Data 77"),
    "contact by ID": lambda: contacts.get(1, CONTACT),
    "take a key": lambda: Claim(1, uuid4().hex, "digest").take(),
}


def count_reads(request: Callable[[], object]) -> int:
    """Return how many rows of the tables that grow a request reads."""
    with store.atomic():
        before = _count()
        request()
        return _count() - before


def _count() -> int:
    # Of this session: it tells the others later.
    (count,) = store.values(
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
        " where relname in ('AcdEvents', 'DiallerContacts', 'IdempotencyKeys')"
    )
    return int(count)


@pytest.fixture(scope="module")
def opened(server: str) -> Iterator[store.Store]:
    """A database whose tables have grown after all plans were made."""
    with open_database(create_database(server, "small"), demo=True) as opened:
        store.execute("analyze")
        for request in REQUESTS.values():
            # The second time, the statement is prepared.
            for _ in range(2):
                count_reads(request)
        with store.atomic():
            for statement in GROW:
                names = {"count": GROWN, "campaign": CAMPAIGN, "group": GROUP}
                store.execute(statement, **{name: names[name] for name in names if f":{name}" in statement})
        yield opened


@pytest.mark.parametrize("name", REQUESTS)
def test_request_reads_few_rows_of_grown_table(opened: store.Store, name: str) -> None:
    assert count_reads(REQUESTS[name]) <= MOST_READ
