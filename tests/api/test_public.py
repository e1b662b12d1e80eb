"""Beside the API there are the contract, its documentation and the health, for everybody and from this host alone."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from handlers.app import public
from tests.support.databases import remove
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

ALLOW = "GET, HEAD, OPTIONS"
ANOTHER_HOST = re.compile(r"""(https?:|["'(])//""")
SCALAR = f"/docs/{public.SCALAR}"
MEDIA_TYPES = {
    "/docs": "text/html; charset=utf-8",
    "/docs/start.js": "text/javascript; charset=utf-8",
    "/docs/page.css": "text/css; charset=utf-8",
    "/docs/icon.svg": "image/svg+xml",
    SCALAR: "text/javascript; charset=utf-8",
    "/openapi.json": "application/json",
    "/openapi.yaml": "application/yaml",
    "/health/live": "application/json",
    "/health/ready": "application/json",
}

each_path = pytest.mark.parametrize("path", MEDIA_TYPES)


@pytest.fixture(scope="module")
def stranger(demo: Service) -> Iterator[httpx.Client]:
    # Whose answers have the length that they say.
    with httpx.Client(base_url=demo.url, headers={"Accept-Encoding": "identity"}, timeout=SECONDS_TO_ANSWER) as client:
        yield client


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A stranger to a server without the demo."""
    with (
        Service(tmp_path_factory.mktemp("plain") / "freiton.db") as service,
        httpx.Client(base_url=service.url, timeout=SECONDS_TO_ANSWER) as client,
    ):
        yield client


class References(HTMLParser):
    """The URLs that a page makes a browser load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.urls += [value for name, value in attributes if name in ("src", "href") and value]


@each_path
def test_get_without_token_gives_media_type(stranger: httpx.Client, path: str) -> None:
    response = stranger.get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, MEDIA_TYPES[path])
    assert response.content


@each_path
def test_head_gives_same_header_without_body(stranger: httpx.Client, path: str) -> None:
    head, get = stranger.head(path), stranger.get(path)
    assert (head.status_code, head.content) == (200, b"")
    own = {"date": "", "x-request-id": ""}
    assert {**head.headers, **own} == {**get.headers, **own}
    assert head.headers["Content-Length"] == str(len(get.content))


@each_path
def test_options_gives_allow(stranger: httpx.Client, path: str) -> None:
    response = stranger.options(path)
    assert (response.status_code, response.content, response.headers["Allow"]) == (200, b"", ALLOW)


@each_path
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_wrong_method_gives_allow(stranger: httpx.Client, method: str, path: str) -> None:
    response = stranger.request(method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, ALLOW)
    assert response.json() == {"status": 405, "error": f"Method not allowed, use one of {ALLOW}"}


@each_path
@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Bearer unknown"},
        {"Accept": "image/webp"},
        {"Content-Type": "garbage"},
        {"Range": "garbage"},
        {"Range": "bytes=99999999-"},
        {"If-None-Match": '"x"'},
    ],
    ids=str,
)
def test_header_that_does_not_matter_gives_whole_answer(
    stranger: httpx.Client, path: str, header: dict[str, str]
) -> None:
    response = stranger.get(path, headers=header)
    assert (response.status_code, response.content) == (200, stranger.get(path).content)


def test_docs_load_everything_from_this_server(stranger: httpx.Client) -> None:
    page = stranger.get("/docs")
    start = stranger.get("/docs/start.js").text
    (contract,) = re.findall(r"\bfetch\(`([^?`]+)\?lang=", start)
    references = {page.url.join(url).copy_with(query=None) for url in [*References(page.text).urls, contract]}
    assert {str(url).removeprefix(str(stranger.base_url).rstrip("/")) for url in references} == {
        *("/docs", "/docs/icon.svg", "/docs/page.css", "/docs/start.js", SCALAR, "/openapi.json", "/openapi.yaml"),
    }
    assert {stranger.get(url).status_code for url in references} == {200}


def test_docs_name_no_other_host(stranger: httpx.Client) -> None:
    assert not ANOTHER_HOST.search(stranger.get("/docs").text)
    assert not ANOTHER_HOST.search(stranger.get("/docs/start.js").text)
    assert "url(" not in stranger.get("/docs/page.css").text


def test_docs_script_is_the_same_for_who_takes_it_compressed_and_who_does_not(stranger: httpx.Client) -> None:
    packed = stranger.get(SCALAR, headers={"Accept-Encoding": "br, gzip"})
    plain = stranger.get(SCALAR, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 3
    assert b"@scalar/api-reference" in plain.content


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_docs_script_is_kept_for_ever(stranger: httpx.Client, coding: str) -> None:
    headers = stranger.get(SCALAR, headers={"Accept-Encoding": coding}).headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
def test_docs_of_demo_fill_in_its_token(stranger: httpx.Client, lang: str) -> None:
    page = stranger.get("/docs", params={"lang": lang}).text
    assert 'data-token="freiton-demo-1"' in page
    assert "<code>freiton-demo-1</code>" in page
    assert "freiton token add" not in page


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
def test_docs_of_others_know_no_token_but_where_to_get_one(plain: httpx.Client, lang: str) -> None:
    page = plain.get("/docs", params={"lang": lang}).text
    assert 'data-token=""' in page
    assert "freiton-demo" not in page
    assert "<code>freiton token add</code>" in page
    assert "freiton-demo" not in plain.get("/docs/start.js").text


def test_health_of_running_server_is_good(stranger: httpx.Client) -> None:
    assert stranger.get("/health/live").content == b'{"status":200}'
    assert stranger.get("/health/ready").content == b'{"status":200}'


def test_health_without_database_is_live_but_not_ready(fresh_demo: Service) -> None:
    remove(fresh_demo.database)
    ready = httpx.get(f"{fresh_demo.url}/health/ready", timeout=SECONDS_TO_ANSWER)
    assert (ready.status_code, ready.headers["Retry-After"]) == (503, "1")
    assert ready.content == b'{"status":503,"error":"The database cannot be used now"}'
    live = httpx.get(f"{fresh_demo.url}/health/live", timeout=SECONDS_TO_ANSWER)
    assert live.content == b'{"status":200}'


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        "/doc",
        "/Docs",
        "/docs/index.html",
        "/docs/..%2fopenapi.json",
        "/docs/%2e%2e/openapi.json",
        "/docs/page.css/",
        f"{SCALAR}.gz",
        "/openapi",
        "/openapi.yml",
        "/favicon.ico",
        "/health",
        "/health/",
        "/metrics",
        "/rest",
        "/rest/v1.0",
        "/rest/v1.1/1/acd/groups",
        "/1/acd/groups",
        "/ui/",
    ],
)
def test_unknown_path_gives_empty_404(stranger: httpx.Client, method: str, path: str) -> None:
    response = stranger.request(method, path)
    assert (response.status_code, response.content, response.headers["Content-Length"]) == (404, b"", "0")
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize("path", ["/", "/docs/", "/?lang=de", "/docs/?lang=de"])
def test_get_what_people_type_leads_to_documentation(stranger: httpx.Client, path: str) -> None:
    first = stranger.get(path)
    # Relative, so that it holds behind a proxy that serves all of it below a path of its own.
    assert (first.status_code, first.headers["Location"][0]) == (307, "d" if path[1:5] != "docs" else ".")
    page = stranger.get(path, follow_redirects=True)
    assert (page.status_code, page.url.path) == (200, "/docs")
    assert page.headers["Content-Language"] == ("de" if "lang" in path else "en")
