"""Operations of the ACD: event types, event status, events and groups."""

from typing import Any

from starlette.responses import Response

from data import acd, events
from data.lists.pages import Page
from handlers.responses.envelope import found, listed
from handlers.responses.idempotency import Keyed, answer_once


def list_acd_event_types(clients_id: int, **page: Any) -> Response:
    """Return a page of the event types (contract: listAcdEventTypes).

    :param clients_id: ID of the client account; all accounts have the same.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(acd.list_event_types(Page(**page)))


def list_acd_event_status(clients_id: int, **page: Any) -> Response:
    """Return a page of the event status (contract: listAcdEventStatus).

    :param clients_id: ID of the client account; all accounts have the same.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(acd.list_event_status(Page(**page)))


def list_acd_events(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's events (contract: listAcdEvents).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(events.list_all(clients_id, Page(**page)))


def get_acd_event(clients_id: int, acd_events_id: int) -> Response:
    """Return one event (contract: getAcdEvent).

    :param clients_id: ID of the client account.
    :param acd_events_id: ID of the event.
    :raises store.NotFound: the client has no such event.
    """
    return found([events.get(clients_id, acd_events_id)])


def create_acd_event(clients_id: int, body: dict[str, Any], keyed: Keyed = None) -> Response:
    """Add an event, and return it (contract: createAcdEvent).

    :param clients_id: ID of the client account.
    :param body: the event's fields.
    :param keyed: the request's `Idempotency-Key`; None if it has none.
    :raises store.NotFound: the client has no such group.
    :raises store.Conflict: another request has the key.
    """
    return answer_once(clients_id, keyed, lambda: found([events.create(clients_id, body)]))


def list_acd_groups(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's groups (contract: listAcdGroups).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(acd.list_groups(clients_id, Page(**page)))


def get_acd_group(clients_id: int, acd_groups_id: int) -> Response:
    """Return one group (contract: getAcdGroup).

    :param clients_id: ID of the client account.
    :param acd_groups_id: ID of the group.
    :raises store.NotFound: the client has no such group.
    """
    return found([acd.get_group(clients_id, acd_groups_id)])


def find_acd_groups(clients_id: int, name: str) -> Response:
    """Return the groups whose name contains a text (contract: findAcdGroups).

    :param clients_id: ID of the client account.
    :param name: the text.
    """
    return found(acd.find_groups(clients_id, name))
