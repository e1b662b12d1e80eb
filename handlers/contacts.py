"""Dialler contacts."""

from functools import partial
from typing import Any

from starlette.responses import Response

from data import contacts, imports
from data.lists.pages import Page
from handlers.responses.envelope import done, found, listed
from handlers.responses.preconditions import Asked, require


def list_dialler_contacts(clients_id: int, dialler_campaigns_id: int | None = None, **page: Any) -> Response:
    """Answer with the client's contacts, or those of a campaign (contract: listDiallerContacts)."""
    listing = contacts.list_all(clients_id, Page(**page), dialler_campaigns_id)
    return listed(listing, diallerCampaignsID=dialler_campaigns_id)


def get_dialler_contact(clients_id: int, dialler_contacts_id: int) -> Response:
    """Answer with one contact (contract: getDiallerContact)."""
    return found([contacts.get(clients_id, dialler_contacts_id)])


def find_dialler_contacts(clients_id: int, user_data: str) -> Response:
    """Answer with the contacts with some user data (contract: findDiallerContacts)."""
    return found(contacts.find_by_user_data(clients_id, user_data))


def get_dialler_contacts(clients_id: int, languages_id: int, body: dict[str, Any]) -> Response:
    """Answer with several contacts and their results (contract: getDiallerContacts)."""
    return found(contacts.get_batch(clients_id, body.get("UserDataList", []), body.get("IDList", []), languages_id))


def import_dialler_contact(
    clients_id: int, overwrite_duplicates: bool, body: dict[str, Any], precondition: Asked = None
) -> Response:
    """Store a contact and answer with it (contract: importDiallerContact)."""
    with require(precondition, partial(_read_duplicate, clients_id, body)):
        return found([imports.import_contact(clients_id, body, overwrite=overwrite_duplicates)])


def delete_dialler_contact(clients_id: int, dialler_contacts_id: int, precondition: Asked = None) -> Response:
    """Delete a contact (contract: deleteDiallerContact)."""
    with require(precondition, partial(_read, clients_id, dialler_contacts_id)):
        contacts.delete(clients_id, dialler_contacts_id)
    return done()


def delete_dialler_contact_by_user_data(clients_id: int, user_data: str, precondition: Asked = None) -> Response:
    """Delete the first contact with some user data (contract: deleteDiallerContactByUserData)."""
    with require(precondition, partial(_read_first, clients_id, user_data)):
        contacts.delete_by_user_data(clients_id, user_data)
    return done()


def lock_dialler_contact(clients_id: int, dialler_contacts_id: int, precondition: Asked = None) -> Response:
    """Lock a contact and answer with it (contract: lockDiallerContact)."""
    with require(precondition, partial(_read, clients_id, dialler_contacts_id)):
        return found([contacts.lock(clients_id, dialler_contacts_id)])


def unlock_dialler_contact(clients_id: int, dialler_contacts_id: int, precondition: Asked = None) -> Response:
    """End the lock of a contact (contract: unlockDiallerContact)."""
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
    """Return the answers to reads of the contact that an import overwrites, or would overwrite."""
    duplicate = contacts.find_duplicate(clients_id, contact)
    if duplicate is None:
        return []
    return [get_dialler_contact(clients_id, duplicate), find_dialler_contacts(clients_id, contact["UserData"])]
