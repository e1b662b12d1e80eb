"""The success envelopes: a page of a list, the records that were found, a bare status."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import quote

from starlette.responses import Response

from data.lists.cursors import is_carried
from data.lists.pages import Listing, Page
from handlers.contract.operations import JSON
from handlers.responses.etag import ConditionalResponse
from handlers.responses.stream import Stream

DONE = '{"status":200}'
JSON_TRUTHS = {True: "true", False: "false"}
NO_TEXT = '""'
# In bytes: proxies limit a header field to 4 to 8 KiB. The most useful links come first; those that do not fit are left
# out.
LARGEST_LINKS = 4096


def listed(listing: Listing, **further: int | None) -> Response:
    """Return the response with a page of a list (contract: the schemas named …List); a long page is streamed.

    :param listing: the page.
    :param further: the operation's query parameters besides those of all lists, by name; None for those not given.
    """
    headers = {} if listing.page.is_whole else _describe(listing, further)
    return _respond(listing, _begin(listing), partial(_end, listing), headers)


def listed_whole(listing: Listing) -> Response:
    """Return the response with a list that has no pages (contract: schema CallList); a long one is streamed.

    :param listing: the list.
    """
    order_by = listing.page.order_by

    def end(count: int) -> str:
        return f'],"count":{count},"orderBy":"{order_by}","status":200}}'

    return _respond(listing, b'{"records":[', end, {})


def found(records: list[str]) -> Response:
    """Return the response with the records that were asked for (contract: the schemas named …Found).

    :param records: the records, each a JSON text.
    """
    return ConditionalResponse(f'{{"records":[{",".join(records)}],"count":{len(records)},"status":200}}')


def told(result: int, error: str) -> Response:
    """Return the response that says by a code whether a change was made (contract: schema CockpitVariableSet).

    :param result: the code; 0 if it was.
    :param error: why it was not; empty if it was.
    """
    return ConditionalResponse(f'{{"result":{result},"error":{json.dumps(error)},"status":200}}')


def done() -> Response:
    """Return the response that a change was made (contract: schema Done)."""
    return ConditionalResponse(DONE)


def acted() -> Response:
    """Return the response that a change was made by a GET, without an entity tag (contract: schema Done)."""
    return Response(DONE, media_type=JSON)


def _respond(listing: Listing, begin: bytes, end: Callable[[int], str], headers: Mapping[str, str]) -> Response:
    """Return the response with a list.

    :param listing: the list.
    :param begin: the text before the first record, in UTF-8.
    :param end: returns the text behind the last record, for the number of records.
    :param headers: further header fields, by name.
    """
    if listing.is_long:
        return Stream(_Parts(listing, begin, end), headers, JSON)
    (chunk,) = listing.chunks
    return ConditionalResponse(begin + chunk.text + end(chunk.size).encode(), headers)


class _Parts(Iterator[bytes]):
    """The parts of a long page; if reading a part was interrupted, the next call reads that part again."""

    def __init__(self, listing: Listing, begin: bytes, end: Callable[[int], str]) -> None:
        self.listing = listing
        self.before = begin
        self.end = end
        self.count = 0
        self.is_over = False

    def __next__(self) -> bytes:
        if self.is_over:
            raise StopIteration
        chunk = next(self.listing.chunks, None)
        before, self.before = self.before, b","
        if chunk is None:
            self.is_over = True
            return (b"" if self.count else before) + self.end(self.count).encode()
        self.count += chunk.size
        return before + chunk.text


def _begin(listing: Listing) -> bytes:
    page = listing.page
    return (
        f'{{"filter":{json.dumps(page.filter_) if page.filter_ else NO_TEXT},"limitStart":{listing.start},'
        f'"limitPageSize":{page.limit_page_size},"records":['
    ).encode()


def _end(listing: Listing, count: int) -> str:
    page = listing.page
    return f'],"count":{count},"orderBy":"{page.order_by}","ascending":{JSON_TRUTHS[page.ascending]},"status":200}}'


def _describe(listing: Listing, further: Mapping[str, int | None]) -> dict[str, str]:
    """Return the header fields of a page: the number of all records, and links to other pages (RFC 8288)."""
    page, total = listing.page, listing.total
    headers = {} if total is None else {"X-Total-Count": str(total)}
    if page.limit_page_size < 1:
        return headers
    last = max(0, (total or 0) - 1) // page.limit_page_size * page.limit_page_size
    needs_cursor = is_carried(page.filter_)
    targets = {
        "next": listing.following and f"&cursor={listing.following}",
        "prev": listing.previous and f"&cursor={listing.previous}",
        "first": None if needs_cursor else "",
        "last": None if needs_cursor or total is None else f"&limitStart={last}",
    }
    query = _query(page, further)
    links = ""
    for rel, place in targets.items():
        link = f'{", " if links else ""}<?{query}{place}>; rel="{rel}"'
        if place is not None and len(links) + len(link) <= LARGEST_LINKS:
            links += link
    return {**headers, "Link": links} if links else headers


def _query(page: Page, further: Mapping[str, int | None]) -> str:
    """Return the query parameters that the links to all pages share."""
    condition = f"filter={quote(page.filter_, safe='')}&" if page.filter_ and not is_carried(page.filter_) else ""
    others = "".join(f"{name}={value}&" for name, value in further.items() if value is not None)
    ascending = JSON_TRUTHS[page.ascending]
    return f"{others}{condition}limitPageSize={page.limit_page_size}&orderBy={page.order_by}&ascending={ascending}"
