"""Every answer bears the headers that keep browsers and caches safe, and tells other origins nothing but by consent."""

import json
import re
import select
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest

from handlers.contract import document
from tests.support.conformance import BASE_PATH
from tests.support.raw import SECONDS_TO_ANSWER, Answer, exchange, request
from tests.support.service import Service

BASE = f"{BASE_PATH}/1"
GROUPS = f"{BASE}/acd/groups"
CLONE = f"{BASE}/dialler/campaigns/clone"
AUTHORIZATION = {"Authorization": "Bearer freiton-demo-1"}
ORIGINS = ("http://localhost:3000", "https://crm.example")
FOREIGN = ("https://evil.example", "https://crm.example.evil.example", "http://crm.example", "null")
EXPOSED = (
    "Cache-Control, ETag, Link, Retry-After, WWW-Authenticate, X-API-Version, X-Error-Pointer,"
    " X-Request-ID, X-Total-Count"
)
VERSION = document.read()["info"]["version"]
PARAMETERS = {
    part["name"].lower() for part in document.read()["components"]["parameters"].values() if part["in"] == "header"
}
REQUESTS = [
    ("GET", GROUPS, AUTHORIZATION, 200),
    ("HEAD", GROUPS, AUTHORIZATION, 200),
    ("OPTIONS", GROUPS, AUTHORIZATION, 200),
    ("GET", f"{GROUPS}?limitStart=x", AUTHORIZATION, 400),
    ("GET", GROUPS, {}, 401),
    ("GET", f"{BASE}/acd/groups/group/999999", AUTHORIZATION, 404),
    ("GET", f"{BASE}/nothing", AUTHORIZATION, 404),
    ("GET", "/", {}, 307),
    ("GET", "/nothing", {}, 404),
    ("PUT", GROUPS, AUTHORIZATION, 405),
    ("GET", GROUPS, {**AUTHORIZATION, "Accept": "text/html"}, 406),
    ("POST", CLONE, AUTHORIZATION, 400),
    ("GET", GROUPS, {**AUTHORIZATION, "X-Long": "a" * 20_000}, 431),
    ("GET", "/docs", {}, 200),
    ("GET", "/docs/start.js", {}, 200),
    ("GET", "/docs/page.css", {}, 200),
    ("GET", "/docs/icon.svg", {}, 200),
    ("GET", "/openapi.yaml", {}, 200),
    ("GET", "/openapi.json", {}, 200),
    ("GET", "/health/live", {}, 200),
    ("GET", "/health/ready", {}, 200),
]
MALFORMED = [
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: freiton\r\nno colon\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: freiton\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: freiton\r\n\r\n",
    b"frt_0123 / HTTP/1.1\r\nHost: freiton\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: freiton\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
]
TOO_LARGE = [
    request("GET", GROUPS.encode(), b"X-Long: " + b"a" * 65_536),
    request("GET", GROUPS.encode(), *(b"X-%d: " % number + b"a" * 100 for number in range(700))),
    request("GET", GROUPS.encode() + b"?filter=" + b"a" * 65_536),
]
NEVER_ENDING = [
    request("GET", GROUPS.encode(), b"X-Long: ").rstrip(b"\r\n"),
    request("GET", b"/").partition(b" HTTP/1.1")[0],
    request("POST", CLONE.encode(), b"Transfer-Encoding: chunked", body=b"0\r\nX-Trailer: "),
]


