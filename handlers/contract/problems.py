"""Refusals: the exceptions that end a request with an error response."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

LONGEST_NAME = 64
# The header field of an error that names the place.
POINTER = "X-Error-Pointer"
# Retry-After of 503, in seconds: when the client may send the request again.
RETRY_SECONDS = "1"


def make_pointer(place: Sequence[str]) -> str:
    """Return a place as a JSON Pointer in its URI form (RFC 6901, section 6).

    :param place: the names that lead to the place.
    """
    pointer = "".join("/" + name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for name in place)
    return "#" + quote(pointer, safe="/~")


def describe(place: Sequence[str], why: str) -> str:
    """Return the sentence that says what is wrong with a place.

    :param place: `path`, `query`, `header` or `body`, then the names that lead to the field, if any.
    :param why: the problem, as words that follow the field's name.
    """
    return f"{'/'.join(place[1:] or place)[:LONGEST_NAME]}: {why}"


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
        super().__init__(status, describe(place, why), {POINTER: make_pointer(place)})


class Busy(Refusal):
    """A request is refused for now: 503 with Retry-After (RFC 9110, sections 10.2.3 and 15.6.4).

    :param error: the reason, for the client.
    """

    def __init__(self, error: str) -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, error, {"Retry-After": RETRY_SECONDS})
