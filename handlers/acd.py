"""ACD event types, event status, events and groups."""

from typing import Any

from starlette.responses import Response

from data import acd, events
from data.lists.pages import Page
from handlers.responses.envelope import found, listed


def list_acd_event_types(clients_id: int, **page: Any) -> Response:
    """Answer with the event types (contract: listAcdEventTypes)."""
    return listed(acd.list_event_types(Page(**page)))


def list_acd_event_status(clients_id: int, **page: Any) -> Response:
    """Answer with the event status (contract: listAcdEventStatus)."""
    return listed(acd.list_event_status(Page(**page)))


def list_acd_events(clients_id: int, **page: Any) -> Response:
    """Answer with the client's events (contract: listAcdEvents)."""
    return listed(events.list_all(clients_id, Page(**page)))


def get_acd_event(clients_id: int, acd_events_id: int) -> Response:
    """Answer with one event (contract: getAcdEvent)."""
    return found([events.get(clients_id, acd_events_id)])


def create_acd_event(clients_id: int, body: dict[str, Any]) -> Response:
    """Add an event and answer with it (contract: createAcdEvent)."""
    return found([events.create(clients_id, body)])


def list_acd_groups(clients_id: int, **page: Any) -> Response:
    """Answer with the client's groups (contract: listAcdGroups)."""
    return listed(acd.list_groups(clients_id, Page(**page)))


def get_acd_group(clients_id: int, acd_groups_id: int) -> Response:
    """Answer with one group (contract: getAcdGroup)."""
    return found([acd.get_group(clients_id, acd_groups_id)])


def find_acd_groups(clients_id: int, name: str) -> Response:
    """Answer with the groups whose name contains a text (contract: findAcdGroups)."""
    return found(acd.find_groups(clients_id, name))
