"""Tries: one call with a contact, and all that it changes."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from data import call_ids, contacts, staging, store
from data.dialler import history
from data.dialler.rules import (
    DELAY,
    NUMBERS,
    Call,
    Campaign,
    Code,
    Settings,
    choose_number,
    find_effect,
    list_numbers,
)
from data.lists.fields import FOLDED, fold_others, list_fields

Make = Callable[[store.Row, Campaign], Call]

OUT_OF_RANGE = "a date would leave the years 1 to 9999"
# The columns of a contact that the dialler looks at, and those of its last call.
COLUMNS = ", ".join(
    (
        *("Contacts.ID", "Contacts.ClientsID", "Contacts.DiallerCampaignsID", "Contacts.dtNextTry"),
        *("Contacts.dtLocked", "Contacts.DiallerCampaignsResultCodesID", "ReservedUsersUID", "FollowUpUsersUID"),
        *("RandomSortOrder", "bLastResultMailbox"),
        *(f"Contacts.PhoneNumber{number}" for number in NUMBERS),
        *(f"bPhoneNumber{number}Invalid" for number in NUMBERS),
        *(f"nTriesPhoneNumber{number}" for number in NUMBERS),
        *("Last.nPhoneNumber as nLastNumber", "Last.UsersUID as LastUsersUID", "nBusyTries", "dtBusySince"),
    )
)
SELECT = (
    f"select {COLUMNS} from DiallerContactsPresent as Contacts"
    " left join DiallerContactsHistoryPresent as Last on Last.ID ="
    " (select max(ID) from DiallerContactsHistory where DiallerContactsID = Contacts.ID)"
)


def find(clients_id: int, contact_id: int) -> store.Row | None:
    """Return the row of a client's contact that the dialler looks at, with its last call; None if there is none.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    """
    return store.one(
        f"{SELECT} where Contacts.ClientsID = :client and Contacts.ID = :id", client=clients_id, id=contact_id
    )


def list_some(clients_id: int, after: int, most: int) -> list[store.Row]:
    """Return the next rows of a client's contacts as `find` does, in ID order.

    :param clients_id: ID of the client account.
    :param after: the ID behind which they begin.
    :param most: how many there are at most.
    """
    return store.query(
        f"{SELECT} where Contacts.ClientsID = :client and Contacts.ID > :after order by Contacts.ID limit :most",
        client=clients_id,
        after=after,
        most=most,
    )


def list_campaigns(clients_id: int) -> dict[int, Campaign]:
    """Return the campaigns of a client account, by ID.

    :param clients_id: ID of the client account.
    """
    codes: dict[int, dict[int, Code]] = {}
    for row in store.query(
        f"select Codes.ID, DiallerCampaignsID, ExportKey, {history.FLAGS}, bAllowDelete, bAgentBound, TimeOffset"
        " from DiallerCampaignsResultCodes as Codes join DiallerCampaigns as Campaigns"
        " on Campaigns.ID = Codes.DiallerCampaignsID where ClientsID = :client order by Codes.ID",
        client=clients_id,
    ):
        codes.setdefault(row["DiallerCampaignsID"], {})[row["ID"]] = _read_code(row)
    rows = store.query(
        "select ID, AbortOnNoTelNumberResultCodesID, IncomingCallResultCodesID,"
        " bCloseContactsOnIncomingCallsMatchCallerID, dtTo from DiallerCampaigns where ClientsID = :client order by ID",
        client=clients_id,
    )
    return {row["ID"]: _read_campaign(row, codes.get(row["ID"], {})) for row in rows}


def require_callable(contact: store.Row, campaign: Campaign) -> None:
    """Do nothing if a contact can be called, or call in.

    :param contact: the row of the contact.
    :param campaign: its campaign.
    :raises store.Conflict: it is locked or closed; the message says what is possible.
    """
    if contact["dtLocked"] is not None:
        raise store.Conflict(f"{contacts.LOCKED}: unlock it first")
    code = campaign.find_code(contact)
    if code is not None and code.is_final:
        raise store.Conflict(
            f"the contact is closed by the result code {code.name} and is not called again:"
            " import it with ResetContact to open it again"
        )


