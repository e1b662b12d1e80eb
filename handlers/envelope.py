"""The success shapes: a list with the page it shows, the records that were found, a bare status."""

import json
from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response

from data.pages import Listing, Page
from handlers.conditional import Answer
from handlers.streaming import Stream

JSON = "application/json"
DONE = '{"status":200}'
# A client's header is refused above half as much; the first of the links are worth more than the last.
TRUTHS = {True: "true", False: "false"}
NO_TEXT = '""'
LARGEST_LINKS = 32 * 1024


def listed(listing: Listing) -> Response:
    """Answer with a page of a list (contract: the schemas named …List), as it is read if it is long.

    :param listing: the page.
    """
    headers = {} if listing.page.is_whole else _describe(listing)
    if listing.is_long:
        return Stream(_render(listing), headers=headers, media_type=JSON)
    (chunk,) = listing.chunks
    return Answer(_begin(listing) + chunk.text + _end(listing, chunk.size), headers)


def found(records: list[str]) -> Response:
    """Answer with the records that were asked for, as JSON texts (contract: the schemas named …Found)."""
    return Answer(f'{{"records":[{",".join(records)}],"count":{len(records)},"status":200}}')


def done() -> Response:
    """Answer that it is done (contract: schema Done)."""
    return Answer(DONE)


def _render(listing: Listing) -> Iterator[str]:
    count = 0
    yield _begin(listing)
    for chunk in listing.chunks:
        yield ("," if count and chunk.size else "") + chunk.text
        count += chunk.size
    yield _end(listing, count)


def _begin(listing: Listing) -> str:
    page = listing.page
    return (
        f'{{"filter":{json.dumps(page.filter_) if page.filter_ else NO_TEXT},"limitStart":{listing.start},'
        f'"limitPageSize":{page.limit_page_size},"records":['
    )


def _end(listing: Listing, count: int) -> str:
    page = listing.page
    return f'],"count":{count},"orderBy":"{page.order_by}","ascending":{TRUTHS[page.ascending]},"status":200}}'


def _describe(listing: Listing) -> dict[str, str]:
    """Return the headers of a page: how many records all pages have, and where the other pages are (RFC 8288)."""
    page, total = listing.page, listing.total
    headers = {} if total is None else {"X-Total-Count": str(total)}
    if page.limit_page_size < 1:
        return headers
    last = max(0, (total or 0) - 1) // page.limit_page_size * page.limit_page_size
    targets = {
        "next": listing.following and f"&cursor={listing.following}",
        "prev": listing.previous and f"&cursor={listing.previous}",
        "first": "",
        "last": None if total is None else f"&limitStart={last}",
    }
    links = ""
    for rel, place in targets.items():
        link = f'{", " if links else ""}<?{_query(page)}{place}>; rel="{rel}"'
        if place is not None and len(links) + len(link) <= LARGEST_LINKS:
            links += link
    return {**headers, "Link": links}


def _query(page: Page) -> str:
    condition = f"filter={quote(page.filter_, safe='')}&" if page.filter_ else ""
    ascending = TRUTHS[page.ascending]
    return f"{condition}limitPageSize={page.limit_page_size}&orderBy={page.order_by}&ascending={ascending}"
