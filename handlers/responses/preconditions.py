"""Evaluation of preconditions (RFC 9110, section 13.2)."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http import HTTPStatus

from starlette.responses import Response

from data import store
from handlers.contract.headers import ANY
from handlers.contract.preconditions import IF_MATCH, IF_NONE_MATCH, Precondition
from handlers.contract.problems import Problem
from handlers.responses.etag import make_tag

Asked = Precondition | None

WEAK = b"W/"
NOTHING_ASKED = nullcontext()


def require(precondition: Asked, read: Callable[[], Iterable[Response]]) -> AbstractContextManager[None]:
    """Return a context manager that undoes the change of a record unless the precondition holds.

    The block of the context manager changes the record, in one transaction. It runs before the precondition is
    evaluated: an error that the block raises without a precondition goes before 412 (RFC 9110, section 13.2.1).

    :param precondition: the precondition of the request; None if there is none.
    :param read: returns the responses to reads of the record before the block; empty if there is no record.
    :raises Problem: 412; the precondition does not hold.
    """
    return NOTHING_ASKED if precondition is None else _require(precondition, read)


@contextmanager
def _require(precondition: Precondition, read: Callable[[], Iterable[Response]]) -> Iterator[None]:
    with store.atomic():
        tags = {make_tag(answer) for answer in read()}
        yield
        # In this order (RFC 9110, section 13.2.2). A weak tag matches none here (section 13.1.1).
        if precondition.match and not _match(precondition.match, tags):
            raise _fail(IF_MATCH, "is not an ETag that the record has now")
        if _match([tag.removeprefix(WEAK) for tag in precondition.none_match], tags):
            raise _fail(IF_NONE_MATCH, "fits the record that is there")


def _match(given: Collection[bytes], tags: Collection[bytes]) -> bool:
    return any(tag in tags or (tag == ANY and tags) for tag in given)


def _fail(name: str, why: str) -> Problem:
    return Problem(("header", name), why, HTTPStatus.PRECONDITION_FAILED)
