"""Dialler campaigns and their result codes."""

from collections.abc import Mapping
from typing import Any

from data import purges, records, store
from data.lists.fields import fold_texts
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source

MISSING = "Dialler campaign not found"
REFERENCES = ("AbortOnNoTelNumberResultCodesID", "IncomingCallResultCodesID")
COPIED_COLUMNS = f"""
    ClientsID, ContactPreviewTime, nMaxParallelLines, bCloseContactsOnIncomingCallsMatchCallerID, dtTo, LanguagesID,
    bCallerIDActive, Extra, {", ".join(REFERENCES)}
"""
# In terms of `Pairs`, see `_copy_result_codes`.
COPIED_REFERENCES = ", ".join(f"{name} = (select CopiesID from Pairs where CodesID = {name})" for name in REFERENCES)
RESULT_CODE_COLUMNS = """
    DiallerResultCodesTypesID, ExportKey, bDone, bAborted, bDelay, bAppointment, bAllowDelete, bAgentBound, TimeOffset,
    Extra
"""
TEXT_COLUMNS = "LanguagesID, Content, DiallerResultCodesTypesContent"


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of a client's campaigns.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return list_page(Source("DiallerCampaigns", "ClientsID = :client", {"client": clients_id}), page)


def find(clients_id: int, name: str) -> list[str]:
    """Return a client's campaigns whose name contains a text, in any letter case.

    :param clients_id: ID of the client account.
    :param name: the text.
    :returns: the campaigns as JSON texts, in name order.
    """
    return records.find_by_name("DiallerCampaigns", clients_id, name)


def get(clients_id: int, campaign_id: int) -> str:
    """Return a client's campaign as JSON text.

    :param clients_id: ID of the client account.
    :param campaign_id: ID of the campaign.
    :raises store.NotFound: the client has no campaign with that ID.
    """
    return records.get_by_id("DiallerCampaigns", clients_id, campaign_id, MISSING)


def list_result_codes(clients_id: int, campaign_id: int, languages_id: int) -> list[str]:
    """Return a campaign's result codes in a language, as JSON texts in ID order.

    :param clients_id: ID of the client account.
    :param campaign_id: ID of the campaign.
    :param languages_id: 1 for English, 2 for German.
    :raises store.NotFound: the client has no campaign with that ID.
    """
    rows = store.query(
        "select Codes.Record from DiallerCampaigns as Campaigns"
        " join DiallerCampaignsResultCodesRecords as Codes on Codes.DiallerCampaignsID = Campaigns.ID"
        " where Campaigns.ClientsID = :client and Campaigns.ID = :campaign and Codes.LanguagesID = :language"
        " order by Codes.ID",
        client=clients_id,
        campaign=campaign_id,
        language=languages_id,
    )
    if not rows:
        get(clients_id, campaign_id)
    return [row["Record"] for row in rows]


def clone(clients_id: int, source: str, destination: str, user_data: str | None) -> str:
    """Copy a campaign with all related data except its contacts, and return the clone as JSON text.

    :param clients_id: ID of the client account.
    :param source: the exact name of the campaign to copy.
    :param destination: the name of the clone.
    :param user_data: the clone's `UserData`; None for null.
    :raises store.NotFound: the client has no campaign of the name `source`.
    :raises store.NotUnique: the client has a campaign of the name `destination`.
    """
    with store.atomic():
        original = _find_exactly(clients_id, source)
        if original is None:
            raise store.NotFound(MISSING)
        if _find_exactly(clients_id, destination):
            raise store.NotUnique("Dialler campaign already exists")
        named = fold_texts("DiallerCampaigns", {"Name": destination, "UserData": user_data})
        (copy,) = store.query(
            f"insert into DiallerCampaigns ({', '.join(named)}, {COPIED_COLUMNS})"
            f" select {', '.join(f':{name}' for name in named)}, {COPIED_COLUMNS}"
            " from DiallerCampaigns where ID = :original returning ID",
            **named,
            original=original["ID"],
        )
        codes = _copy_result_codes(
            copy["ID"], "DiallerCampaignsResultCodes", "DiallerCampaignsID = :original", original=original["ID"]
        )
        (record,) = store.values(
            f"{codes} update DiallerCampaigns set {COPIED_REFERENCES} where ID = :copy returning Record",
            original=original["ID"],
            copy=copy["ID"],
        )
        return str(record)


def delete(clients_id: int, campaign_id: int) -> None:
    """Delete a campaign with all related data, its contacts included.

    :param clients_id: ID of the client account.
    :param campaign_id: ID of the campaign.
    :raises store.NotFound: the client has no campaign with that ID.
    """
    _delete("ClientsID = :client and ID = :id", client=clients_id, id=campaign_id)


def delete_by_name(clients_id: int, name: str) -> None:
    """Delete the campaign of exactly this name with all related data, its contacts included.

    :param clients_id: ID of the client account.
    :param name: the exact name.
    :raises store.NotFound: the client has no campaign of that name.
    """
    _delete("ClientsID = :client and Name = :name", client=clients_id, name=name)


