"""Staging in a SQLite file: a table for each import that overwrites contacts, and a view for readers.

The view is created again when an import begins or ends, so that it costs nothing while there is none.
"""

from data.store.store import Store

CONTACTS = "DiallerContacts"
VIEW = "DiallerContactsPresent"
NOT_PURGED = "DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges)"
# The first comparison is enough for most contacts, which are older than all imports that have not ended.
ARRIVED = """case when ID < (select min(FirstID) from DiallerContactsArrivals) then true else coalesce(
    (select LastID from DiallerContactsArrivals where FirstID <= DiallerContacts.ID order by FirstID desc limit 1), 0
) < ID end"""


def name_table(upload: int) -> str:
    """Return the name of an import's table of overwritten contacts.

    :param upload: ID of the import.
    """
    return f"{CONTACTS}Upload{upload}"


def make_table(of: Store, table: str) -> None:
    """Create a table with the columns and indexes of the contacts' table.

    :param of: the store.
    :param table: its name.
    """
    for row in of.query(
        "select sql from sqlite_schema where tbl_name = :contacts and sql is not null and type in ('table', 'index')"
        " order by type desc",
        {"contacts": CONTACTS},
    ):
        of.execute(row["sql"].replace(CONTACTS, table).replace(" autoincrement", ""))
    of.execute(f"create index {table}Locked on {table} (ID) where dtLocked is not null")


def update_view(of: Store) -> None:
    """Create the view of the contacts again, if its definition has changed.

    :param of: the store.
    """
    published = of.query("select ID from DiallerContactsUploads where bStaged = 1 and bPublished = 1 order by ID")
    tables = [name_table(row["ID"]) for row in published]
    shown = [NOT_PURGED, *(f"ID not in (select ID from {table})" for table in tables)]
    if of.query("select 1 from DiallerContactsArrivals limit 1"):
        shown.append(ARRIVED)
    # SQLite reads each part by its index, in the order of the list, and merges the parts.
    parts = [
        f"select * from {CONTACTS} where {' and '.join(shown)}",
        *(f"select * from {table} where {NOT_PURGED}" for table in tables),
    ]
    sql = f"CREATE VIEW {VIEW} as\n{' union all '.join(parts)}"
    (current,) = of.values("select sql from sqlite_schema where name = :view", {"view": VIEW})
    if current != sql:
        of.execute(f"drop view {VIEW}")
        of.execute(sql)
