"""What a request is refused for."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

LONGEST_NAME = 64
# After which a request that was refused with 503 can be sent again.
RETRY_SECONDS = "1"


class Refusal(Exception):
    """A request that is refused.

    :param status: the HTTP status.
    :param error: the reason, for the client; None for an empty body, which means that there is no such endpoint.
    :param headers: further header fields of the answer.
    """

    def __init__(self, status: int, error: str | None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


class Problem(Refusal):
    """A request with something wrong in one place.

    :param place: where: `path`, `query`, `header` or `body`, then the name of the field if there is one.
    :param why: what is wrong with it, in words that follow the field's name.
    :param status: the HTTP status.
    """

    def __init__(self, place: tuple[str, ...], why: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        pointer = "".join("/" + name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for name in place)
        field = "/".join(place[1:] or place)[:LONGEST_NAME]
        super().__init__(status, f"{field}: {why}", {"X-Error-Pointer": "#" + quote(pointer, safe="/~")})


class Busy(Refusal):
    """A request that the service cannot answer now, and that can be sent again: 503 with Retry-After.

    :param error: the reason, for the client.
    """

    def __init__(self, error: str) -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, error, {"Retry-After": RETRY_SECONDS})
