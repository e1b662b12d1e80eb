"""HTML of the page: its templates, its files, and its errors."""

from collections.abc import Callable
from functools import cache, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from data import store
from handlers.app.public import Endpoint
from handlers.contract.problems import Problem, Refusal
from handlers.contract.url import parse_query, read_integer

FOLDER = Path(__file__).parent
# Nothing within the HTML is run or styled, no form is sent by the browser itself, and all comes from this server.
POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; style-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
# JavaScript's largest exact integer.
LARGEST = 2**53 - 1

View = Callable[[Request], str]


def show(view: View) -> Endpoint:
    """Return the endpoint of a page, which shows errors as a page too.

    :param view: returns the HTML for a request.
    """

    @wraps(view)
    def answer(request: Request) -> Response:
        try:
            return HTMLResponse(view(request), headers=HEADERS)
        except store.NotFound as error:
            return _show_error(HTTPStatus.NOT_FOUND, str(error))
        except Refusal as error:
            return _show_error(error.status, str(error))

    return answer


def render(template: str, **values: Any) -> str:
    """Return the HTML of a template.

    :param template: the name of its file without the extension.
    :param values: what the template shows; texts are escaped.
    """
    return _load_templates().get_template(f"{template}.html").render(values)


def file(name: str, media_type: str) -> Endpoint:
    """Return the endpoint of a file of this folder.

    :param name: the name of the file.
    :param media_type: its media type.
    """
    return lambda request: Response((FOLDER / name).read_bytes(), media_type=media_type)


def read_query(request: Request) -> dict[str, str]:
    """Return the parameters of the query string of a request.

    :param request: the request.
    :raises Problem: 400; the query string is malformed.
    """
    return parse_query(request.scope["query_string"])


def read_count(query: dict[str, str], name: str, default: int) -> int:
    """Return a parameter that is an integer from 0 on.

    :param query: the parameters of the query string.
    :param name: the name of the parameter.
    :param default: what it is if it is not given.
    :raises Problem: 400; it is something else.
    """
    value = read_integer(query.get(name, str(default)))
    if not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise Problem(("query", name), f"must be an integer from 0 to {LARGEST}")
    return value


def _show_error(status: int, error: str) -> Response:
    return HTMLResponse(render("error", error=error), status, HEADERS)


@cache
def _load_templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
