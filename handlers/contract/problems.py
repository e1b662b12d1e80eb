"""Refusals: the exceptions that end a request with an error response."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

LONGEST_NAME = 64
# Retry-After of 503, in seconds: when the client may send the request again.
RETRY_SECONDS = "1"


class Refusal(Exception):
    """A request is refused, with a status and a reason.

    :param status: the HTTP status.
    :param error: the reason, for the client; None for an empty body, which means that there is no such endpoint.
    :param headers: further header fields of the response, by name.
    """

    def __init__(self, status: int, error: str | None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


class Problem(Refusal):
    """A request is refused because of one part of it, which `X-Error-Pointer` names as a JSON Pointer (RFC 6901).

    :param place: the place: `path`, `query`, `header` or `body`, then the names that lead to the field, if any.
    :param why: the problem, as words that follow the field's name.
    :param status: the HTTP status, 400 by default.
    """

    def __init__(self, place: tuple[str, ...], why: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        pointer = "".join("/" + name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for name in place)
        field = "/".join(place[1:] or place)[:LONGEST_NAME]
        super().__init__(status, f"{field}: {why}", {"X-Error-Pointer": "#" + quote(pointer, safe="/~")})


class Busy(Refusal):
    """A request is refused for now: 503 with Retry-After (RFC 9110, sections 10.2.3 and 15.6.4).

    :param error: the reason, for the client.
    """

    def __init__(self, error: str) -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, error, {"Retry-After": RETRY_SECONDS})
