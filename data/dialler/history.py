"""The history of contacts, one entry a call, and what the dialler has counted in each hour."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from data import call_ids, records, store
from data.dialler.rules import (
    ABORTED,
    ANSWERED,
    APPOINTMENT,
    CALL_IN,
    CONNECTED,
    DELAY,
    DONE,
    MACHINE,
    OUTCOMES,
    Call,
    Code,
    Effect,
)
from data.lists.listing import list_page
from data.lists.pages import Listing, Page, Source
from data.store.texts import render_moment

HISTORY = call_ids.HISTORY
STATISTICS = "StatisticsDiallerCampaigns"
COLUMNS = (
    *("ID", "ClientsID", "DiallerCampaignsID", "DiallerContactsID", "UsersUID", "PhoneNumber", "nPhoneNumber"),
    *("nBusyTries", "dtBusySince", "DiallerCampaignsResultCodesID", "CONNRES", "bAnsweringMachine", "bOutbound"),
    *("dtCallStart", "dtCallConnect", "dtCallEnd", "CauseCodesID", "dtNextTry"),
)
INSERT = f"insert into {HISTORY} ({', '.join(COLUMNS)}) values ({', '.join(f':{name}' for name in COLUMNS)})"
COUNTERS = (
    *("nTriesConnected", "nTriesNoAnswer", "nTriesBusy", "nTriesInvalid", "nTriesAborted", "nTriesAnsweringMachine"),
    *("nTriesError", DONE, ABORTED, APPOINTMENT, DELAY),
)
SELECT_COUNTS = (
    f"select {', '.join(f'Hours.{name}' for name in ('ID', 'DiallerCampaignsID', 'dtStats', *COUNTERS))}"
    f" from {STATISTICS} as Hours join DiallerCampaigns as Campaigns"
    " on Campaigns.ID = Hours.DiallerCampaignsID where Campaigns.ClientsID = :client"
)
# The outcome of a call by its value of CONNRES; those that are connected differ in other columns.
BY_CONNRES = {outcome.connres: name for name, outcome in OUTCOMES.items() if not outcome.is_connected}
# The counter of contacts that agents give a result code, by the flag of its type.
BY_FLAG = {"bDone": DONE, "bAborted": ABORTED, "bAppointment": APPOINTMENT, "bDelay": DELAY}
FLAGS = ", ".join(BY_FLAG)
# Hours by campaign and time, with their counters.
Hours = defaultdict[tuple[int, str], Counter[str]]


def list_of(contact_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the history of contacts: the ID of each one that has any, and its entries as JSON texts in ID order.

    :param contact_ids: the IDs of the contacts.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for row in store.query(
        f"select DiallerContactsID, Record from {HISTORY}Present"
        f" where {store.current().any_of('DiallerContactsID', 'ids')} order by ID",
        ids=[*contact_ids],
    ):
        found[row["DiallerContactsID"]].append(row["Record"])
    return found


def get(entry_id: int) -> str:
    """Return an entry of the history as JSON text.

    :param entry_id: its ID.
    """
    (record,) = store.values(f"select Record from {HISTORY} where ID = :id", id=entry_id)
    return str(record)


def list_latest(clients_id: int, contact_id: int, most: int) -> list[store.Row]:
    """Return the latest calls with a contact in ID order, column to value.

    :param clients_id: ID of the client account.
    :param contact_id: ID of the contact.
    :param most: how many there are at most.
    """
    rows = store.query(
        f"select ID, {', '.join(COLUMNS)} from {HISTORY}Present"
        " where ClientsID = :client and DiallerContactsID = :contact order by ID desc limit :most",
        client=clients_id,
        contact=contact_id,
        most=most,
    )
    return rows[::-1]


def list_from(first: int, most: int) -> list[store.Row]:
    """Return what is told of the next calls of all client accounts, in ID order, with the user data of their contacts.

    :param first: the ID from which they begin.
    :param most: how many there are at most.
    """
    columns = ("ID", "UsersUID", "PhoneNumber", "CONNRES", "bOutbound", "dtCallStart", "dtCallEnd")
    return store.query(
        f"select {', '.join(f'Calls.{name}' for name in columns)}, Contacts.UserData from {HISTORY} as Calls"
        " left join DiallerContacts as Contacts on Contacts.ID = Calls.DiallerContactsID"
        " where Calls.ID >= :first order by Calls.ID limit :most",
        first=first,
        most=most,
    )


def list_all(clients_id: int, page: Page) -> Listing:
    """Return a page of the entries of a client account.

    :param clients_id: ID of the client account.
    :param page: the part of the list that is asked for.
    """
    where = "ClientsID = :client and DiallerContactsID in (select ID from DiallerContactsPresent)"
    return list_page(Source(f"{HISTORY}Present", where, {"client": clients_id}, stored=HISTORY), page)


def make_entry(contact: Mapping[str, Any], call: Call, effect: Effect) -> dict[str, Any]:
    """Return the entry for a call, column to value.

    :param contact: the row of the contact as it was before, with the columns of its last call.
    :param call: the call.
    :param effect: what it changes.
    :raises OverflowError: a date would leave the years 1 to 9999.
    """
    outcome, start, busy_tries = OUTCOMES[call.outcome], render_moment(call.start), effect.busy_tries
    return {
        "ClientsID": contact["ClientsID"],
        "DiallerCampaignsID": contact["DiallerCampaignsID"],
        "DiallerContactsID": contact["ID"],
        "UsersUID": call.agent,
        "PhoneNumber": contact[f"PhoneNumber{call.number}"] if call.number else None,
        "nPhoneNumber": call.number,
        "nBusyTries": busy_tries,
        "dtBusySince": (contact["dtBusySince"] if busy_tries > 1 else start) if busy_tries else None,
        "DiallerCampaignsResultCodesID": effect.code and effect.code.id,
        "CONNRES": outcome.connres,
        "bAnsweringMachine": int(call.outcome == MACHINE),
        "bOutbound": int(call.number is not None),
        "dtCallStart": start,
        "dtCallConnect": call.connect and render_moment(call.connect),
        "dtCallEnd": render_moment(call.end),
        "CauseCodesID": outcome.cause,
        "dtNextTry": effect.columns.get("dtNextTry", contact["dtNextTry"]),
    }


def add(entry_id: int, entry: Mapping[str, Any]) -> None:
    """Store an entry in the transaction that is open.

    :param entry_id: its ID, which `call_ids.choose` has given in this transaction, or a higher one.
    :param entry: column to value; see `make_entry`.
    """
    store.execute(INSERT, ID=entry_id, **entry)


def delete_of(contact_id: int) -> None:
    """Delete the history of a contact, in the transaction that is open.

    :param contact_id: ID of the contact.
    """
    store.execute(f"delete from {HISTORY} where DiallerContactsID = :id", id=contact_id)


def save(row: Mapping[str, Any]) -> str:
    """Insert an entry and count it, or replace the one with its ID, and return it as JSON text.

    :param row: column of DiallerContactsHistory to value.
    :raises store.NotFound: the client has no such contact.
    :raises store.NotUnique: another contact's entry has the ID, or a telephone call.
    """
    place = {"contact": row["DiallerContactsID"], "client": row["ClientsID"], "campaign": row["DiallerCampaignsID"]}
    if not store.query(
        "select 1 from DiallerContactsPresent where ID = :contact and ClientsID = :client"
        " and DiallerCampaignsID = :campaign",
        **place,
    ):
        raise store.NotFound("DiallerContactsID: is no contact of the campaign")
    entry_id = call_ids.choose() if row["ID"] is None else row["ID"]
    call_ids.require_free(entry_id, HISTORY)
    is_new = not store.query(f"select 1 from {HISTORY} where ID = :id", id=entry_id)
    saved = records.save(HISTORY, "DiallerContactsID", {**row, "ID": entry_id})
    if is_new:
        hours = Hours(Counter)
        _count_row(hours, row)
        save_counts(hours)
    return get(saved)


def find_outcome(row: Mapping[str, Any]) -> str | None:
    """Return the outcome of a call that is stored, a key of `OUTCOMES`; None if its CONNRES is that of none.

    :param row: column of DiallerContactsHistory to value.
    """
    if not row["bOutbound"]:
        return CALL_IN
    if row["CONNRES"] == CONNECTED:
        return MACHINE if row["bAnsweringMachine"] else ANSWERED
    return BY_CONNRES.get(row["CONNRES"])


def _count_row(hours: Hours, row: Mapping[str, Any]) -> None:
    outcome = find_outcome(row)
    if outcome == CALL_IN:
        return
    counters = [*OUTCOMES[outcome].counters] if outcome else []
    if outcome == ANSWERED:
        counters += _find_counter(row["DiallerCampaignsResultCodesID"])
    hours[row["DiallerCampaignsID"], find_hour(row["dtCallEnd"])].update(counters)


def _find_counter(code_id: int | None) -> list[str]:
    """Return the counter of contacts that agents give a result code."""
    codes = store.query(f"select {FLAGS} from DiallerCampaignsResultCodes where ID = :id", id=code_id or 0)
    return [counter for row in codes for flag, counter in BY_FLAG.items() if row[flag]]


def count(hours: Hours, campaign_id: int, call: Call, code: Code | None) -> None:
    """Count a call in the hour in which it ended.

    :param hours: what has been counted, which is changed.
    :param campaign_id: ID of the campaign.
    :param call: the call.
    :param code: the result code that it gave to the contact.
    """
    counters = [*OUTCOMES[call.outcome].counters]
    if code and call.outcome == ANSWERED:
        counters.append(code.counter)
    if counters:
        hours[campaign_id, find_hour(render_moment(call.end))].update(counters)


def find_hour(moment: str) -> str:
    """Return the full hour of a time, both in the form of records.

    :param moment: the time.
    """
    return f"{moment[:13]}:00:00.000"


def save_counts(hours: Hours) -> None:
    """Add counts to those that are stored.

    :param hours: what has been counted; empty afterwards.
    """
    # In the order in which they were counted, so that the IDs do not depend on where transactions end.
    for (campaign, hour), counters in hours.items():
        place = {"campaign": campaign, "hour": hour}
        added = ", ".join(f"{name} = {name} + :{name}" for name in counters)
        if not store.execute(
            f"update {STATISTICS} set {added} where DiallerCampaignsID = :campaign and dtStats = :hour",
            **place,
            **counters,
        ):
            store.insert_all(
                STATISTICS, ["DiallerCampaignsID", "dtStats", *counters], [[campaign, hour, *counters.values()]]
            )
    hours.clear()


def list_counts(clients_id: int) -> list[store.Row]:
    """Return the hourly counters of a client account's campaigns, by campaign and hour.

    :param clients_id: ID of the client account.
    """
    return store.query(f"{SELECT_COUNTS} order by Hours.DiallerCampaignsID, Hours.dtStats", client=clients_id)


def list_latest_counts(clients_id: int, most: int) -> list[store.Row]:
    """Return the latest hourly counters of a client account's campaigns, the last hour first.

    :param clients_id: ID of the client account.
    :param most: how many there are at most.
    """
    order = "order by Hours.dtStats desc, Hours.DiallerCampaignsID limit :most"
    return store.query(f"{SELECT_COUNTS} {order}", client=clients_id, most=most)
