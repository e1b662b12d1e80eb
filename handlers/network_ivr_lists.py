"""Operations of network IVR lists."""

from typing import Any

from starlette.responses import Response

from data import network_ivr_lists
from data.lists.pages import Page
from handlers.responses.envelope import listed


def list_network_ivr_lists(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's network IVR lists (contract: listNetworkIvrLists).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(network_ivr_lists.list_all(clients_id, Page(**page)))


def list_network_ivr_list_entries(clients_id: int, network_ivr_lists_id: int, **page: Any) -> Response:
    """Return a page of the entries of a network IVR list (contract: listNetworkIvrListEntries).

    :param clients_id: ID of the client account.
    :param network_ivr_lists_id: ID of the list.
    :param page: the fields of `Page`, from the query parameters.
    :raises store.NotFound: the client has no such list.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(network_ivr_lists.list_entries(clients_id, Page(**page), network_ivr_lists_id))
