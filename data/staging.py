"""Staging: what an import has stored before it is published, and the view that hides it from readers.

New contacts are stored in the table of all contacts, in ranges of IDs that the view leaves out. Overwritten contacts
are stored in a table of the import. When the import is published, the view reads them from there instead of the old
ones, and they are moved in the background. The view is created again when an import begins or ends, so that it costs
nothing while there is none.
"""

from typing import Any

from data import store

CONTACTS = "DiallerContacts"
VIEW = "DiallerContactsPresent"
# Columns that an import does not change. They are left out of updates, so that their indexes are not written.
FIXED = {"ID", "ClientsID", "DiallerCampaignsID", "UserData"}
NOT_PURGED = "DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges)"
# The first comparison is enough for most contacts, which are older than all imports that have not ended.
ARRIVED = "case when ID < (select min(FirstID) from DiallerContactsArrivals) then true else {} is null end"


def claim(contact_id: int) -> None:
    """Prepare the deletion or overwriting of a contact, in the transaction that does it.

    An import that is about to overwrite the contact is marked as overtaken: it starts again.

    :param contact_id: ID of the contact.
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
    """Move a contact that a published import has overwritten to its place, in the transaction that changes it.

    :param contact_id: ID of the contact.
    """
    for upload in _list_staged(published=True):
        move(name_table(upload), "= :id", id=contact_id)


def note_lock(contact_id: int, moment: str | None) -> None:
    """Copy the lock of a contact to the tables of imports, in the transaction that locks or unlocks it.

    :param contact_id: ID of the contact.
    :param moment: when it was locked, UTC; None if it is unlocked.
    """
    for upload in _list_staged(published=False):
        table = name_table(upload)
        store.execute(f"update {table} set dtLocked = :moment where ID = :id", moment=moment, id=contact_id)


def overtake(clients_id: int) -> None:
    """Mark a client account's imports that overwrite contacts as overtaken: they start again.

    :param clients_id: ID of the client account.
    """
    store.execute(
        "update DiallerContactsUploads set bOvertaken = 1 where ClientsID = :client and bOverwrites and not bPublished",
        client=clients_id,
    )


def drop_campaign(campaign_id: int) -> None:
    """Delete what imports have stored for a campaign, in the transaction that uses its ID again.

    :param campaign_id: ID of the campaign.
    """
    store.execute("update DiallerContactsUploads set bOvertaken = 1 where not bPublished")
    for upload in _list_staged(published=True):
        store.execute(f"delete from {name_table(upload)} where DiallerCampaignsID = :campaign", campaign=campaign_id)


def require_free(contact_id: int) -> None:
    """Do nothing if no unpublished import has given an ID to a contact.

    :param contact_id: the ID.
    :raises store.NotUnique: an import has.
    """
    if store.query(f"select 1 from {CONTACTS} where ID = :id and {find_upload()} is not null", id=contact_id):
        raise store.NotUnique("ID: is another owner's")


def update_view() -> None:
    """Create the view of the contacts again, if its definition has changed."""
    uploads = _list_staged(published=True)
    shown = [NOT_PURGED, *(f"ID not in (select ID from {name_table(upload)})" for upload in uploads)]
    if store.query("select 1 from DiallerContactsArrivals limit 1"):
        shown.append(ARRIVED.format(find_upload()))
    # SQLite reads each part by its index, in the order of the list, and merges the parts.
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
    """Return SQL for the ID of the unpublished import that has stored a contact; null for all other contacts.

    :param contacts: the name of the contacts' table in the query.
    """
    return (
        f"(select iif(LastID >= {contacts}.ID, DiallerContactsUploadsID, null) from DiallerContactsArrivals"
        f" where FirstID <= {contacts}.ID order by FirstID desc limit 1)"
    )


def has_staged() -> bool:
    """Return whether there is an import with a table of overwritten contacts."""
    return bool(store.query("select 1 from DiallerContactsUploads where bStaged limit 1"))


def move(table: str, condition: str, **parameters: Any) -> None:
    """Move contacts from the table of an import to the table of all contacts.

    :param table: the table of the import.
    :param condition: SQL that follows the ID of the contacts to move, such as `= :id`.
    :param parameters: the values of the condition's named parameters.
    """
    columns = ", ".join(f"{column} = Moved.{column}" for column in list_contact_columns() if column not in FIXED)
    store.execute(
        f"update {CONTACTS} set {columns} from {table} as Moved"
        f" where Moved.ID = {CONTACTS}.ID and Moved.ID {condition}",
        **parameters,
    )
    store.execute(f"delete from {table} where ID {condition}", **parameters)


def make_table(table: str) -> None:
    """Create a table with the columns and indexes of the contacts' table.

    :param table: its name.
    """
    for row in store.query(
        "select sql from sqlite_schema where tbl_name = :contacts and sql is not null and type in ('table', 'index')"
        " order by type desc",
        contacts=CONTACTS,
    ):
        store.execute(row["sql"].replace(CONTACTS, table).replace(" autoincrement", ""))
    store.execute(f"create index {table}Locked on {table} (ID) where dtLocked is not null")


@store.cached()
def list_contact_columns() -> list[str]:
    """Return the names of the contact columns that are stored, not generated."""
    rows = store.query(f"select name from pragma_table_xinfo('{CONTACTS}') where hidden = 0 order by cid")
    return [row["name"] for row in rows]


def _list_staged(*, published: bool) -> list[int]:
    rows = store.query(
        "select ID from DiallerContactsUploads where bStaged and bPublished = :published order by ID",
        published=published,
    )
    return [row["ID"] for row in rows]


def name_table(upload: int) -> str:
    """Return the name of an import's table of overwritten contacts.

    :param upload: ID of the import.
    """
    return f"{CONTACTS}Upload{upload}"
