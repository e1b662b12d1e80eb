"""ACD event types, event status and groups."""

from functools import partial
from typing import Any

from starlette.responses import Response

from data import acd
from data.records import Page
from handlers.envelope import found, listed


def list_acd_event_types(clients_id: int, **page: Any) -> Response:
    """Answer with the event types (contract: listAcdEventTypes)."""
    return listed(acd.list_event_types, Page(**page))


def list_acd_event_status(clients_id: int, **page: Any) -> Response:
    """Answer with the event status (contract: listAcdEventStatus)."""
    return listed(acd.list_event_status, Page(**page))


def list_acd_groups(clients_id: int, **page: Any) -> Response:
    """Answer with the client's groups (contract: listAcdGroups)."""
    return listed(partial(acd.list_groups, clients_id), Page(**page))


def get_acd_group(clients_id: int, acd_groups_id: int) -> Response:
    """Answer with one group (contract: getAcdGroup)."""
    return found([acd.get_group(clients_id, acd_groups_id)])


def find_acd_groups(clients_id: int, name: str) -> Response:
    """Answer with the groups whose name contains a text (contract: findAcdGroups)."""
    return found(acd.find_groups(clients_id, name))
