"""Operations of dialler contacts."""

from functools import partial
from typing import Any

from starlette.responses import Response

from data import contacts, imports
from data.lists.pages import Page
from handlers.responses.envelope import done, found, listed
from handlers.responses.idempotency import Keyed, answer_once
from handlers.responses.preconditions import Asked, require


def list_dialler_contacts(clients_id: int, dialler_campaigns_id: int | None = None, **page: Any) -> Response:
    """Return a page of the client's contacts, or of those of a campaign (contract: listDiallerContacts).

    :param clients_id: ID of the client account.
    :param dialler_campaigns_id: ID of the campaign; None for the contacts of all campaigns.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    :raises store.NotFound: the client has no such campaign.
    """
    listing = contacts.list_all(clients_id, Page(**page), dialler_campaigns_id)
    return listed(listing, diallerCampaignsID=dialler_campaigns_id)


def get_dialler_contact(clients_id: int, dialler_contacts_id: int) -> Response:
    """Return one contact (contract: getDiallerContact).

    :param clients_id: ID of the client account.
    :param dialler_contacts_id: ID of the contact.
    :raises store.NotFound: the client has no such contact.
    """
    return found([contacts.get(clients_id, dialler_contacts_id)])


def find_dialler_contacts(clients_id: int, user_data: str) -> Response:
    """Return the contacts with some user data (contract: findDiallerContacts).

    :param clients_id: ID of the client account.
    :param user_data: the exact value of `UserData`.
    """
    return found(contacts.find_by_user_data(clients_id, user_data))


def get_dialler_contacts(clients_id: int, languages_id: int, body: dict[str, Any]) -> Response:
    """Return several contacts and their result codes (contract: getDiallerContacts).

    :param clients_id: ID of the client account.
    :param languages_id: the language of the result codes: 1 for English, 2 for German.
    :param body: `UserDataList` and `IDList`, the contacts that are asked for.
    """
    return found(contacts.get_batch(clients_id, body.get("UserDataList", []), body.get("IDList", []), languages_id))


def import_dialler_contact(
    clients_id: int,
    overwrite_duplicates: bool,
    body: dict[str, Any],
    precondition: Asked = None,
    keyed: Keyed = None,
) -> Response:
    """Store a contact, and return it (contract: importDiallerContact).

    :param clients_id: ID of the client account.
    :param overwrite_duplicates: overwrite the campaign's contact with the same user data.
    :param body: the contact's fields.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :param keyed: the request's `Idempotency-Key`; None if it has none.
    :raises store.NotFound: the client has no such campaign, or the campaign no such result code.
    :raises store.Conflict: the contact to be overwritten is locked, or another request has the key.
    :raises Problem: 412; the record is not as the precondition asks.
    """

    def store_contact() -> Response:
        with require(precondition, partial(_read_duplicate, clients_id, body)):
            return found([imports.import_contact(clients_id, body, overwrite=overwrite_duplicates)])

    return answer_once(clients_id, keyed, store_contact)


def delete_dialler_contact(clients_id: int, dialler_contacts_id: int, precondition: Asked = None) -> Response:
    """Delete a contact, and return the bare status (contract: deleteDiallerContact).

    :param clients_id: ID of the client account.
    :param dialler_contacts_id: ID of the contact.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises store.NotFound: the client has no such contact.
    :raises store.Conflict: it is locked.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(precondition, partial(_read, clients_id, dialler_contacts_id)):
        contacts.delete(clients_id, dialler_contacts_id)
    return done()


def delete_dialler_contact_by_user_data(clients_id: int, user_data: str, precondition: Asked = None) -> Response:
    """Delete the first contact with some user data, and return the status (contract: deleteDiallerContactByUserData).

    :param clients_id: ID of the client account.
    :param user_data: the exact value of `UserData`.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises store.NotFound: the client has no such contact.
    :raises store.Conflict: it is locked.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(precondition, partial(_read_first, clients_id, user_data)):
        contacts.delete_by_user_data(clients_id, user_data)
    return done()


def lock_dialler_contact(clients_id: int, dialler_contacts_id: int, precondition: Asked = None) -> Response:
    """Lock a contact, and return it (contract: lockDiallerContact).

    :param clients_id: ID of the client account.
    :param dialler_contacts_id: ID of the contact.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises store.NotFound: the client has no such contact.
    :raises store.Conflict: it is locked already.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(precondition, partial(_read, clients_id, dialler_contacts_id)):
        return found([contacts.lock(clients_id, dialler_contacts_id)])


def unlock_dialler_contact(clients_id: int, dialler_contacts_id: int, precondition: Asked = None) -> Response:
    """End the lock of a contact, and return the bare status (contract: unlockDiallerContact).

    :param clients_id: ID of the client account.
    :param dialler_contacts_id: ID of the contact.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises store.NotFound: the client has no such contact.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(precondition, partial(_read, clients_id, dialler_contacts_id)):
        contacts.unlock(clients_id, dialler_contacts_id)
    return done()


def _read(clients_id: int, contact_id: int) -> list[Response]:
    return [get_dialler_contact(clients_id, contact_id)]


def _read_first(clients_id: int, user_data: str) -> list[Response]:
    """Return the answers to reads of the contact that a deletion by user data deletes."""
    records = contacts.find_by_user_data(clients_id, user_data)
    return [found(records[:1]), found(records)]


def _read_duplicate(clients_id: int, contact: dict[str, Any]) -> list[Response]:
    """Return the answers to reads of the contact that an import overwrites or would overwrite."""
    duplicate = contacts.find_duplicate(clients_id, contact)
    if duplicate is None:
        return []
    return [get_dialler_contact(clients_id, duplicate), find_dialler_contacts(clients_id, contact["UserData"])]
