"""What a sandbox serves beside its control API: the contract, its documentation, and the page to look at."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from handlers.app import public
from handlers.app.public import Endpoint
from handlers.contract import document
from handlers.contract.operations import JSON
from handlers.sandbox.outgoing.contract import CONTRACT as OUTGOING
from handlers.sandbox.page.events import stream_journal
from handlers.sandbox.page.record_views import show_dialler, show_outgoing, show_timeline
from handlers.sandbox.page.rendering import file, show
from handlers.sandbox.page.views import show_coverage, show_data, show_request, show_worlds

CONTRACT = Path(__file__).with_name("control.yaml")
# What the page says above the contract, in HTML.
HINT = (
    'The control API of the <a href="./">sandbox</a>. The API itself: <a href="../docs">Freiton</a>. The calls to'
    ' connectors: <a href="outgoing.yaml">outgoing.yaml</a>'
)


def contract_yaml(request: Request) -> Response:
    """Return the contract of the control API as YAML.

    :param request: the request; nothing of it is used.
    """
    return Response(document.render_yaml(path=CONTRACT), media_type="application/yaml")


def contract_json(request: Request) -> Response:
    """Return the contract of the control API as JSON.

    :param request: the request; nothing of it is used.
    """
    return Response(document.render_json(path=CONTRACT), media_type=JSON)


def outgoing_yaml(request: Request) -> Response:
    """Return the contract of the calls to connectors as YAML.

    :param request: the request; nothing of it is used.
    """
    return Response(document.render_yaml(path=OUTGOING), media_type="application/yaml")


def outgoing_json(request: Request) -> Response:
    """Return the contract of the calls to connectors as JSON.

    :param request: the request; nothing of it is used.
    """
    return Response(document.render_json(path=OUTGOING), media_type=JSON)


def docs(request: Request) -> Response:
    """Return the HTML page that shows the contract of the control API.

    :param request: the request; nothing of it is used.
    """
    page = public.render_page("en", hint=HINT, links="", token="")
    return HTMLResponse(page, headers={"Content-Security-Policy": public.POLICY})


ENDPOINTS: Mapping[str, Endpoint] = {
    "/sandbox/openapi.yaml": contract_yaml,
    "/sandbox/openapi.json": contract_json,
    "/sandbox/outgoing.yaml": outgoing_yaml,
    "/sandbox/outgoing.json": outgoing_json,
    "/sandbox/docs": docs,
    "/sandbox": partial(public.redirect, "sandbox/"),
    "/sandbox/": show(show_worlds),
    "/sandbox/request": show(show_request),
    "/sandbox/data": show(show_data),
    "/sandbox/coverage": show(show_coverage),
    "/sandbox/timeline": show(show_timeline),
    "/sandbox/outgoing": show(show_outgoing),
    "/sandbox/dialler": show(show_dialler),
    "/sandbox/events": stream_journal,
    "/sandbox/page.js": file("page.js", "text/javascript"),
    "/sandbox/page.css": file("page.css", "text/css"),
    # The files that the page needs, and a redirect.
    **{f"/sandbox{path}": endpoint for path, endpoint in public.ENDPOINTS.items() if path.startswith("/docs/")},
}
