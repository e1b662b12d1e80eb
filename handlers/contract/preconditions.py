"""Preconditions of a request that changes a record: If-Match and If-None-Match (RFC 9110, section 13.1)."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from handlers.contract.headers import read_tags
from handlers.contract.problems import Problem

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
# In lower case, as in the header fields of a request.
PRECONDITIONS = {name.lower().encode() for name in (IF_MATCH, IF_NONE_MATCH)}


class Precondition(NamedTuple):
    """The precondition of a request that changes a record (RFC 9110, sections 13.1.1 and 13.1.2).

    :param match: the entity tags of `If-Match`, or `*`; empty if the request has no such field.
    :param none_match: the entity tags of `If-None-Match`, or `*`; empty if the request has no such field.
    """

    match: Collection[bytes] = ()
    none_match: Collection[bytes] = ()


def read_precondition(fields: Mapping[bytes, bytes], *, allowed: bool) -> dict[str, Precondition]:
    """Return the handler's argument `precondition`; nothing if the request has no precondition.

    :param fields: the header fields by name in lower case.
    :param allowed: whether the operation takes preconditions.
    :raises Problem: 400; the operation takes no preconditions, or a value is no list of entity tags.
    """
    if PRECONDITIONS.isdisjoint(fields):
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