def find_number(contact: store.Row, number: int | None) -> int:
    """Return which number of a contact is called.

    :param contact: the row of the contact.
    :param number: the number that is asked for; None for the one that the dialler chooses.
    :raises store.Conflict: it cannot be called; the message says which can.
    """
    left = list_numbers(contact)
    chosen = number or choose_number(contact)
    if chosen in left:
        return chosen
    if not left:
        raise store.Conflict("no number of the contact is left to call: each is empty or invalid")
    raise store.Conflict(f"number {chosen} is empty or invalid: the contact has {', '.join(map(str, left))}")


def play(
    entry_id: int, contact: store.Row, campaign: Campaign, call: Call, settings: Settings, hours: history.Hours
) -> store.Row:
    """Store a call with all that it changes, in the transaction that is open, and return the contact's row afterwards.

    :param entry_id: the ID of the call in the history; see `history.add`.
    :param contact: the row of the contact, which can be called.
    :param campaign: its campaign.
    :param call: the call.
    :param settings: the settings of the dialler.
    :param hours: counts the call; see `history.save_counts`.
    :raises store.Conflict: a date would leave the years 1 to 9999.
    """
    try:
        effect = find_effect(contact, campaign, call, settings)
        entry = history.make_entry(contact, call, effect)
    except OverflowError as error:
        raise store.Conflict(OUT_OF_RANGE) from error
    if effect.columns:
        _change(contact, effect.columns)
    history.add(entry_id, entry)
    history.count(hours, campaign.id, call, effect.code)
    last = {
        "nLastNumber": call.number,
        "LastUsersUID": call.agent,
        **{name: entry[name] for name in ("nBusyTries", "dtBusySince")},
    }
    return {**contact, **effect.columns, **last}


def play_one(clients_id: int, contact_id: int, make: Make, settings: Settings) -> tuple[str, str]:
    """Play a call with a contact, in a transaction of its own.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    :param make: makes the call from the row of the contact and its campaign.
    :param settings: the settings of the dialler.
    :returns: the entry of the history and the contact, as JSON texts.
    :raises store.NotFound: the client has no contact with that ID.
    :raises store.Conflict: the contact cannot be called so; the message says what is possible.
    """
    with store.atomic():
        staging.claim(contact_id)
        contact = find(clients_id, contact_id)
        if contact is None:
            raise store.NotFound(contacts.MISSING)
        campaign = list_campaigns(clients_id)[contact["DiallerCampaignsID"]]
        require_callable(contact, campaign)
        hours, entry_id = history.Hours(Counter), call_ids.choose()
        play(entry_id, contact, campaign, make(contact, campaign), settings, hours)
        history.save_counts(hours)
        return history.get(entry_id), contacts.get(clients_id, contact_id)


def _change(contact: store.Row, columns: Mapping[str, Any]) -> None:
    changed = ", ".join(f"{column} = :{column}" for column in columns)
    store.execute(f"update DiallerContacts set {changed} where ID = :id", id=contact["ID"], **columns)
    agents = (contact["FollowUpUsersUID"], columns.get("FollowUpUsersUID", contact["FollowUpUsersUID"]))
    if agents[0] != agents[1] and not "".join(agent or "" for agent in agents).isascii():
        _fold(contact["ID"])


def _fold(contact_id: int) -> None:
    """Write the folds of a contact's texts, one of which has changed."""
    names = [name for name, field in list_fields("DiallerContacts").items() if field.type == "text"]
    values = store.values(f"select {', '.join(names)} from DiallerContacts where ID = :id", id=contact_id)
    store.execute(
        f"update DiallerContacts set {FOLDED} = :folded where ID = :id",
        id=contact_id,
        folded=fold_others(names, values),
    )


def _read_code(row: store.Row) -> Code:
    counter = next((counter for flag, counter in history.BY_FLAG.items() if row[flag]), DELAY)
    return Code(
        row["ID"], row["ExportKey"], counter, not row["bAllowDelete"], bool(row["bAgentBound"]), row["TimeOffset"]
    )


def _read_campaign(row: store.Row, codes: Mapping[int, Code]) -> Campaign:
    return Campaign(
        row["ID"],
        codes,
        row["AbortOnNoTelNumberResultCodesID"],
        row["IncomingCallResultCodesID"],
        bool(row["bCloseContactsOnIncomingCallsMatchCallerID"]),
        row["dtTo"],
    )
