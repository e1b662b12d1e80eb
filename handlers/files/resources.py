"""The kinds of records of a client account: how each is stored and listed, for `freiton load`, fixtures and pages."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from data import (
    acd,
    calls,
    campaigns,
    cockpit_variables,
    contacts,
    events,
    imports,
    network_ivr_lists,
    records,
    routing_applications,
    service_numbers,
    users,
)
from data.dialler import history
from data.lists.pages import Listing, Page
from handlers.contract import schemas

Record = Mapping[str, Any]

# A LanguagesID for contacts without a result code, which have no texts in a language.
ENGLISH = 1


class Resource(NamedTuple):
    """A kind of records that can be loaded.

    :param plural: the kind, as files and pages are called.
    :param schema: the name of the contract's schema of a record.
    :param save: stores a record and returns it as JSON text; called with the ID of the client account, the record, and
        the language of its texts.
    :param list_all: returns a page of the records of a client account; None for result codes, which have texts in two
        languages.
    :param defaults: field to value, for fields that a record may leave out although the contract does not allow null.
    """

    plural: str
    schema: str
    save: Callable[[int, Record, int | None], str]
    list_all: Callable[[int, Page], Listing] | None = None
    defaults: Record = MappingProxyType({})


def _row(schema: str, record: Record) -> dict[str, Any]:
    return records.to_row(record, *_list_fields(schema))


@cache
def _list_fields(schema: str) -> tuple[set[str], set[str]]:
    """Return the fields of a record that have a column of their own, and all of its fields."""
    properties = schemas.schemas()[schema]["properties"]
    return {field for field, definition in properties.items() if not definition.get("readOnly")}, {*properties}


def _save_result_code(clients_id: int, record: Record, languages_id: int | None) -> str:
    if languages_id is None:
        raise ValueError("Content: its language is not in the file: give --language 1 (English) or 2 (German)")
    row = _row("DiallerResultCode", record)
    texts = {
        "LanguagesID": languages_id,
        "Content": row.pop("Content"),
        "DiallerResultCodesTypesContent": record.get("DiallerResultCodesTypesContent"),
    }
    return campaigns.save_result_code(clients_id, row, texts)


def _save_contact(clients_id: int, record: Record, languages_id: int | None) -> str:
    """Store a contact.

    The fields that `getDiallerContacts` adds belong to other records: they must already be stored with the same values.
    """
    added = schemas.fields("DiallerContactExtended").keys() - schemas.fields("DiallerContact").keys()
    row = _row("DiallerContact", {field: value for field, value in record.items() if field not in added})
    served = contacts.save(clients_id, row)
    if added.isdisjoint(record):
        return served
    code = record.get("DiallerCampaignsResultCodes")
    if code is not None and languages_id is None:
        raise ValueError("DiallerCampaignsResultCodes: its language is not in the file: give --language 1 or 2")
    (extended,) = contacts.get_batch(clients_id, [], [json.loads(served)["ID"]], languages_id or ENGLISH)
    if code is not None and json.loads(extended)["DiallerCampaignsResultCodes"] is None:
        raise ValueError("DiallerCampaignsResultCodes: load the result codes of the campaign first")
    return extended


def _plain(
    plural: str, schema: str, save: Callable[[int, Record], str], list_all: Callable[[int, Page], Listing]
) -> Resource:
    """Return a kind of records that are rows of one table.

    :param plural: the kind, as files and pages are called.
    :param schema: the name of the contract's schema of a record.
    :param save: stores a row and returns its record; called with the ID of the client account and the row.
    :param list_all: returns a page of the records of a client account.
    """

    def save_record(clients_id: int, record: Record, languages_id: int | None) -> str:
        return save(clients_id, _row(schema, record))

    return Resource(plural, schema, save_record, list_all)


def _save_history(clients_id: int, record: Record, languages_id: int | None) -> str:
    """Store a call of the history of a contact, whose fields that `StatisticsPartA` has are columns of the same row."""
    part = record["StatisticsPartA"]
    for schema, fields in (("DiallerContactCall", record), ("StatisticsPartA", part)):
        if unknown := sorted(fields.keys() - schemas.fields(schema).keys()):
            raise ValueError(f"{unknown[0]}: is not a field of a call")
    row = dict.fromkeys(schemas.fields("DiallerContactCall")) | {**part, **record, "ClientsID": clients_id}
    del row["StatisticsPartA"]
    return history.save(row)


def _list_contacts(clients_id: int, page: Page) -> Listing:
    return contacts.list_all(clients_id, page, None)


# By the names that `freiton load --kind` takes, in the order in which fixtures are loaded.
RESOURCES = {
    "group": _plain("groups", "AcdGroup", acd.save_group, acd.list_groups),
    "user": _plain("users", "User", users.save, users.list_all),
    "service-number": _plain("service-numbers", "ServiceNumber", service_numbers.save, service_numbers.list_all),
    "cockpit-variable": _plain(
        "cockpit-variables", "CockpitVariable", cockpit_variables.save, cockpit_variables.list_all
    ),
    "routing-application": _plain(
        "routing-applications", "RoutingApplication", routing_applications.save, routing_applications.list_all
    ),
    "network-ivr-list": _plain(
        "network-ivr-lists", "NetworkIVRList", network_ivr_lists.save, network_ivr_lists.list_all
    ),
    "network-ivr-list-entry": _plain(
        "network-ivr-list-entries",
        "NetworkIVRListEntry",
        network_ivr_lists.save_entry,
        network_ivr_lists.list_all_entries,
    ),
    "call": _plain("calls", "Call", calls.save, calls.list_all),
    "event": _plain("events", "AcdEvent", events.save, events.list_all),
    "campaign": _plain("campaigns", "DiallerCampaign", campaigns.save, campaigns.list_all),
    "result-code": Resource("result-codes", "DiallerResultCode", _save_result_code),
    "contact": Resource(
        "contacts",
        "DiallerContact",
        _save_contact,
        _list_contacts,
        {f"nTriesPhoneNumber{number}": 0 for number in imports.NUMBERS},
    ),
    "history": Resource("history", "DiallerContactCall", _save_history, history.list_all),
}
