"""Connexion's error handler: its errors in our shape."""

from http import HTTPStatus

from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from handlers.contract.problems import Refusal
from handlers.responses.errors import refuse


async def render(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Return the error response for an exception (Connexion's error handler).

    :param request: the request; nothing of it is used.
    :param error: the exception.
    """
    if isinstance(error, HTTPException):
        error = Refusal(error.status_code, HTTPStatus(error.status_code).phrase)
    response = refuse(error)
    return ConnexionResponse(response.status_code, headers=dict(response.headers), body=response.body)
