"""The errors that a client can meet, as {status, error}."""

import json
import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import Response

from data.pages import BadPage
from data.store import Conflict, NotFound, Unavailable

DESCRIBED_BY = '</openapi.yaml>; rel="describedby"'
LONGEST_NAME = 64
RETRY_AFTER = "1"
UNAVAILABLE = "The database cannot be used now"

logger = logging.getLogger("freiton")


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
        field = "/".join(place[1:] or place)[:LONGEST_NAME]
        super().__init__(status, f"{field}: {problem}", {"X-Error-Pointer": "#" + quote(pointer, safe="/~")})


def render_body(status: int, error: str) -> str:
    """Return the body that all errors have (contract: schema ErrorAnswer)."""
    return json.dumps({"status": status, "error": error}, separators=(",", ":"))


def refuse(error: BaseException) -> Response:
    """Answer with an error, whatever it is, in the one shape that all errors have (contract: schema ErrorAnswer)."""
    refusal = _translate(error)
    if refusal.error is None:
        return Response(status_code=refusal.status)
    return Response(
        render_body(refusal.status, refusal.error),
        refusal.status,
        {"Link": DESCRIBED_BY, **refusal.headers},
        "application/json",
    )


def _translate(error: BaseException) -> ApiError:
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
    # The message and the traceback of an unforeseen error may hold anything, so only its place is told.
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("%s in %s, line %s", type(error).__name__, place.name, place.lineno)
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
