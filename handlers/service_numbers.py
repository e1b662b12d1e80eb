"""Operations of service numbers."""

from typing import Any

from starlette.responses import Response

from data import service_numbers
from data.lists.pages import Page
from handlers.responses.envelope import found, listed


def list_service_numbers(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's service numbers (contract: listServiceNumbers).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(service_numbers.list_all(clients_id, Page(**page)))


def get_service_number(clients_id: int, service_numbers_id: int) -> Response:
    """Return one service number (contract: getServiceNumber).

    :param clients_id: ID of the client account.
    :param service_numbers_id: ID of the service number.
    :raises store.NotFound: the client has no such service number.
    """
    return found([service_numbers.get(clients_id, service_numbers_id)])
