"""Preconditions: what a request asks of the record that it changes (RFC 9110, section 13)."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from handlers.contract.headers import read_tags
from handlers.contract.problems import Problem

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"


class Precondition(NamedTuple):
    """What a request asks of the record that it changes.

    :param match: the entity tags of `If-Match`, or `*`; none if there is no such field.
    :param none_match: those of `If-None-Match`.
    """

    match: Collection[bytes] = ()
    none_match: Collection[bytes] = ()


def read_precondition(fields: Mapping[bytes, bytes], *, allowed: bool) -> dict[str, Precondition]:
    """Return the argument of a handler that says what a request asks of the record, if it asks anything.

    :param fields: the header fields, names in lower case.
    :param allowed: whether the operation takes preconditions.
    :raises Problem: 400; there is one and the operation takes none, or it is no list of entity tags.
    """
    if b"if-match" not in fields and b"if-none-match" not in fields:
        return {}
    return {"precondition": Precondition(*(_read(fields, name, allowed) for name in (IF_MATCH, IF_NONE_MATCH)))}


def _read(fields: Mapping[bytes, bytes], name: str, allowed: bool) -> Collection[bytes]:
    value = fields.get(name.lower().encode())
    if value is None:
        return ()
    if not allowed:
        raise Problem(("header", name), "is for operations that change one record that is there")
    tags = read_tags(value)
    if not tags:
        raise Problem(("header", name), "must be * or entity tags in double quotes")
    return tags
