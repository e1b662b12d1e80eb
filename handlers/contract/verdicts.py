"""Verdicts: each rule of the contract that a request or its answer breaks, with its place.

A request has a violation if and only if the compiled operation refuses it: each check here is one of the operation's.
The checks of the parts only say what else is wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote_plus

from handlers.contract.answers import Answers, Finding
from handlers.contract.headers import check_size, join_fields
from handlers.contract.operations import CONTENT_TYPE, Fields, Operation
from handlers.contract.problems import POINTER, Problem, Refusal, describe, make_pointer
from handlers.contract.routes import Routes
from handlers.contract.strict_json import parse_json
from handlers.contract.url import parse_query

Check = Callable[[], object]

# Where the problem of a refusal is that does not say so itself, by status.
PLACES = {
    401: ("header", "Authorization"),
    404: ("path",),
    405: ("method",),
    413: ("body",),
    431: ("header",),
}
NO_ENDPOINT = "there is no such endpoint"


class Violation(NamedTuple):
    """A rule that is broken.

    :param place: the place, as a JSON Pointer in its URI form, such as `#/body/source`.
    :param rule: what is wrong there.
    """

    place: str
    rule: str


class Asked(NamedTuple):
    """A request that is judged.

    :param method: the HTTP method, in upper case.
    :param path: the path as it was sent, percent-encoded.
    :param query: the query string, percent-encoded.
    :param headers: the header fields, as pairs of name and value, names in lower case.
    :param body: the body; None if it did not arrive completely, or is too large.
    """

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes | None


def judge_request(routes: Routes, asked: Asked) -> tuple[Operation | None, list[Violation]]:
    """Return the operation of a request, and each rule that the request breaks.

    :param routes: the paths of the contract.
    :param asked: the request.
    :returns: None instead of an operation if there is no such endpoint or method.
    """
    try:
        route, texts = routes.find(asked.path)
        operation = None if asked.method == "OPTIONS" else route.find(asked.method)
    except Refusal as refusal:
        return None, [explain_refusal(refusal.status, refusal.headers.get(POINTER), refusal.error)]
    if operation is None:
        return None, []
    refusals = _find_refusals(operation, texts, asked)
    return operation, [
        *dict.fromkeys(explain_refusal(each.status, each.headers.get(POINTER), each.error) for each in refusals)
    ]


def judge_answer(answers: Answers, status: int, fields: Fields, body: bytes | None) -> list[Violation]:
    """Return each rule that an answer breaks.

    :param answers: the documented answers of the operation.
    :param status: the HTTP status.
    :param fields: the header fields by name in lower case.
    :param body: the body; None if it is not known, or if the answer has none because of the method.
    """
    return [*dict.fromkeys(map(_explain_finding, answers.find_problems(status, fields, body)))]


def explain_refusal(status: int, pointer: str | None, error: str | None) -> Violation:
    """Return the violation that a refusal is about.

    :param status: the HTTP status of the refusal.
    :param pointer: its `X-Error-Pointer`, if it has one.
    :param error: the reason; None if there is no such endpoint.
    """
    return Violation(pointer or make_pointer(PLACES.get(status, ())), error or NO_ENDPOINT)


def _explain_finding(finding: Finding) -> Violation:
    place, why = finding
    return Violation(make_pointer(("response", *place)), describe(place, why))


def _find_refusals(operation: Operation, texts: Sequence[str], asked: Asked) -> Iterator[Refusal]:
    fields = join_fields(asked.headers)
    yield from _run(partial(operation.read_path, texts), _split_path(operation, texts))
    yield from _run(partial(check_size, asked.headers))
    yield from _run(partial(operation.check_accept, fields))
    for whole in (operation.read_preconditions, operation.check_header):
        yield from _run(partial(whole, fields), (partial(whole, {name: text}) for name, text in fields.items()))
    yield from _run(partial(operation.read_query, asked.query), _split_query(operation, asked.query))
    if operation.media_types:
        yield from _find_body_refusals(operation, fields, asked.body)


def _find_body_refusals(operation: Operation, fields: Fields, body: bytes | None) -> Iterator[Refusal]:
    if body == b"" and not operation.reads_file:
        yield from _run(partial(operation.require_body, body))
        return
    known = body is not None or CONTENT_TYPE in fields
    refused = [*_run(partial(operation.check_media_type, fields))] if known else []
    yield from refused
    # A body of another media type is not read.
    if not refused and body:
        yield from _run(partial(operation.read_body, body), _split_body(operation, body))


def _run(whole: Check, parts: Iterable[Check] = ()) -> Iterator[Refusal]:
    """Yield what is refused as a whole; only then also what is refused of its parts."""
    try:
        whole()
    except Refusal as first:
        yield first
        for part in parts:
            try:
                part()
            except Refusal as further:
                yield further


def _split_path(operation: Operation, texts: Sequence[str]) -> Iterator[Check]:
    return (partial(each.read, text) for each, text in zip(operation.path, texts, strict=True))


def _split_query(operation: Operation, query: bytes) -> Iterator[Check]:
    pairs: dict[bytes, list[bytes]] = {}
    for pair in filter(None, query.split(b"&")):
        pairs.setdefault(pair.partition(b"=")[0], []).append(pair)
    for same in pairs.values():
        yield partial(_read_pairs, operation, b"&".join(same))
    names = {unquote_plus(name.decode("latin-1")) for name in pairs}
    yield from (partial(_refuse, problem) for problem in operation.find_missing(names))


def _read_pairs(operation: Operation, pairs: bytes) -> None:
    operation.read_given(parse_query(pairs))


def _split_body(operation: Operation, body: bytes) -> Iterator[Check]:
    try:
        value = parse_json(body, allow_nul=operation.takes_any_fields)
    except ValueError:
        return
    # No other body is refused.
    assert operation.body is not None
    for path, why in operation.body.find_problems(value):
        yield partial(_refuse, Problem(("body", *path), why))


def _refuse(problem: Problem) -> None:
    raise problem
