"""Dialler contacts."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from data import campaigns, records, staging, store
from data.dialler import history
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source

MISSING = "Dialler contact not found"
LOCKED = "Dialler contact is locked"
EXPORT_STEP = 1_000
PRESENT = "DiallerContactsPresent"


def list_all(clients_id: int, page: Page, campaign_id: int | None) -> Listing:
    """Return a page of a client's contacts.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :param campaign_id: ID of the campaign whose contacts are asked for; None for those of all campaigns.
    :raises BadPage: the filter or the cursor is wrong.
    :raises store.NotFound: the client has no campaign with that ID.
    """
    if campaign_id is None:
        where, parameters = "ClientsID = :client", {"client": clients_id}
    else:
        campaigns.get(clients_id, campaign_id)
        where, parameters = "DiallerCampaignsID = :campaign", {"campaign": campaign_id}
    # With a filter, counting would take longer than the page.
    count = partial(_count, clients_id, campaign_id)
    source = Source(PRESENT, where, parameters, count, counts_filtered=False, stored="DiallerContacts")
    return list_page(source, page)


def get(clients_id: int, contact_id: int) -> str:
    """Return a client's contact as JSON text.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    :raises store.NotFound: the client has no contact with that ID.
    """
    return records.get_by_id(PRESENT, clients_id, contact_id, MISSING)


def find_by_user_data(clients_id: int, user_data: str) -> list[str]:
    """Return a client's contacts with exactly this user data, as JSON texts in ID order.

    :param clients_id: ID of the client account.
    :param user_data: the value of `UserData`.
    """
    return [row["Record"] for row in _with_user_data(clients_id, user_data, "Record")]


def find_duplicate(clients_id: int, contact: Mapping[str, Any]) -> int | None:
    """Return the lowest ID of the contacts of the same campaign with the same user data, or None.

    :param clients_id: ID of the client account.
    :param contact: the fields of a contact to be imported, valid by the contract.
    """
    row = store.one(
        f"select Contacts.ID from {PRESENT} as Contacts join DiallerCampaigns as Campaigns"
        " on Campaigns.ID = Contacts.DiallerCampaignsID"
        " where Contacts.ClientsID = :client and Contacts.UserData = :user_data"
        " and Campaigns.ID = coalesce(:id, Campaigns.ID) and Campaigns.Name = coalesce(:name, Campaigns.Name)"
        " order by Contacts.ID limit 1",
        client=clients_id,
        # An empty text is stored as null, which equals nothing.
        user_data=contact.get("UserData") or None,
        id=contact.get("DiallerCampaignsID"),
        name=contact.get("DiallerCampaignsName") or None,
    )
    return None if row is None else row["ID"]


def get_batch(clients_id: int, user_data_list: Sequence[str], id_list: Sequence[int], languages_id: int) -> list[str]:
    """Return the contacts with one of these user data or IDs, each once, as JSON texts in ID order.

    Each text includes the contact's result code and history. A value that no contact has is ignored.

    :param clients_id: ID of the client account.
    :param user_data_list: values of `UserData`.
    :param id_list: IDs of contacts.
    :param languages_id: the language of the result codes: 1 for English, 2 for German.
    """
    rows = store.query(
        "select Contacts.ID, Contacts.Record, Codes.Record as Code from DiallerContactsPresent as Contacts"
        " left join DiallerCampaignsResultCodesRecords as Codes"
        " on Codes.ID = Contacts.DiallerCampaignsResultCodesID and Codes.LanguagesID = :language"
        " where Contacts.ID in ("
        f" select ID from DiallerContacts where ClientsID = :client and {store.current().any_of('ID', 'ids')}"
        " union select ID from DiallerContacts"
        f" where ClientsID = :client and {store.current().any_of('UserData', 'user_data')})"
        " order by Contacts.ID",
        client=clients_id,
        language=languages_id,
        ids=[*id_list],
        user_data=[*user_data_list],
    )
    calls = history.list_of([row["ID"] for row in rows])
    return [_extend(row["Record"], row["Code"], calls.get(row["ID"], [])) for row in rows]


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's contact, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of DiallerContacts to value, for the columns that the API shows.
    :raises store.NotFound: the client has no campaign with the row's `DiallerCampaignsID`.
    :raises store.NotUnique: another client's contact has the ID.
    """
    campaigns.require_id(clients_id, row["DiallerCampaignsID"])
    replaced = store.one(
        f"select DiallerCampaignsID from {PRESENT} where ClientsID = :client and ID = :id",
        client=clients_id,
        id=row["ID"],
    )
    if row["ID"] is not None:
        staging.require_free(row["ID"])
        staging.claim(row["ID"])
    staging.overtake(clients_id)
    saved = records.save("DiallerContacts", "ClientsID", {**row, "ClientsID": clients_id})
    if replaced is not None:
        change_count(clients_id, replaced["DiallerCampaignsID"], -1)
    change_count(clients_id, row["DiallerCampaignsID"], 1)
    return get(clients_id, saved)


def delete(clients_id: int, contact_id: int) -> None:
    """Delete a contact.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    :raises store.NotFound: the client has no contact with that ID.
    :raises store.Conflict: it is locked.
    """
    with store.atomic():
        _delete(_find(clients_id, contact_id))


