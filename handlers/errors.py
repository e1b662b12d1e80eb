"""The errors that a client can meet, as {status, error}."""

import json
from collections.abc import Mapping
from urllib.parse import quote

DESCRIBED_BY = '</openapi.yaml>; rel="describedby"'
LONGEST_NAME = 64
RETRY_AFTER = "1"
UNAVAILABLE = "The database cannot be used now"


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
    """Return the body that all errors have (contract: schema ErrorAnswer)."""
    return json.dumps({"status": status, "error": error}, separators=(",", ":"))
