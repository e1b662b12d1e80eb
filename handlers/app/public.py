"""Endpoints beside the API, without a token: health, the contract and its documentation."""

import gzip
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from data import store
from handlers.contract import document
from handlers.contract.operations import JSON
from handlers.contract.problems import Problem
from handlers.contract.url import parse_query
from handlers.responses.envelope import DONE

FOLDER = Path(__file__).with_name("docs")
SCALAR = "scalar-1.72.1.js"
DEMO_TOKEN = "freiton-demo-1"
# Scalar inserts style elements and style attributes, and shows its icons as data URLs.
POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The script's path contains its version, so the cached file never changes.
FOREVER = "public, max-age=31536000, immutable"
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français"}
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Freiton API",
        "languages": "Language",
        "demo": f"The demo token <code>{DEMO_TOKEN}</code> is filled in.",
        "own": "A token for your own requests: <code>freiton token add</code>",
        "noscript": "This page needs JavaScript. The contract itself is <a href='openapi.yaml'>openapi.yaml</a>.",
    },
    "de": {
        "title": "Freiton-API",
        "languages": "Sprache",
        "demo": f"Das Demo-Token <code>{DEMO_TOKEN}</code> ist eingetragen.",
        "own": "Ein Token für eigene Anfragen: <code>freiton token add</code>",
        "noscript": "Diese Seite braucht JavaScript. Der Vertrag selbst ist <a href='openapi.yaml'>openapi.yaml</a>.",
    },
    "fr": {
        "title": "API Freiton",
        "languages": "Langue",
        "demo": f"Le jeton de démonstration <code>{DEMO_TOKEN}</code> est déjà saisi.",
        "own": "Un jeton pour vos propres requêtes\u202f: <code>freiton token add</code>",
        "noscript": "Cette page requiert JavaScript. Le contrat\u202f: <a href='openapi.yaml'>openapi.yaml</a>.",
    },
}

Endpoint = Callable[[Request], Response]


def live(request: Request) -> Response:
    """Return the response that the process runs.

    :param request: the request; nothing of it is used.
    """
    return Response(DONE, media_type=JSON)


def ready(request: Request) -> Response:
    """Return the response that requests can be served.

    :param request: the request; nothing of it is used.
    :raises Unavailable: the database cannot be read and written now.
    """
    store.current().check()
    return Response(DONE, media_type=JSON)


def openapi_yaml(request: Request) -> Response:
    """Return the contract as YAML, in the language of the request.

    :param request: the request; `lang` or `Accept-Language` name the language.
    :raises Problem: 400; there is no such language, or the query is malformed.
    """
    language = _choose_language(request)
    return Response(document.render_yaml(language), headers=_describe(language), media_type="application/yaml")


def openapi_json(request: Request) -> Response:
    """Return the contract as JSON, in the language of the request.

    :param request: the request; `lang` or `Accept-Language` name the language.
    :raises Problem: 400; there is no such language, or the query is malformed.
    """
    language = _choose_language(request)
    return Response(document.render_json(language), headers=_describe(language), media_type=JSON)


def docs(request: Request, *, demo: bool = False, further: str = "") -> Response:
    """Return the HTML page that shows the contract, in the language of the request.

    :param request: the request; `lang` or `Accept-Language` name the language.
    :param demo: whether the demo token is valid, and is filled in.
    :param further: HTML behind the hint.
    :raises Problem: 400; there is no such language, or the query is malformed.
    """
    language = _choose_language(request)
    links = " ".join(_link(each, each == language) for each in document.LANGUAGES)
    hint = WORDS[language]["demo" if demo else "own"]
    page = render_page(language, hint=hint + further, links=links, token=DEMO_TOKEN if demo else "")
    return HTMLResponse(page, headers={**_describe(language), "Content-Security-Policy": POLICY})


def render_page(language: str, **texts: str) -> str:
    """Return the HTML page that shows the contract `openapi.json` next to it.

    :param language: the language of the page.
    :param texts: the texts of the template by name, and those that replace the usual ones of the language.
    """
    template = Template((FOLDER / "page.html").read_text("utf-8"))
    return template.substitute(WORDS[language], language=language, scalar=SCALAR, **texts)


def scalar(request: Request) -> Response:
    """Return the script that renders the contract, compressed with gzip if the client accepts it.

    :param request: the request, with its `Accept-Encoding`.
    """
    packed = (FOLDER / f"{SCALAR}.gz").read_bytes()
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if parse_accept_header(request.headers.get("Accept-Encoding"))["gzip"]:
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type="text/javascript")
    return Response(gzip.decompress(packed), headers=headers, media_type="text/javascript")


def redirect(path: str, request: Request) -> Response:
    """Return the redirect to the documentation, with the query string of the request.

    :param path: the path of the documentation, relative to that of the request.
    :param request: the request.
    """
    query = request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path)


def endpoints(*, demo: bool, further: str = "") -> Mapping[str, Endpoint]:
    """Return the functions of all endpoints, by path.

    :param demo: whether the demo tokens are valid.
    :param further: HTML for the page of the contract.
    """
    return {**ENDPOINTS, "/docs": partial(docs, demo=demo, further=further)}


def _choose_language(request: Request) -> str:
    asked = parse_query(request.scope["query_string"]).get("lang")
    if asked is None:
        ranges = parse_accept_header(",".join(request.headers.getlist("Accept-Language")))
        # Regions are ignored: `de-AT` is served as `de`.
        languages = Accept([(name.lower().partition("-")[0], quality) for name, quality in ranges])
        return languages.best_match(document.LANGUAGES, document.LANGUAGES[0])
    if asked not in document.LANGUAGES:
        raise Problem(("query", "lang"), f"must be one of {', '.join(document.LANGUAGES)}")
    return asked


def _describe(language: str) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language"}


def _link(language: str, current: bool) -> str:
    mark = ' aria-current="true"' if current else ""
    return f'<a href="docs?lang={language}" lang="{language}" hreflang="{language}"{mark}>{escape(NAMES[language])}</a>'


def _file(name: str, media_type: str) -> Endpoint:
    return lambda request: Response((FOLDER / name).read_bytes(), media_type=media_type)


ENDPOINTS: dict[str, Endpoint] = {
    "/openapi.yaml": openapi_yaml,
    "/openapi.json": openapi_json,
    "/": partial(redirect, "docs"),
    "/docs": docs,
    "/docs/": partial(redirect, "../docs"),
    "/docs/start.js": _file("start.js", "text/javascript"),
    "/docs/page.css": _file("page.css", "text/css"),
    "/docs/icon.svg": _file("icon.svg", "image/svg+xml"),
    f"/docs/{SCALAR}": scalar,
    "/health/live": live,
    "/health/ready": ready,
}
