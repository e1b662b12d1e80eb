"""Preconditions: what a request asks of the record that it changes (RFC 9110, section 13)."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http import HTTPStatus
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import Response

from data import store
from handlers.conditional import ANY, make_tag, read_tags
from handlers.errors import Misplaced

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
WEAK = b"W/"
NOTHING_ASKED = nullcontext()


class Precondition(NamedTuple):
    """What a request asks of the record that it changes.

    :param match: the entity tags of `If-Match`, or `*`; none if there is no such field.
    :param none_match: those of `If-None-Match`.
    """

    match: Collection[bytes] = ()
    none_match: Collection[bytes] = ()

    def require(self, read: Callable[[], Iterable[Response]]) -> AbstractContextManager[None]:
        """Let a block change a record in one transaction, and undo it unless the record was as the request asks.

        The block runs first: what refuses it without a precondition goes before 412 (RFC 9110, section 13.2.1).

        :param read: gives the answers to reads of the record before the block; none if there is no record.
        :raises Misplaced: 412; the record was not as the request asks.
        """
        return self._require(read) if any(self) else NOTHING_ASKED

    @contextmanager
    def _require(self, read: Callable[[], Iterable[Response]]) -> Iterator[None]:
        with store.atomic():
            tags = {make_tag(answer) for answer in read()}
            yield
            # In this order (RFC 9110, section 13.2.2). A weak tag matches none here (section 13.1.1).
            if self.match and not _match(self.match, tags):
                raise _fail(IF_MATCH, "is not an ETag that the record has now")
            if _match([tag.removeprefix(WEAK) for tag in self.none_match], tags):
                raise _fail(IF_NONE_MATCH, "fits the record that is there")


ANYWAY = Precondition()


def read_precondition(headers: Headers, *, allowed: bool) -> Precondition:
    """Return what a request asks of the record that it changes.

    :param headers: the header of the request.
    :param allowed: whether the operation takes preconditions.
    :raises Misplaced: 400; there is one and the operation takes none, or it is no list of entity tags.
    """
    return Precondition(*(_read(headers, name, allowed) for name in (IF_MATCH, IF_NONE_MATCH)))


def _read(headers: Headers, name: str, allowed: bool) -> Collection[bytes]:
    if name not in headers:
        return ()
    if not allowed:
        problem = "is for operations that change one record that is there"
        raise Misplaced(HTTPStatus.BAD_REQUEST, ("header", name), problem)
    tags = read_tags(",".join(headers.getlist(name)).encode("latin-1"))
    if not tags:
        raise Misplaced(HTTPStatus.BAD_REQUEST, ("header", name), "must be * or entity tags in double quotes")
    return tags


def _match(given: Collection[bytes], tags: Collection[bytes]) -> bool:
    return any(tag in tags or (tag == ANY and tags) for tag in given)


def _fail(name: str, problem: str) -> Misplaced:
    return Misplaced(HTTPStatus.PRECONDITION_FAILED, ("header", name), problem)
