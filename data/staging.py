"""Staging: what an import has stored before it is published, which readers do not see.

New contacts are stored in the table of all contacts, in ranges of IDs that the view leaves out. Overwritten contacts
are stored in a table of staged contacts. When the import is published, the view reads them from there instead of the
old ones, and they are moved in the background.
"""

from typing import Any

from data import store

CONTACTS = "DiallerContacts"
ALL = store.ContactTable(CONTACTS)
# Columns that an import does not change. They are left out of updates, so that their indexes are not written.
FIXED = {"ID", "ClientsID", "DiallerCampaignsID", "UserData"}


def claim(contact_id: int) -> None:
    """Prepare the deletion or overwriting of a contact, in the transaction that does it.

    An import that is about to overwrite the contact is marked as overtaken: it starts again.

    :param contact_id: ID of the contact.
    """
    settle(contact_id)
    for upload, table in _list_staged(published=False):
        store.execute(
            "update DiallerContactsUploads set bOvertaken = 1 where ID = :id"
            f" and exists (select 1 from {table.name} as Staged where {table.condition} and Staged.ID = :contact)",
            id=upload,
            contact=contact_id,
        )


def settle(contact_id: int) -> None:
    """Move a contact that a published import has overwritten to its place, in the transaction that changes it.

    :param contact_id: ID of the contact.
    """
    for upload, table in _list_staged(published=True):
        move(upload, table, "= :id", id=contact_id)


def note_lock(contact_id: int, moment: str | None) -> None:
    """Copy the lock of a contact to the tables of imports, in the transaction that locks or unlocks it.

    :param contact_id: ID of the contact.
    :param moment: when it was locked, UTC; None if it is unlocked.
    """
    for _, table in _list_staged(published=False):
        store.execute(
            f"update {table.name} set dtLocked = :moment where {table.condition} and ID = :id",
            moment=moment,
            id=contact_id,
        )


def overtake(clients_id: int) -> None:
    """Mark a client account's imports that overwrite contacts as overtaken: they start again.

    :param clients_id: ID of the client account.
    """
    store.execute(
        "update DiallerContactsUploads set bOvertaken = 1"
        " where ClientsID = :client and bOverwrites = 1 and bPublished = 0",
        client=clients_id,
    )


def drop_campaign(campaign_id: int) -> None:
    """Delete what imports have stored for a campaign, in the transaction that uses its ID again.

    :param campaign_id: ID of the campaign.
    """
    store.execute("update DiallerContactsUploads set bOvertaken = 1 where bPublished = 0")
    for _, table in _list_staged(published=True):
        store.execute(
            f"delete from {table.name} where {table.condition} and DiallerCampaignsID = :campaign", campaign=campaign_id
        )


def require_free(contact_id: int) -> None:
    """Do nothing if no unpublished import has given an ID to a contact.

    :param contact_id: the ID.
    :raises store.NotUnique: an import has.
    """
    if store.query(f"select 1 from {CONTACTS} where ID = :id and {find_upload()} is not null", id=contact_id):
        raise store.NotUnique("ID: is another owner's")


def find_upload(contacts: str = CONTACTS) -> str:
    """Return SQL for the ID of the unpublished import that has stored a contact; null for all other contacts.

    :param contacts: the name of the contacts' table in the query.
    """
    return (
        f"(select case when LastID >= {contacts}.ID then DiallerContactsUploadsID end from DiallerContactsArrivals"
        f" where FirstID <= {contacts}.ID order by FirstID desc limit 1)"
    )


def has_staged() -> bool:
    """Return whether there is an import with a table of overwritten contacts."""
    return bool(store.query("select 1 from DiallerContactsUploads where bStaged = 1 limit 1"))


def move(upload: int, table: store.ContactTable, condition: str, **parameters: Any) -> None:
    """Move contacts from the table of an import to the table of all contacts, and delete what it has reset.

    :param upload: ID of the import.
    :param table: the staged contacts of the import.
    :param condition: SQL that follows the ID of the contacts to move, such as `= :id`.
    :param parameters: the values of the condition's named parameters.
    """
    columns = ", ".join(f"{column} = Moved.{column}" for column in list_contact_columns() if column not in FIXED)
    store.execute(
        f"update {CONTACTS} set {columns} from {table.name} as Moved"
        f" where {table.condition} and Moved.ID = {CONTACTS}.ID and Moved.ID {condition}",
        **parameters,
    )
    store.execute(f"delete from {table.name} where {table.condition} and ID {condition}", **parameters)
    reset = f"DiallerContactsUploadsID = :upload and DiallerContactsID {condition}"
    store.execute(
        "delete from DiallerContactsHistory where DiallerContactsID in"
        f" (select DiallerContactsID from DiallerContactsResets where {reset})",
        upload=upload,
        **parameters,
    )
    store.execute(f"delete from DiallerContactsResets where {reset}", upload=upload, **parameters)


@store.cached()
def list_contact_columns() -> list[str]:
    """Return the names of the contact columns that are stored, not generated."""
    return [*store.current().list_columns(CONTACTS)]


def _list_staged(*, published: bool) -> list[tuple[int, store.ContactTable]]:
    rows = store.query(
        "select ID from DiallerContactsUploads where bStaged = 1 and bPublished = :published order by ID",
        published=published,
    )
    return [(row["ID"], store.current().staged(row["ID"])) for row in rows]
