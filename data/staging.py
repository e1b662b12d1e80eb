"""Contacts that an import has stored and nobody sees yet, and the view that shows all others.

New contacts are stored beside all others, in ranges of IDs that the view leaves out. Overwritten ones are stored in a
table of the import, which the view puts in the place of the old ones when the import has ended; then they are moved.
The view is made anew when one of these begins or ends, so that it costs nothing when there is no import.
"""

from typing import Any

from data import store

CONTACTS = "DiallerContacts"
VIEW = "DiallerContactsPresent"
# What an import does not change. Left out where contacts are moved, so that their indexes stay.
FIXED = {"ID", "ClientsID", "DiallerCampaignsID", "UserData"}
NOT_PURGED = "DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges)"
# Most contacts are older than all imports that have not ended.
ARRIVED = "case when ID < (select min(FirstID) from DiallerContactsArrivals) then true else {} is null end"


def claim(contact_id: int) -> None:
    """Prepare that a contact is deleted or overwritten, in the transaction that does it.

    An import that is about to overwrite it begins again.
    """
    settle(contact_id)
    for upload in _list_staged(published=False):
        store.execute(
            "update DiallerContactsUploads set bOvertaken = 1 where ID = :id"
            f" and exists (select 1 from {name_table(upload)} where ID = :contact)",
            id=upload,
            contact=contact_id,
        )


def settle(contact_id: int) -> None:
    """Move a contact that an import has overwritten to its place, in the transaction that changes it."""
    for upload in _list_staged(published=True):
        move(name_table(upload), "= :id", id=contact_id)


def lock(contact_id: int, moment: str | None) -> None:
    """Let imports that overwrite a contact know whether it is locked, in the transaction that locks or unlocks it."""
    for upload in _list_staged(published=False):
        table = name_table(upload)
        store.execute(f"update {table} set dtLocked = :moment where ID = :id", moment=moment, id=contact_id)


def overtake(clients_id: int) -> None:
    """Let the imports of a client account begin again that overwrite contacts."""
    store.execute(
        "update DiallerContactsUploads set bOvertaken = 1 where ClientsID = :client and bOverwrites and not bPublished",
        client=clients_id,
    )


def drop_campaign(campaign_id: int) -> None:
    """Forget what imports have stored for a campaign, in the transaction that brings its ID back."""
    store.execute("update DiallerContactsUploads set bOvertaken = 1 where not bPublished")
    for upload in _list_staged(published=True):
        store.execute(f"delete from {name_table(upload)} where DiallerCampaignsID = :campaign", campaign=campaign_id)


def require_free(contact_id: int) -> None:
    """Do nothing if no import has given an ID to a contact that nobody sees yet.

    :raises store.NotUnique: one has.
    """
    if store.query(f"select 1 from {CONTACTS} where ID = :id and {find_upload()} is not null", id=contact_id):
        raise store.NotUnique("ID: is another owner's")


def show() -> None:
    """Make the view of the contacts anew, if what it is to show has changed."""
    uploads = _list_staged(published=True)
    shown = [NOT_PURGED, *(f"ID not in (select ID from {name_table(upload)})" for upload in uploads)]
    if store.query("select 1 from DiallerContactsArrivals limit 1"):
        shown.append(ARRIVED.format(find_upload()))
    # SQLite reads each part in the order of a list, by its index, and merges them.
    parts = [
        f"select * from {CONTACTS} where {' and '.join(shown)}",
        *(f"select * from {name_table(upload)} where {NOT_PURGED}" for upload in uploads),
    ]
    sql = f"CREATE VIEW {VIEW} as\n{' union all '.join(parts)}"
    (current,) = store.values("select sql from sqlite_schema where name = :view", view=VIEW)
    if current != sql:
        store.execute(f"drop view {VIEW}")
        store.execute(sql)


def find_upload(contacts: str = CONTACTS) -> str:
    """Return SQL for the ID of the import that has stored a contact unseen by others, or null.

    :param contacts: the name of the contacts' table in the query.
    """
    return (
        f"(select iif(LastID >= {contacts}.ID, DiallerContactsUploadsID, null) from DiallerContactsArrivals"
        f" where FirstID <= {contacts}.ID order by FirstID desc limit 1)"
    )


def has_staged() -> bool:
    """Return whether there is an import that overwrites contacts in steps."""
    return bool(store.query("select 1 from DiallerContactsUploads where bStaged limit 1"))


def move(table: str, condition: str, **parameters: Any) -> None:
    """Move contacts from the table of an import to their place.

    :param condition: what follows the ID of those that are moved.
    """
    columns = ", ".join(f"{column} = Moved.{column}" for column in list_columns() if column not in FIXED)
    store.execute(
        f"update {CONTACTS} set {columns} from {table} as Moved"
        f" where Moved.ID = {CONTACTS}.ID and Moved.ID {condition}",
        **parameters,
    )
    store.execute(f"delete from {table} where ID {condition}", **parameters)


def make_table(table: str) -> None:
    """Make a table like that of the contacts, with its indexes."""
    for row in store.query(
        "select sql from sqlite_schema where tbl_name = :contacts and sql is not null and type in ('table', 'index')"
        " order by type desc",
        contacts=CONTACTS,
    ):
        store.execute(row["sql"].replace(CONTACTS, table).replace(" autoincrement", ""))
    store.execute(f"create index {table}Locked on {table} (ID) where dtLocked is not null")


@store.cached()
def list_columns() -> list[str]:
    """Return the columns of contacts that have a value of their own."""
    rows = store.query(f"select name from pragma_table_xinfo('{CONTACTS}') where hidden = 0 order by cid")
    return [row["name"] for row in rows]


def _list_staged(*, published: bool) -> list[int]:
    rows = store.query(
        "select ID from DiallerContactsUploads where bStaged and bPublished = :published order by ID",
        published=published,
    )
    return [row["ID"] for row in rows]


def name_table(upload: int) -> str:
    """Return the name of the table of the contacts that an import overwrites."""
    return f"{CONTACTS}Upload{upload}"
