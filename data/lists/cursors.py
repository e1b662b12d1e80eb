"""Cursors: where a page of a list begins or ends, as an opaque text that is valid for this list only."""

import base64
import json
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from data.lists.pages import LARGEST_INTEGER

DIGEST_SIZE = 12
# The most bytes of UTF-8 of a filter that a link repeats; a longer filter is in the link's cursor instead.
LONGEST_REPEATED = 256
# Larger than the content of any cursor: a filter of 2,000 bytes and the value of a field.
LARGEST_CONTENT = 64 * 1024
# The first byte of a content that is not compressed, and the separator between the values and the filter.
PLAIN, END = b"[", b"\n"


class Key(NamedTuple):
    """The place of a record in the order of its list.

    :param value: the value of the field that the list is ordered by.
    :param id: the record's ID.
    """

    value: Any
    id: int


class Cursor(NamedTuple):
    """A place between two records.

    :param key: the record next to it, which may have been deleted since.
    :param backward: True if the page ends here and the record follows; False if the page begins here, after the record.
    :param position: how many records came before the place when the cursor was made.
    :param filter_: the expression that the records match; empty for all.
    """

    key: Key
    backward: bool
    position: int
    filter_: str


def is_carried(filter_: str) -> bool:
    """Return whether cursors contain a filter, because it is too long to be repeated in each link of an answer.

    :param filter_: the expression.
    """
    return len(filter_.encode()) > LONGEST_REPEATED


def write_cursor(cursor: Cursor, scope: Sequence[Any]) -> str:
    """Return the text of a cursor.

    :param cursor: the cursor.
    :param scope: what identifies the list and its order, without the filter; a cursor is valid in its own scope only.
    """
    values = [*cursor.key, cursor.backward, cursor.position]
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    if is_carried(cursor.filter_):
        content = zlib.compress(content + END + cursor.filter_.encode(), zlib.Z_BEST_COMPRESSION)
    return base64.urlsafe_b64encode(_digest(content, scope, cursor.filter_) + content).rstrip(b"=").decode()


def read_cursor(text: str, scope: Sequence[Any], filter_: str) -> Cursor:
    """Return the cursor that a text stands for.

    :param text: the text.
    :param scope: as for `write_cursor`.
    :param filter_: the filter that is asked for; it may be empty if the cursor contains one.
    :raises ValueError: `write_cursor` did not write the text for this scope and filter.
    """
    data = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    content = data[DIGEST_SIZE:]
    values, _, carried = (content if content.startswith(PLAIN) else _decompress(content)).partition(END)
    cursor = _require_sound(values, filter_ or carried.decode())
    is_canonical = base64.urlsafe_b64encode(data).rstrip(b"=") == text.encode()
    if data[:DIGEST_SIZE] != _digest(content, scope, cursor.filter_) or not is_canonical:
        raise ValueError("it has been changed, or is another list's")
    return cursor


def _decompress(content: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        decompressed = decompressor.decompress(content, LARGEST_CONTENT)
    except zlib.error as error:
        raise ValueError("it is not compressed") from error
    if not decompressor.eof or decompressor.unused_data:
        raise ValueError("it is too long, or not complete")
    return decompressed


def _require_sound(content: bytes, filter_: str) -> Cursor:
    # Anybody can compute a valid digest, so the values are checked too: they must not make a query fail.
    try:
        values = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    match values:
        case [None | str() | int() | float() as value, int() as record_id, bool() as backward, int() as position]:
            if b"\0" in f"{value}{filter_}".encode():
                raise ValueError("it has characters that no text has")
            numbers = [number for number in (value, record_id, position) if isinstance(number, int)]
            if position < 0 or any(abs(number) > LARGEST_INTEGER + (number < 0) for number in numbers):
                raise ValueError("it has numbers that are out of range")
            return Cursor(Key(value, record_id), backward, position, filter_)
    raise ValueError("it has other values than a cursor")


def _digest(content: bytes, scope: Sequence[Any], filter_: str) -> bytes:
    # The digest protects against mistakes, not forgery: a forged cursor gives access to no further records.
    return sha256(content + b"\n" + json.dumps([*scope, filter_]).encode()).digest()[:DIGEST_SIZE]