def save(clients_id: int, row: Mapping[str, Any]) -> str:
    """Insert a client's campaign, or replace the one with its ID, and return it as JSON text.

    A campaign without an ID is a new one: it starts with a copy of the default result codes.

    :param clients_id: ID of the client account.
    :param row: column of DiallerCampaigns to value, without `ClientsID`; `ID` is None for a new campaign.
    :raises store.NotUnique: another client's campaign has the ID, or another campaign the name.
    """
    namesake = _find_exactly(clients_id, row["Name"])
    if namesake and namesake["ID"] != row["ID"]:
        raise store.NotUnique("Name: is another campaign's")
    saved = records.save("DiallerCampaigns", "ClientsID", {**row, "ClientsID": clients_id})
    purges.finish(saved)
    if row["ID"] is None:
        add_default_result_codes(saved)
    return get(clients_id, saved)


def save_result_code(clients_id: int, row: Mapping[str, Any], texts: Mapping[str, Any]) -> str:
    """Insert a campaign's result code, or replace the one with its ID, and return it as JSON text.

    :param clients_id: ID of the client account.
    :param row: column of DiallerCampaignsResultCodes to value.
    :param texts: column of DiallerCampaignsResultCodesTexts to value: the texts in one language.
    :raises store.NotFound: the client has no campaign with the row's `DiallerCampaignsID`.
    :raises store.NotUnique: another campaign's result code has the ID.
    """
    require_id(clients_id, row["DiallerCampaignsID"])
    saved = records.save("DiallerCampaignsResultCodes", "DiallerCampaignsID", row)
    columns = {**texts, "DiallerCampaignsResultCodesID": saved}
    store.execute(
        f"insert into DiallerCampaignsResultCodesTexts ({', '.join(columns)})"
        f" values ({', '.join(f':{column}' for column in columns)})"
        " on conflict (DiallerCampaignsResultCodesID, LanguagesID)"
        f" do update set {', '.join(f'{column} = excluded.{column}' for column in texts)}",
        **columns,
    )
    (served,) = store.query(
        "select Record from DiallerCampaignsResultCodesRecords where ID = :id and LanguagesID = :language",
        id=saved,
        language=texts["LanguagesID"],
    )
    record: str = served["Record"]
    return record


def get_by_name(clients_id: int, name: str) -> str:
    """Return a client's campaign of exactly this name as JSON text.

    :param clients_id: ID of the client account.
    :param name: the exact name.
    :raises store.NotFound: the client has no campaign of that name.
    """
    campaign = _find_exactly(clients_id, name)
    if campaign is None:
        raise store.NotFound(MISSING)
    return get(clients_id, campaign["ID"])


def require_id(clients_id: int, campaign_id: int) -> None:
    """Do nothing if a client has the campaign that a record's field `DiallerCampaignsID` names.

    :param clients_id: ID of the client account.
    :param campaign_id: the value of the field.
    :raises store.NotFound: the client has no campaign with that ID.
    """
    try:
        get(clients_id, campaign_id)
    except store.NotFound as error:
        raise store.NotFound("DiallerCampaignsID: is no campaign of the client") from error


def add_default_result_codes(campaign_id: int) -> None:
    """Give a campaign its own copy of the default result codes.

    :param campaign_id: ID of the campaign.
    """
    _copy_result_codes(campaign_id, "DiallerResultCodes", "true")


def _find_exactly(clients_id: int, name: str) -> store.Row | None:
    return store.one(
        "select ID from DiallerCampaigns where ClientsID = :client and Name = :name", client=clients_id, name=name
    )


def _copy_result_codes(campaign_id: int, table: str, where: str, **parameters: Any) -> str:
    """Copy result codes with their texts to a campaign.

    :param campaign_id: ID of the campaign that gets the copies.
    :param table: the table of the result codes to copy; that of their texts has `Texts` at its end.
    :param where: SQL condition on the result codes.
    :param parameters: the values of the condition's named parameters.
    :returns: the SQL of a common table expression `Pairs`: the ID of each result code, and that of its copy.
    """
    # They are copied in the order of their IDs, and the IDs of the copies follow one another.
    codes = f"""
        with First as (select min(ID) as ID from DiallerCampaignsResultCodes where DiallerCampaignsID = :copy),
        Pairs as (
            select Codes.ID as CodesID, First.ID - 1 + row_number() over (order by Codes.ID) as CopiesID
            from First cross join {table} as Codes where {where}
        )
    """
    store.execute(
        f"insert into DiallerCampaignsResultCodes (DiallerCampaignsID, {RESULT_CODE_COLUMNS})"
        f" select :copy, {RESULT_CODE_COLUMNS} from {table} where {where} order by ID",
        **parameters,
        copy=campaign_id,
    )
    store.execute(
        f"{codes} insert into DiallerCampaignsResultCodesTexts (DiallerCampaignsResultCodesID, {TEXT_COLUMNS})"
        f" select CopiesID, {TEXT_COLUMNS} from Pairs join {table}Texts on {table}ID = CodesID",
        **parameters,
        copy=campaign_id,
    )
    return codes


def _delete(where: str, **parameters: Any) -> None:
    with store.atomic():
        campaign = store.one(f"delete from DiallerCampaigns where {where} returning ID, ClientsID", **parameters)
        if campaign is None:
            raise store.NotFound(MISSING)
        purges.add(campaign["ClientsID"], campaign["ID"])
