"""Operations of cockpit variables."""

from functools import partial
from typing import Any

from starlette.responses import Response

from data import cockpit_variables, store
from data.lists.pages import Page
from handlers.responses.envelope import found, listed, told
from handlers.responses.preconditions import Asked, require

# The texts of the results of setting a value.
ERRORS = {
    cockpit_variables.DONE: "",
    cockpit_variables.NOT_WRITABLE: "Cockpit variable is not writable",
    cockpit_variables.NOT_FOUND: "Cockpit variable not found or not visible for the cockpit",
    cockpit_variables.UNCHANGED: "Cockpit variable has this value already",
    cockpit_variables.OUT_OF_RANGE: "Value is less than MinValue or more than MaxValue",
}


def list_cockpit_variables(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's cockpit variables (contract: listCockpitVariables).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(cockpit_variables.list_all(clients_id, Page(**page)))


def get_cockpit_variable(clients_id: int, cockpit_variables_id: int) -> Response:
    """Return one cockpit variable (contract: getCockpitVariable).

    :param clients_id: ID of the client account.
    :param cockpit_variables_id: ID of the variable.
    :raises store.NotFound: the client has no such variable.
    """
    return found([cockpit_variables.get(clients_id, cockpit_variables_id)])


def set_cockpit_variable_value(
    clients_id: int, cockpit_variables_id: int, value: int, precondition: Asked = None
) -> Response:
    """Set the value of a cockpit variable, and return what came of it (contract: setCockpitVariableValue).

    :param clients_id: ID of the client account.
    :param cockpit_variables_id: ID of the variable.
    :param value: the new value.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(precondition, partial(_read, clients_id, cockpit_variables_id)):
        result = cockpit_variables.set_value(clients_id, cockpit_variables_id, value)
    return told(result, ERRORS[result])


def _read(clients_id: int, variable_id: int) -> list[Response]:
    try:
        return [get_cockpit_variable(clients_id, variable_id)]
    except store.NotFound:
        return []
