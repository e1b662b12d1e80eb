"""Operations of users."""

from typing import Any

from starlette.responses import Response

from data import users
from data.lists.pages import Page
from handlers.responses.envelope import found, listed


def list_users(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's users (contract: listUsers).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(users.list_all(clients_id, Page(**page)))


def get_user(clients_id: int, users_id: int) -> Response:
    """Return one user (contract: getUser).

    :param clients_id: ID of the client account.
    :param users_id: ID of the user.
    :raises store.NotFound: the client has no such user.
    """
    return found([users.get(clients_id, users_id)])
