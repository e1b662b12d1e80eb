"""A database as the first version made it."""

from contextlib import closing
from pathlib import Path

from data.store.scripts import MIGRATIONS
from data.store.sqlite import sqlite3

FIRST = "0001_initial.sql"
NEWEST_ID = 215423
# As the first version's demo had them, one with a value in every kind of column.
ROWS = f"""
    insert into Languages values (1, 'English'), (2, 'German');
    insert into Clients values (1, 'Demo Telefonservice', 1), (2, 'Demo Callcenter Two', 1);
    insert into DiallerCampaigns (ID, ClientsID, Name) values (500, 1, 'Campaign 1000'), (535, 1, 'Herbst'),
        (539, 2, 'Campaign 1000'), (540, 2, 'Spring Renewals');
    insert into DiallerContacts (ID, DiallerCampaignsID, UserData, Name, FirstName, Company, City, PhoneNumber1) values
        (215380, 500, 'CON6174', 'Öztürk-Muster', 'Felix', 'Beispiel AG', 'München', '+493023125112'),
        (215381, 500, 'CON6175', 'Sample', 'Grace', 'Sample Ltd', 'Berlin', '+493023125198'),
        (215395, 535, 'CON6189', 'Example', 'Sophie', null, null, null),
        (215417, 539, 'CON6211', 'Beispiel', 'Lena', null, 'Köln', '+493023125199'),
        ({NEWEST_ID}, 539, 'CON6217', 'Testmann', 'Oliver', null, null, '+493023125200');
    insert into DiallerContacts (ID, DiallerCampaignsID, UserData, Name, Amount, RandomSortOrder, dtNextTry,
        bPhoneNumber2Invalid, nTriesPhoneNumber1, nPhoneNumber1LastCause, Extra)
        values (215396, 535, 'CON6190', 'Übergang', 12.5, -7, '2026-12-24T18:30:00.000', 1, 3, 17, '{{"Old":[true]}}');
"""


def make_old(file: Path) -> Path:
    """Make a demo database of schema version 1."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript((MIGRATIONS / FIRST).read_text(encoding="utf-8") + ROWS)
        database.executescript(f"pragma application_id = {0x6672746E}; pragma user_version = 1")
    return file
