"""What is read from answers of the contact centre."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from client.types import Response


class NightlyError(Exception):
    """The contact centre refuses a request, or does not answer it."""


def read(response: Response[Any]) -> Any:
    """Return what an answer has, unless it is an error.

    :param response: the answer.
    """
    if response.status_code != HTTPStatus.OK:
        raise NightlyError(f"the contact centre refuses: {response.content.decode()}")
    return response.parsed


def find_cursor(headers: Mapping[str, str]) -> str | None:
    """Return the cursor of the next page; None behind the last one.

    :param headers: the header fields of a page.
    """
    following = re.search(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"', headers.get("Link", ""))
    return unquote(following[1]) if following else None


def read_time(text: str | None) -> datetime:
    """Return a time of a record, which is in UTC.

    :param text: the time.
    """
    return datetime.fromisoformat(text or "").replace(tzinfo=UTC)
