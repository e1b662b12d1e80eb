"""Databases of any size, with contacts, campaigns and events of one client account."""

from collections.abc import Mapping
from pathlib import Path

from data import campaigns, contacts, store, tokens
from data.opening import open_database
from tests.support.sqlite import connection

# The first two campaigns have so many contacts, if there are enough; the others have the rest.
SHARE = 1_000_000

NUMBERS = "with recursive Numbers (N) as (select 1 union all select N + 1 from Numbers where N < :count)"
CAMPAIGNS = f"""
    {NUMBERS}
    insert into DiallerCampaigns (ClientsID, Name, NameFolded)
    select 1, Name, lower(Name)
    from (select printf('Campaign %05d of %08x', N, N * 2654435761 % 4294967296) as Name from Numbers)
"""
GROUP = "insert into AcdGroups (ClientsID, Name, NameFolded) values (1, 'Group', 'group')"
EVENTS = f"""
    {NUMBERS}
    insert into AcdEvents (
        ClientsID, AcdEventTypesID, AcdEventStatusID, AcdGroupsID, Sender, Subject, dtCreated, dtLastModified
    )
    select 1, 5, 20, 1, 'a@example.org', 'Subject ' || N, Moment, Moment
    from (select N, strftime('%Y-%m-%dT%H:%M:%S.000', 1700000000 + N, 'unixepoch') as Moment from Numbers)
"""
# Half of the fields are empty, and names are spread as if they came in no order.
CONTACTS = f"""
    {NUMBERS}
    insert into DiallerContacts (
        ClientsID, DiallerCampaignsID, UserData, Client, Service, ReferenceNumber, Name, FirstName, Salutation, Company,
        Address, PostalCode, City, Country, Amount, PhoneNumber1, PhoneNumber2, Email, Comment, ExternalSystemLink, Tag,
        RandomSortOrder, dtImported
    )
    select
        1, iif(N <= :share, 1, iif(N <= 2 * :share, 2, 3 + N % (:campaigns - 2))), 'CON' || N, 'Client ' || N % 100,
        'Service', 'R' || N, printf('Name %08x', N * 2654435761 % 4294967296), 'First ' || N % 977, 'Frau',
        'Company ' || N % 5000, 'Street ' || N % 200, printf('%05d', N % 99999), 'City ' || N % 3000, 'Germany',
        N / 8.0, '+49' || N, '+43' || N, 'contact' || N || '@example.org', 'Comment on contact ' || N,
        'https://crm.example.org/contacts/' || N, 'Tag ' || N % 10, N * 7 % 1000003, '2026-11-24T00:00:00.000'
    from Numbers
"""
INDEXES = """
    select name, sql from sqlite_schema
    where type = 'index' and tbl_name = 'DiallerContacts' and sql is not null
"""


def build(path: Path, counts: Mapping[str, int]) -> str:
    """Make a database with so many contacts, campaigns and events, the store of this process, and return a token.

    :param counts: how many of each.
    """
    open_database(path, create=True).select()
    tokens.add_client("Large")
    with store.atomic():
        store.execute(CAMPAIGNS, count=counts["campaigns"])
        campaigns.add_default_result_codes(1)
        store.execute(GROUP)
        store.execute(EVENTS, count=counts["events"])
        _add_contacts(counts)
    connection().execute("pragma wal_checkpoint(truncate)")
    return tokens.add_token(1, "bench")


def _add_contacts(counts: Mapping[str, int]) -> None:
    # Indexes are made faster at once than row by row.
    indexes = store.query(INDEXES)
    for index in indexes:
        store.execute(f"drop index {index['name']}")
    share = SHARE if counts["contacts"] > 2 * SHARE else counts["contacts"] // counts["campaigns"]
    store.execute(CONTACTS, count=counts["contacts"], share=share, campaigns=counts["campaigns"])
    for index in indexes:
        store.execute(index["sql"])
    contacts.count_all()


# IMPORT
