"""How Connexion answers with an error."""

from http import HTTPStatus

from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from handlers.contract.problems import Refusal
from handlers.responses.errors import refuse


async def render(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Answer with an error as all others do."""
    if isinstance(error, HTTPException):
        error = Refusal(error.status_code, HTTPStatus(error.status_code).phrase)
    response = refuse(error)
    return ConnexionResponse(response.status_code, headers=dict(response.headers), body=response.body)