def delete_by_user_data(clients_id: int, user_data: str) -> None:
    """Delete the contact with exactly this user data; of several, the one with the lowest ID.

    :param clients_id: ID of the client account.
    :param user_data: the value of `UserData`.
    :raises store.NotFound: the client has no contact with this user data.
    :raises store.Conflict: it is locked.
    """
    with store.atomic():
        rows = _with_user_data(clients_id, user_data, "ID, ClientsID, DiallerCampaignsID, dtLocked")
        if not rows:
            raise store.NotFound(MISSING)
        _delete(rows[0])


def lock(clients_id: int, contact_id: int) -> str:
    """Lock a contact, so that it is neither deleted nor overwritten, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    :raises store.NotFound: the client has no contact with that ID.
    :raises store.Conflict: it is locked already.
    """
    with store.atomic():
        require_unlocked(_find(clients_id, contact_id))
        _set_lock(contact_id, store.now())
        return get(clients_id, contact_id)


def unlock(clients_id: int, contact_id: int) -> None:
    """End the lock of a contact, if it is locked.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    :raises store.NotFound: the client has no contact with that ID.
    """
    with store.atomic():
        _find(clients_id, contact_id)
        _set_lock(contact_id, None)


def export(clients_id: int, campaign: str | None) -> Iterator[store.Row]:
    """Return a client's contacts as rows in ID order, with the names of their campaigns and the keys of their results.

    :param clients_id: ID of the client account.
    :param campaign: the name of the campaign whose contacts are asked for; None for those of all campaigns.
    """
    where = "true" if campaign is None else "Campaigns.Name = :campaign"
    parameters: dict[str, Any] = {"client": clients_id, **({} if campaign is None else {"campaign": campaign})}
    after = -1
    while rows := store.query(
        "select Contacts.*, Campaigns.Name as DiallerCampaignsName, Codes.ExportKey as ResultCodesExportKey"
        " from DiallerCampaigns as Campaigns join DiallerContactsPresent as Contacts"
        " on Contacts.DiallerCampaignsID = Campaigns.ID"
        " left join DiallerCampaignsResultCodes as Codes on Codes.ID = Contacts.DiallerCampaignsResultCodesID"
        f" where Contacts.ClientsID = :client and Contacts.ID > :after and {where}"
        f" order by Contacts.ID limit {EXPORT_STEP}",
        **parameters,
        after=after,
    ):
        yield from rows
        after = rows[-1]["ID"]


def change_count(clients_id: int, campaign_id: int, by: int) -> None:
    """Update the stored number of a campaign's contacts, in the transaction that adds or removes them.

    :param clients_id: ID of the client account.
    :param campaign_id: ID of the campaign.
    :param by: the number of contacts added; negative if contacts are removed.
    """
    parameters = {"client": clients_id, "campaign": campaign_id, "by": by}
    if not store.execute(
        "update DiallerContactsCounts set nContacts = nContacts + :by"
        " where ClientsID = :client and DiallerCampaignsID = :campaign",
        **parameters,
    ):
        store.execute(
            "insert into DiallerContactsCounts (ClientsID, DiallerCampaignsID, nContacts)"
            " values (:client, :campaign, :by)",
            **parameters,
        )


def count_all() -> None:
    """Count the contacts of each campaign, in a database that has no counts yet."""
    store.execute(
        "insert into DiallerContactsCounts (ClientsID, DiallerCampaignsID, nContacts)"
        " select ClientsID, DiallerCampaignsID, count(*) from DiallerContacts group by ClientsID, DiallerCampaignsID"
    )


def require_unlocked(contact: store.Row) -> None:
    """Do nothing if a contact is not locked.

    :param contact: a row with the column `dtLocked`.
    :raises store.Conflict: it is locked.
    """
    if contact["dtLocked"] is not None:
        raise store.Conflict(LOCKED)


def _count(clients_id: int, campaign_id: int | None) -> int:
    if campaign_id is None:
        counted, where = "DiallerContactsTotals", "ClientsID = :client"
    else:
        counted, where = "DiallerContactsCounts", "ClientsID = :client and DiallerCampaignsID = :campaign"
    row = store.one(f"select nContacts from {counted} where {where}", client=clients_id, campaign=campaign_id)
    return row["nContacts"] if row else 0


def _find(clients_id: int, contact_id: int) -> store.Row:
    row = store.one(
        "select ID, ClientsID, DiallerCampaignsID, dtLocked from DiallerContactsPresent"
        " where ClientsID = :client and ID = :id",
        client=clients_id,
        id=contact_id,
    )
    if row is None:
        raise store.NotFound(MISSING)
    return row


def _with_user_data(clients_id: int, user_data: str, columns: str) -> list[store.Row]:
    return store.query(
        f"select {columns} from DiallerContactsPresent where ClientsID = :client and UserData = :user_data order by ID",
        client=clients_id,
        user_data=user_data,
    )


def _set_lock(contact_id: int, moment: str | None) -> None:
    staging.settle(contact_id)
    staging.note_lock(contact_id, moment)
    store.execute("update DiallerContacts set dtLocked = :moment where ID = :id", moment=moment, id=contact_id)


def _delete(contact: store.Row) -> None:
    require_unlocked(contact)
    staging.claim(contact["ID"])
    store.execute("delete from DiallerContacts where ID = :id", id=contact["ID"])
    change_count(contact["ClientsID"], contact["DiallerCampaignsID"], -1)


def _extend(record: str, code: str | None, calls: Sequence[str]) -> str:
    added = f'"DiallerCampaignsResultCodes":{code or "null"},"DiallerContactsHistory":[{",".join(calls)}]'
    return f"{record[:-1]},{added}}}"
