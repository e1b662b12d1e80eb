"""The errors that a client can meet, and the one function that renders them as {status, error}."""

import json
import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from data.lists import BadPage
from data.store import Conflict, NotFound, Unavailable

logger = logging.getLogger("freiton")

DESCRIBED_BY = '</openapi.yaml>; rel="describedby"'
RETRY_AFTER = "1"
LONGEST_NAME = 64


class ApiError(Exception):
    """A request that is refused.

    :param status: the HTTP status.
    :param error: the reason, for the client; None for an empty body, which means that there is no such endpoint.
    :param headers: further headers of the answer.
    """

    def __init__(self, status: int, error: str | None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


class Misplaced(ApiError):
    """A request with something wrong in one place of it.

    :param status: the HTTP status.
    :param place: where: `path`, `query`, `header` or `body`, then the name of the field if there is one.
    :param problem: what is wrong with it.
    """

    def __init__(self, status: int, place: tuple[str, ...], problem: str) -> None:
        pointer = "".join("/" + name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for name in place)
        super().__init__(
            status, f"{place[-1][:LONGEST_NAME]}: {problem}", {"X-Error-Pointer": "#" + quote(pointer, safe="/~")}
        )


def render_body(status: int, error: str) -> str:
    """Return the body that all errors have (contract: schema ApiError)."""
    return json.dumps({"status": status, "error": error}, separators=(",", ":"))


async def render(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    """Answer with an error in the one shape that all errors have (contract: schema ApiError)."""
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
            return ApiError(
                HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot be used now", {"Retry-After": RETRY_AFTER}
            )
        case HTTPException():
            return ApiError(error.status_code, HTTPStatus(error.status_code).phrase)
    # The message and the traceback of an unforeseen error may hold anything, so only its place is told.
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s in %s, line %s", type(error).__name__, place.name, place.lineno)
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
