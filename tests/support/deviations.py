"""Deviations from the contract that a server can have, and what is to be said of them."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tests.support.conformance import BASE_PATH
from tests.support.proxy import Exchange, Silence

RESERVED = {"filter", "limitStart", "limitPageSize", "orderBy", "ascending", "cursor"}
EMPTY = (
    b'{"filter":"","limitStart":0,"limitPageSize":-1,"records":[],"count":0,'
    b'"orderBy":"ID","ascending":true,"status":200}'
)
UNKNOWN = b'{"status":404,"error":"None"}'
PROBLEM = b'{"type":"about:blank","title":"Unauthorized","status":401}'

Change = Callable[[Exchange], None]


class Deviation(NamedTuple):
    """A deviation of an operation.

    :param operation: the method and the path, with ID for IDs.
    :param status: the status of the answers that are changed.
    :param applies: which of them.
    :param change: the change.
    :param texts: what is to be said of it.
    """

    operation: str
    status: int
    applies: Callable[[Exchange], bool]
    change: Change
    texts: tuple[str, ...]


def always(exchange: Exchange) -> bool:
    """Apply to all requests of the documented API."""
    return not exchange.query.keys() & {*RESERVED, "colour"}


def no_token(exchange: Exchange) -> bool:
    """Apply to requests without a token."""
    return not exchange.token


def other_account(exchange: Exchange) -> bool:
    """Apply to requests for another client account than that of the token, which is 1."""
    return not exchange.path.startswith(f"{BASE_PATH}/1/")


def page(exchange: Exchange) -> bool:
    """Apply to the request for a page of one record."""
    return exchange.query == {"limitPageSize": ["1"]}


def unknown(exchange: Exchange) -> bool:
    """Apply to requests with a parameter that there is not."""
    return "colour" in exchange.query


def fields(**changed: Any) -> Change:
    """Return a change of the fields of an envelope; one that is an ellipsis is taken away."""

    def apply(exchange: Exchange) -> None:
        exchange.data = _change(exchange.data, changed)

    return apply


def record(index: int, **changed: Any) -> Change:
    """Return a change of the fields of one record; one that is an ellipsis is taken away."""

    def apply(exchange: Exchange) -> None:
        data = exchange.data
        data["records"][index : index + 1] = [_change(one, changed) for one in data["records"][index : index + 1]]
        exchange.data = data

    return apply


def _change(data: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**data, **changed}.items() if value is not ...}


def double(exchange: Exchange) -> None:
    """Send each record twice."""
    exchange.data = {**exchange.data, "records": exchange.data["records"] * 2, "count": 2}


def answer(status: int, body: bytes = b"", content_type: str = "application/json") -> Change:
    """Return a change that makes another answer."""

    def apply(exchange: Exchange) -> None:
        exchange.status, exchange.body = status, body
        exchange.headers["content-type"] = content_type

    return apply


def header(name: str, value: str | None) -> Change:
    """Return a change of a header."""

    def apply(exchange: Exchange) -> None:
        exchange.headers.pop(name, None)
        exchange.headers |= {} if value is None else {name: value}

    return apply


def silence(exchange: Exchange) -> None:
    """End the connection."""
    raise Silence


def apply(deviations: Iterable[Deviation]) -> Change:
    """Return the change that all deviations are together."""
    known = list(deviations)

    def change(exchange: Exchange) -> None:
        operation, status = re.sub(r"/\d+", "/ID", exchange.operation), exchange.status
        for each in known:
            if (each.operation, each.status) == (operation, status) and each.applies(exchange):
                each.change(exchange)

    return change


def answer_as_documented(exchange: Exchange) -> None:
    """Take away the headers that the vendor's pages do not name."""
    exchange.headers = {name: value for name, value in exchange.headers.items() if name == "content-type"}


