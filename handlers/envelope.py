"""The success shapes: a list with the page it shows, the records that were found, a bare status."""

import json
from collections.abc import Callable

from starlette.responses import Response

from data.records import Page


def listed(select: Callable[[Page], list[str]], page: Page) -> Response:
    """Answer with a page of a list (contract: the schemas named …List).

    :param select: gives the page's records as JSON texts.
    :param page: the page that is asked for.
    """
    records = select(page)
    return _answer(
        f'{{"filter":{json.dumps(page.filter_)},"limitStart":{page.limit_start},'
        f'"limitPageSize":{page.limit_page_size},"records":[{",".join(records)}],"count":{len(records)},'
        f'"orderBy":"{page.order_by}","ascending":{json.dumps(page.ascending)},"status":200}}'
    )


def found(records: list[str]) -> Response:
    """Answer with the records that were asked for, as JSON texts (contract: the schemas named …Found)."""
    return _answer(f'{{"records":[{",".join(records)}],"count":{len(records)},"status":200}}')


def done() -> Response:
    """Answer that it is done (contract: schema Done)."""
    return _answer('{"status":200}')


def _answer(body: str) -> Response:
    return Response(body, media_type="application/json")
