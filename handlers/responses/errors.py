"""Error responses: every error that a client can meet, as {status, error}."""

import json
import logging
import traceback
from http import HTTPStatus

from starlette.responses import Response

from data.lists.pages import BadPage
from data.store import Conflict, NotFound, OutcomeUnknown, Unavailable
from handlers.contract.operations import JSON
from handlers.contract.problems import Busy, Problem, Refusal

DESCRIBED_BY = '</openapi.yaml>; rel="describedby"'
UNAVAILABLE = "The database cannot be used now"
OUTCOME_UNKNOWN = "The database went away while it stored the change: whether the change is stored is not known"


logger = logging.getLogger("freiton")


def render_body(status: int, error: str) -> str:
    """Return the JSON body of an error (contract: schema ErrorAnswer).

    :param status: the HTTP status.
    :param error: the reason, for the client.
    """
    return json.dumps({"status": status, "error": error}, separators=(",", ":"))


def refuse(error: BaseException) -> Response:
    """Return the error response for an exception (contract: schema ErrorAnswer).

    An unforeseen exception gives 500 and is logged.

    :param error: the exception.
    """
    refusal = _translate(error)
    if refusal.error is None:
        return Response(status_code=refusal.status)
    return Response(
        render_body(refusal.status, refusal.error),
        refusal.status,
        {"Link": DESCRIBED_BY, **refusal.headers},
        JSON,
    )


def _translate(error: BaseException) -> Refusal:
    match error:
        case Refusal():
            return error
        case NotFound():
            return Refusal(HTTPStatus.NOT_FOUND, str(error))
        case BadPage():
            return Problem(("query", error.parameter), error.problem)
        case Conflict():
            return Refusal(HTTPStatus.CONFLICT, str(error))
        case OutcomeUnknown():
            logger.error("It is not known whether a change is stored: %s", error)
            return Busy(OUTCOME_UNKNOWN)
        case Unavailable():
            logger.error("The database cannot be used now: %s", error)
            return Busy(UNAVAILABLE)
    # The message and the traceback of an unforeseen error may contain secrets, so only its place is logged.
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s in %s, line %s", type(error).__name__, place.name, place.lineno)
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
