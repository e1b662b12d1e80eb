"""Cursors: where a page of a list begins or ends, as a text that only this list understands."""

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

DIGEST_SIZE = 12
LARGEST_INTEGER = 2**63 - 1


class Key(NamedTuple):
    """The place of a record in the order of its list.

    :param value: the value of the field that the list is ordered by.
    :param id: the record's ID.
    """

    value: Any
    id: int


class Cursor(NamedTuple):
    """A place between two records.

    :param key: the record beside it, which may be gone by now.
    :param backward: whether the page ends here, and the record is the one behind it.
    :param position: how many records came before the place when the cursor was made.
    """

    key: Key
    backward: bool
    position: int


def write_cursor(cursor: Cursor, scope: Sequence[Any]) -> str:
    """Return the text of a cursor.

    :param cursor: the cursor.
    :param scope: what the list is, with filter and order: a cursor of another scope is none.
    """
    content = json.dumps([*cursor.key, cursor.backward, cursor.position], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(content, scope) + content).rstrip(b"=").decode()


def read_cursor(text: str, scope: Sequence[Any]) -> Cursor:
    """Return the cursor that a text stands for.

    :raises ValueError: it is no text that `write_cursor` gave for this scope.
    """
    data = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    content = data[DIGEST_SIZE:]
    if data[:DIGEST_SIZE] != _digest(content, scope) or base64.urlsafe_b64encode(data).rstrip(b"=") != text.encode():
        raise ValueError("it has been changed, or is another list's")
    return _require_sound(content)


def _require_sound(content: bytes) -> Cursor:
    # A forger can compute a digest; what comes with it must not make SQLite fail.
    try:
        values = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    match values:
        case [None | str() | int() | float() as value, int() as record_id, bool() as backward, int() as position]:
            str(value).encode()
            numbers = [number for number in (value, record_id, position) if isinstance(number, int)]
            if position < 0 or any(abs(number) > LARGEST_INTEGER + (number < 0) for number in numbers):
                raise ValueError("it has numbers that are out of range")
            return Cursor(Key(value, record_id), backward, position)
    raise ValueError("it has other values than a cursor")


def _digest(content: bytes, scope: Sequence[Any]) -> bytes:
    # Against mistakes, not against forgers: who computes one has no other records than are theirs to read.
    return sha256(content + b"\n" + json.dumps(scope).encode()).digest()[:DIGEST_SIZE]