class Page(HTMLParser):
    """What a browser would fetch for a page or run from within it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: dict[str, list[str]] = {}
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        reference = attributes.get("src") or attributes.get("href")
        if reference:
            self.fetched.setdefault(attributes.get("rel") or tag, []).append(reference)
        self.inline += [name for name in attributes if name.startswith("on") or name == "style"]
        if tag in ("style", "base", "form", "iframe") or (tag == "script" and not reference):
            self.inline.append(tag)


@pytest.fixture(scope="module", params=["option", "variable"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that pages of two origins may call."""
    database = tmp_path_factory.mktemp("opened") / "freiton.db"
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "variable":
            patch.setenv("FREITON_CORS_ORIGINS", ", ".join(ORIGINS))
        options = ["--cors-origins", ",".join(ORIGINS)] if request.param == "option" else []
        with Service(database, "--demo", *options) as service:
            yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[httpx.Client]:
    """An HTTP client that knows nothing of the API."""
    with httpx.Client(timeout=SECONDS_TO_ANSWER) as client:
        yield client


@pytest.mark.parametrize(("method", "path", "headers", "status"), REQUESTS)
def test_answer_always_has_standard_headers(
    demo: Service, browser: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = browser.request(method, demo.url + path, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_list("X-API-Version") == [VERSION]
    kept = path == GROUPS and method in ("GET", "HEAD") and status == 200
    assert answer.headers.get_list("Cache-Control") == ["private, no-cache" if kept else "no-store"]
    assert ("ETag" in answer.headers) is kept
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers


@pytest.mark.parametrize("data", MALFORMED)
def test_send_malformed_http_gives_400_in_the_shape(demo: Service, data: bytes) -> None:
    (answer,) = exchange(demo.url, data)
    assert answer.status == 400
    _check_refusal(answer, "The request is not valid HTTP/1.1")


@pytest.mark.parametrize("data", TOO_LARGE, ids=["one field", "many fields", "target"])
def test_send_head_over_64_kib_gives_431_in_the_shape(demo: Service, data: bytes) -> None:
    (answer,) = exchange(demo.url, data)
    assert answer.status == 431
    _check_refusal(answer, "The header has more than 65536 bytes")


@pytest.mark.parametrize("beginning", NEVER_ENDING, ids=["header field", "target", "trailer field"])
def test_send_what_never_ends_gives_431_within_a_mebibyte(demo: Service, beginning: bytes) -> None:
    target = urlsplit(demo.url)
    with closing(socket.create_connection((target.hostname, target.port), SECONDS_TO_ANSWER)) as connection:
        connection.sendall(beginning)
        for _ in range(16):
            # The server reads no more once it has refused.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(b"a" * 65_536)
            if select.select([connection], [], [], 0.1)[0]:
                break
        assert connection.recv(1024).startswith(b"HTTP/1.1 431 ")


def test_send_large_heads_in_turn_counts_each_anew(demo: Service) -> None:
    data = request("GET", b"/health/live", b"X-Long: " + b"a" * 15_000)
    answers = exchange(demo.url, data * 6)
    assert [answer.status for answer in answers] == [200] * 6


def test_get_docs_has_policy_that_its_parts_satisfy(demo: Service, browser: httpx.Client) -> None:
    answer = browser.get(f"{demo.url}/docs")
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    page = Page(answer.text)
    assert page.inline == []
    assert sorted(page.fetched) == ["a", "icon", "script", "stylesheet"]
    assert len(page.fetched["script"]) == 2


@pytest.mark.parametrize(
    ("kind", "media_type"), [("icon", "image/svg+xml"), ("script", "text/javascript"), ("stylesheet", "text/css")]
)
def test_get_what_docs_refer_to_is_of_own_origin_and_type(
    demo: Service, browser: httpx.Client, kind: str, media_type: str
) -> None:
    page = Page(browser.get(f"{demo.url}/docs").text)
    for reference in page.fetched[kind]:
        url = httpx.URL(f"{demo.url}/docs").join(reference)
        assert str(url).startswith(f"{demo.url}/docs/")
        answer = browser.get(url)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] == media_type


def test_get_docs_stylesheet_refers_to_nothing_outside(demo: Service, browser: httpx.Client) -> None:
    styles = browser.get(f"{demo.url}/docs/page.css").text
    assert [url[:40] for url in re.findall(r"url\([\"']?+(?!data:|#)[^)]*|@import[^;]*|@font-face", styles)] == []


@pytest.mark.parametrize(("method", "path", "headers", "status"), REQUESTS[:12])
def test_answer_without_origins_configured_has_no_cors(
    demo: Service, browser: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    preflight = {"Origin": ORIGINS[0], "Access-Control-Request-Method": "GET"}
    answer = browser.request(method, demo.url + path, headers={**headers, **preflight})
    assert answer.status_code == status
    assert _cors(answer) == {}


@pytest.mark.parametrize(("method", "path", "headers", "status"), [case for case in REQUESTS if case[0] != "OPTIONS"])
def test_answer_for_configured_origin_can_be_read_by_it(
    opened: Service, browser: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = browser.request(method, opened.url + path, headers={**headers, "Origin": ORIGINS[1]})
    assert answer.status_code == status
    assert _cors(answer) == {"allow-origin": ORIGINS[1], "expose-headers": EXPOSED}
    assert "Origin" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize(("method", "path", "headers", "status"), REQUESTS)
def test_answer_without_origin_tells_caches_that_others_differ(
    opened: Service, browser: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    # The second answer may be a kept one.
    for _ in range(2):
        answer = browser.request(method, opened.url + path, headers=headers)
        assert answer.status_code == status
        assert answer.headers["Vary"].split(", ").count("Origin") == 1
        assert _cors(answer) == {}


@pytest.mark.parametrize("origin", [*FOREIGN, None])
def test_answer_for_other_origin_cannot_be_read_by_it(
    opened: Service, browser: httpx.Client, origin: str | None
) -> None:
    headers = AUTHORIZATION if origin is None else {**AUTHORIZATION, "Origin": origin}
    answer = browser.get(opened.url + GROUPS, headers=headers)
    assert answer.status_code == 200
    assert "allow-origin" not in _cors(answer)


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", GROUPS), ("HEAD", GROUPS), ("POST", CLONE), ("DELETE", f"{BASE}/dialler/campaigns")],
)
def test_ask_preflight_for_configured_origin_is_allowed_without_token(
    opened: Service, browser: httpx.Client, origin: str, method: str, path: str
) -> None:
    answer = _ask_preflight(browser, opened.url + path, origin, method)
    assert answer.status_code == 200
    cors = _cors(answer)
    assert cors.pop("max-age").isdecimal()
    allowed = {header.lower() for header in cors.pop("allow-headers").split(", ")}
    assert allowed >= {"authorization", "content-type", "if-none-match", "x-request-id"} | PARAMETERS
    assert cors == {"allow-origin": origin, "allow-methods": "DELETE, GET, HEAD, PATCH, POST"}
    assert "Origin" in answer.headers["Vary"]
    _check_standard_headers(answer.headers)


@pytest.mark.parametrize("origin", FOREIGN)
def test_ask_preflight_for_other_origin_is_refused_in_the_shape(
    opened: Service, browser: httpx.Client, origin: str
) -> None:
    answer = _ask_preflight(browser, opened.url + GROUPS, origin, "GET")
    assert "allow-origin" not in _cors(answer)
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["status", "error"]
    assert answer.json()["status"] == answer.status_code >= 400
    _check_standard_headers(answer.headers)


def _ask_preflight(browser: httpx.Client, url: str, origin: str, method: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    return browser.options(url, headers=headers)


def _cors(answer: httpx.Response) -> dict[str, str]:
    prefix = "access-control-"
    return {name.removeprefix(prefix): value for name, value in answer.headers.items() if name.startswith(prefix)}


def _check_standard_headers(headers: httpx.Headers) -> None:
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-API-Version"] == VERSION
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


def _check_refusal(answer: Answer, error: str) -> None:
    assert json.loads(answer.body) == {"status": answer.status, "error": error}
    assert list(json.loads(answer.body)) == ["status", "error"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    _check_standard_headers(httpx.Headers(answer.headers))