PLANTED = [
    Deviation(
        *("GET /acd/events/types", 401, no_token, answer(200, EMPTY)),
        ("answers 200; the contract says 401 without a token",),
    ),
    Deviation(
        *("GET /acd/events/types", 401, other_account, answer(200, EMPTY)),
        ("answers 200; the contract says 401 for another client account",),
    ),
    Deviation(
        *("GET /acd/events/types", 304, always, answer(200, EMPTY)),
        ("answers 200; the contract says 304 for If-None-Match: *",),
    ),
    Deviation(
        *("GET /acd/events/status", 200, always, header("content-type", "text/html")),
        ("the content type is text/html; the contract says application/json",),
    ),
    Deviation(
        *("GET /acd/events/status", 401, always, answer(401, PROBLEM, "application/problem+json")),
        ("the content type is application/problem+json; the contract says application/json",),
    ),
    Deviation(
        *("GET /acd/events", 200, always, record(1, dtCreated="2020-08-09", AcdEventTypesID=-1)),
        (
            'records[1].dtCreated is "2020-08-09"; the contract says a text, such as "2020-08-09T02:33:50.347"',
            "records[1].AcdEventTypesID is -1; the contract says a whole number, at least 0",
        ),
    ),
    Deviation(
        *("GET /acd/events", 200, always, fields(ascending="true")),
        ('ascending is "true"; the contract says true or false',),
    ),
    Deviation(
        *("GET /acd/events/event/ID", 404, always, answer(404)),
        ("the body is empty; the contract says JSON",),
    ),
    Deviation("GET /acd/groups", 200, always, record(2, Name=...), ("records[2].Name is missing",)),
    Deviation(
        *("GET /acd/groups", 200, always, record(3, ServiceLevelSeconds=True)),
        ("records[3].ServiceLevelSeconds is true; the contract says a whole number or null",),
    ),
    Deviation(
        *("GET /acd/groups", 200, always, header("cache-control", None)), ("the header Cache-Control is missing",)
    ),
    Deviation(
        *("GET /acd/groups/group/ID", 200, always, record(0, Name=None, QueueMusicID4Sec="-1")),
        (
            "records[0].Name is null; the contract says a text",
            'records[0].QueueMusicID4Sec is "-1"; the contract says a whole number or null',
        ),
    ),
    Deviation("GET /acd/groups/group", 200, always, fields(count=7), ("count is 7, and records has 1",)),
    Deviation(
        *("GET /dialler/campaigns/ID", 200, always, fields(records=None, count=None, status=None)),
        (
            "records is null; the contract says an array",
            "count is null; the contract says a whole number",
            "status is null; the contract says a whole number",
        ),
    ),
    Deviation(
        *("GET /acd/groups/group", 400, always, answer(200, EMPTY)),
        ("answers 200; the contract says 400 without name",),
    ),
    Deviation(
        *("GET /dialler/campaigns", 200, always, record(1, nMaxParallelLines=-5, Name="")),
        (
            "records[1].nMaxParallelLines is -5; the contract says a whole number or null, at least 0",
            'records[1].Name is ""; the contract says a text, at least 1 characters',
        ),
    ),
    Deviation("GET /dialler/campaigns", 200, page, double, ("has 2 records on a page of 1",)),
    Deviation(
        *("GET /dialler/campaigns/ID", 404, always, answer(200, EMPTY)),
        ("answers 200; the contract says 404 for an unknown ID",),
    ),
    Deviation(
        *("GET /dialler/campaigns/campaign", 200, always, fields(status=201)),
        ("status in the body is 201, and that of the answer 200",),
    ),
    Deviation(
        *("GET /dialler/campaigns/campaign", 401, always, fields(status=403)),
        ("status in the body is 403, and that of the answer 401",),
    ),
    Deviation(
        *("GET /dialler/campaigns/campaign/ID/resultCodes", 200, always, record(1, DiallerCampaignsID=4711)),
        ("has a record of DiallerCampaignsID 4711, and was asked for 500",),
    ),
    Deviation(
        *("GET /dialler/campaigns/campaign/ID/resultCodes", 200, always, record(0, ExportKey="k" * 300)),
        (f'records[0].ExportKey is "{"k" * 79}…; the contract says a text or null, at most 255 characters',),
    ),
    Deviation(
        *("GET /dialler/contacts", 200, always, header("etag", "e" * 1025)),
        (f'the header etag is "{"e" * 79}…; the contract says a text, at most 1024 characters',),
    ),
    Deviation("GET /dialler/contacts", 400, unknown, silence, ("gives no answer (RemoteProtocolError)",)),
    Deviation(
        *("GET /dialler/contacts/ID", 200, always, answer(404, UNKNOWN)),
        ("answers 404; the contract says 200 for a record of a list", "the header Link is missing"),
    ),
    Deviation(
        *("GET /dialler/contacts/contact", 200, always, answer(200, b"[]")),
        ("the body is []; the contract says an object",),
    ),
    Deviation(
        *("GET /dialler/contacts/contact", 401, no_token, answer(401, b"<p>Who are you?</p>")),
        ("the body is no JSON; the contract says JSON",),
    ),
    Deviation(
        *("POST /dialler/contacts", 200, always, header("content-type", None)),
        ("there is no content type; the contract says application/json",),
    ),
    Deviation(
        *("POST /dialler/contacts", 400, always, fields(error=..., message="Bad", path="/")),
        (
            "error is missing",
            "message is a further field, and the contract allows none",
            "path is a further field, and the contract allows none",
        ),
    ),
    Deviation(
        *("GET /no-such-endpoint", 404, always, answer(200, UNKNOWN)),
        (
            "answers 200; the contract says 404 for an unknown endpoint",
            "the body has 29 bytes; the contract says none for an unknown endpoint",
        ),
    ),
]
