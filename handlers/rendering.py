"""The one function that answers with an error, whatever it is, in the one shape that all errors have."""

import logging
import traceback
from http import HTTPStatus

from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from data.pages import BadPage
from data.store import Conflict, NotFound, Unavailable
from handlers.errors import DESCRIBED_BY, RETRY_AFTER, UNAVAILABLE, ApiError, Misplaced, render_body

logger = logging.getLogger("freiton")


async def render(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Answer with an error in the one shape that all errors have (contract: schema ErrorAnswer)."""
    refusal = _translate(error)
    if refusal.error is None:
        return ConnexionResponse(refusal.status)
    return ConnexionResponse(
        refusal.status,
        mimetype="application/json",
        body=render_body(refusal.status, refusal.error),
        headers={"Link": DESCRIBED_BY, **refusal.headers},
    )


def _translate(error: Exception) -> ApiError:
    match error:
        case ApiError():
            return error
        case NotFound():
            return ApiError(HTTPStatus.NOT_FOUND, str(error))
        case BadPage():
            return Misplaced(HTTPStatus.BAD_REQUEST, ("query", error.parameter), error.problem)
        case Conflict():
            return ApiError(HTTPStatus.CONFLICT, str(error))
        case Unavailable():
            logger.error("The database cannot be used now: %s", error)
            return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, {"Retry-After": RETRY_AFTER})
        case HTTPException():
            return ApiError(error.status_code, HTTPStatus(error.status_code).phrase)
    # The message and the traceback of an unforeseen error may hold anything, so only its place is told.
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s in %s, line %s", type(error).__name__, place.name, place.lineno)
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
