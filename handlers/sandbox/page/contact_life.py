"""The life of a dialler contact: what the world's database, the journal and the outgoing calls have of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from data import campaigns, contacts, store
from data.dialler import history
from data.dialler.rules import AGENT_ABORTS, ANSWERED, BUSY, CALL_IN, ERROR, INVALID, MACHINE, NO_ANSWER, NUMBERS
from handlers.sandbox.page.naming import Request, Subject, list_calls, list_requests
from handlers.sandbox.page.records import ENGLISH, Record, open_account, read_or_none
from handlers.sandbox.page.timelines import (
    CALL,
    FACT,
    NONE,
    PLAN,
    Fact,
    Item,
    Life,
    describe_calls,
    describe_requests,
)
from handlers.sandbox.registry.worlds import World

# How many calls of a contact are shown at most: the latest ones.
MOST_CALLS = 1_000
OUTCOMES = {
    NO_ANSWER: "no answer",
    BUSY: "busy",
    INVALID: "the number is invalid",
    ERROR: "error",
    AGENT_ABORTS: "the agent has aborted",
    MACHINE: "answering machine",
    ANSWERED: "answered",
    CALL_IN: "the contact has called in",
}
# ISDN Q.850; 0 is none of its values.
CAUSES = {
    **{0: "none", 1: "unallocated number", 16: "normal call clearing", 17: "user busy"},
    **{19: "no answer from user", 41: "temporary failure"},
}


def read_contact(world: World, account: int, contact_id: int) -> Life:
    """Return the life of a contact, also of one that was deleted, if requests tell of it.

    :param world: its world.
    :param account: ID of its client account.
    :param contact_id: its ID.
    :raises store.NotFound: there is no such client account, or nothing is known of the contact.
    """
    subject = Subject("/dialler/contacts", "DiallerContactsID", "nTriesPhoneNumber1", account, contact_id)
    with open_account(world, account):
        contact = read_or_none(contacts.get, account, contact_id)
        tries = history.list_latest(account, contact_id, MOST_CALLS)
        codes = _read_codes(account, contact)
    known = contact or _find_latest(list_requests(world.id, subject)) or {}
    subject = subject._replace(user_data=known.get("UserData"), numbers=_list_numbers(known))
    requests = list_requests(world.id, subject)
    if not known and not requests:
        raise store.NotFound(contacts.MISSING)
    names = {code["ID"]: _name_code(code) for code in codes}
    return Life(
        title=f"Contact {contact_id}",
        facts=_describe_contact(known, names),
        items=[
            *_list_contact_facts(contact or {}),
            *(_describe_try(each, names) for each in tries),
            *describe_requests(requests),
            *describe_calls(world, list_calls(world.id, subject)),
        ],
        campaign=contact["DiallerCampaignsID"] if contact else None,
        codes=[(code["ID"], _name_code(code)) for code in codes],
        is_present=contact is not None,
    )


def _read_codes(account: int, contact: Record | None) -> list[Record]:
    if contact is None:
        return []
    return [json.loads(text) for text in campaigns.list_result_codes(account, contact["DiallerCampaignsID"], ENGLISH)]


def _find_latest(requests: Sequence[Request]) -> Record | None:
    """Return the record as the last answer had it."""
    return next((request.record for request in reversed(requests) if request.record is not None), None)


def _list_numbers(contact: Record) -> list[str]:
    return [number for place in NUMBERS if (number := contact.get(f"PhoneNumber{place}"))]


def _name_code(code: Record) -> str:
    return f"{code['Content']} ({code['ExportKey'] or code['ID']})"


def _describe_contact(contact: Record, codes: Mapping[int, str]) -> list[Fact]:
    code_id = contact.get("DiallerCampaignsResultCodesID")
    return [
        Fact("Name", " ".join(filter(None, (contact.get("FirstName"), contact.get("Name")))) or NONE),
        Fact("User data", contact.get("UserData") or NONE),
        Fact("Numbers", ", ".join(_list_numbers(contact)) or NONE),
        Fact("Result code", NONE if code_id is None else codes.get(code_id, str(code_id))),
        Fact("Next try (UTC)", contact.get("dtNextTry") or NONE),
        Fact("Locked (UTC)", contact.get("dtLocked") or "no"),
    ]


def _list_contact_facts(contact: Record) -> list[Item]:
    named = (("dtImported", FACT, "Imported"), ("dtLocked", FACT, "Locked since"), ("dtNextTry", PLAN, "Next try"))
    return [
        Item(contact[field], rank, 0, "Contact", text) for field, rank, text in named if contact.get(field) is not None
    ]


def _describe_try(row: store.Row, codes: Mapping[int, str]) -> Item:
    outcome, code_id, cause = history.find_outcome(row), row["DiallerCampaignsResultCodesID"], row["CauseCodesID"]
    connected = row["dtCallConnect"]
    facts = [
        Fact("Number", f"{row['nPhoneNumber']}: {row['PhoneNumber']}" if row["bOutbound"] else NONE),
        Fact("Cause", f"{cause} {CAUSES.get(cause, '')}".strip()),
        Fact("Agent", row["UsersUID"] or NONE),
        Fact("Began (UTC)", row["dtCallStart"]),
        Fact("Duration", f"{_measure(row['dtCallStart'], row['dtCallEnd'])} s"),
        Fact("Connected", f"{_measure(connected, row['dtCallEnd'])} s" if connected else "no"),
        Fact("Result code", NONE if code_id is None else codes.get(code_id, str(code_id))),
        Fact("Next try (UTC)", row["dtNextTry"] or NONE),
    ]
    text = OUTCOMES.get(outcome or "", f"CONNRES {row['CONNRES']}")
    return Item(row["dtCallEnd"], CALL, row["ID"], "Call", f"Call {row['ID']}: {text}", facts)


def _measure(begin: str, end: str) -> str:
    return f"{(datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds():g}"
