"""Every error has one shape, {status, error}, and says in its header where to look."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from handlers import Settings
from handlers.app import public
from handlers.server.worker import Worker
from tests.support.databases import locate, open_database
from tests.support.service import Service

# isort: split
# Connexion comes after handlers, which silences a warning of its import.
from connexion.exceptions import BadRequestProblem, UnsupportedMediaTypeProblem

DESCRIBED = '</openapi.yaml>; rel="describedby"'
POINTER = re.compile("#(/([A-Za-z0-9._~-]|%[0-9A-F]{2})*)+")
CLONE = "/dialler/campaigns/clone"
JSON = {"Content-Type": "application/json"}
SECRET = "the customer's number is 0123456789"
NAMES = [
    "",
    "a/b",
    "~",
    "~1",
    "a~0/~1b",
    "%2F",
    "#?&=",
    "../..",
    'a"b\\c',
    " a b ",
    "a\r\nSet-Cookie: b=c",
    "\t\x01\x7f",
    "\x85\u2028\u202e",
    "größe",
    "名前",
    "😀",
    "__proto__",
    "n" * 64,
    "n" * 65,
    "n" * 1000,
    "/" * 1000,
    "~" * 1000,
    "\r\n" * 500,
    "😀" * 1000,
]


def read_error(response: httpx.Response) -> str:
    body = response.json()
    assert list(body) == ["status", "error"]
    assert body["status"] == response.status_code
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Link"] == DESCRIBED
    assert isinstance(body["error"], str)
    assert 0 < len(body["error"]) <= 1024
    return body["error"]


@pytest.mark.parametrize(
    ("path", "status", "error", "pointer"),
    [
        ("/acd/groups/group/x", 400, "AcdGroupsID: must be of type integer", "#/path/AcdGroupsID"),
        ("/dialler/campaigns/-1", 400, "DiallerCampaignsID: must be at least 0", "#/path/DiallerCampaignsID"),
        ("/acd/groups/group/%ff", 400, "path: is not UTF-8", "#/path"),
        ("/acd/groups?limitStart=-1", 400, "limitStart: must be at least 0", "#/query/limitStart"),
        ("/acd/groups?limitStart=0&limitStart=1", 400, "limitStart: is given twice", "#/query/limitStart"),
        ("/acd/groups?colour=red", 400, "colour: is not a parameter of this operation", "#/query/colour"),
        ("/acd/groups?filter=%00", 400, "filter: has a NUL character", "#/query/filter"),
        ("/acd/groups/group", 400, "name: is missing", "#/query/name"),
        ("/acd/groups/group/0", 404, "ACD group not found", None),
        ("/dialler/campaigns/0", 404, "Dialler campaign not found", None),
    ],
)
def test_get_with_something_wrong_says_what_and_where(
    api: httpx.Client, path: str, status: int, error: str, pointer: str | None
) -> None:
    response = api.get(path)
    assert (response.status_code, read_error(response)) == (status, error)
    assert response.headers.get("X-Error-Pointer") == pointer


@pytest.mark.parametrize(
    ("body", "headers", "status", "error", "pointer"),
    [
        ("", JSON, 400, "body: is missing", "#/body"),
        ("null", JSON, 400, "body: must be of type object", "#/body"),
        ("{}", JSON, 400, "source: is missing", "#/body/source"),
        ('{"source":"a"}', JSON, 400, "destination: is missing", "#/body/destination"),
        ('{"source":"a","destination":1}', JSON, 400, "destination: must be of type string", "#/body/destination"),
        ('{"source":"a","destination":"b"}', JSON, 404, "Dialler campaign not found", None),
        (
            '{"source":"Campaign 1000","destination":"Campaign 1000"}',
            JSON,
            409,
            "Dialler campaign already exists",
            None,
        ),
        ("{}", {}, 415, "Content-Type: must be application/json", "#/header/Content-Type"),
        ("{}", {**JSON, "Accept": "text/html"}, 406, "Accept: must allow application/json", "#/header/Accept"),
        ("{}", {**JSON, "X": "a" * 16_384}, 431, "The header has more than 16384 bytes", None),
        (" " * 1_048_577, JSON, 413, "body: has more than 1048576 bytes", None),
    ],
)
def test_post_with_something_wrong_says_what_and_where(
    api: httpx.Client, body: str, headers: dict[str, str], status: int, error: str, pointer: str | None
) -> None:
    response = api.post(CLONE, content=body, headers=headers)
    assert (response.status_code, read_error(response)) == (status, error)
    assert response.headers.get("X-Error-Pointer") == pointer


def test_request_without_token_says_how_to_authenticate(demo: Service) -> None:
    with demo.client(token=None) as stranger:
        response = stranger.get("/acd/groups")
    assert (response.status_code, read_error(response)) == (401, "Bearer token or ClientsID is not valid")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_wrong_method_says_which_are_allowed(api: httpx.Client) -> None:
    response = api.put("/dialler/campaigns/campaign")
    assert response.status_code == 405
    assert read_error(response) == f"Method not allowed, use one of {response.headers['Allow']}"


def test_unknown_endpoint_gives_empty_404(api: httpx.Client) -> None:
    response = api.get("/acd/nothing")
    assert (response.status_code, response.content) == (404, b"")
    assert not {"Content-Type", "Link", "X-Error-Pointer"} & set(response.headers)


def check_unknown_name(response: httpx.Response, place: str, name: str, problem: str) -> None:
    assert (response.status_code, read_error(response)) == (400, f"{name[:64]}: {problem}")
    pointer = response.headers["X-Error-Pointer"]
    assert POINTER.fullmatch(pointer)
    step = unquote(pointer, errors="strict").removeprefix(f"#/{place}/")
    assert step.replace("~1", "/").replace("~0", "~") == name[:64]


@pytest.mark.parametrize("name", NAMES)
def test_unknown_field_of_any_name_is_pointed_to(api: httpx.Client, name: str) -> None:
    response = api.post(CLONE, json={"source": "a", "destination": "b", name: 1})
    check_unknown_name(response, "body", name, "is not a field of this request")


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameter_of_any_name_is_pointed_to(api: httpx.Client, name: str) -> None:
    response = api.get("/acd/groups", params={name: "1"})
    check_unknown_name(response, "query", name, "is not a parameter of this operation")


def fail_with(error: Exception) -> Callable[[Request], NoReturn]:
    def view(request: Request) -> NoReturn:
        raise error from ValueError(SECRET)

    return view


def get_failure(folder: Path, view: Callable[[Request], NoReturn], monkeypatch: pytest.MonkeyPatch) -> httpx.Response:
    monkeypatch.setitem(public.ENDPOINTS, "/fails", view)
    open_database(folder / "freiton.db", create=True).close()

    async def get(app: Worker) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://freiton") as client:
            return await client.get("/fails")

    worker = Worker(Settings(locate(folder / "freiton.db"), fast=False))
    with worker.store:
        return asyncio.run(get(worker))


@pytest.mark.parametrize("error", [RuntimeError(SECRET), ValueError(SECRET), KeyError(SECRET), OSError(5, SECRET)])
def test_unforeseen_error_tells_nothing_of_its_text(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    view = fail_with(error)
    response = get_failure(tmp_path, view, monkeypatch)
    assert (response.status_code, read_error(response)) == (500, "Internal server error")
    line = view.__code__.co_firstlineno + 1
    assert caplog.messages == [f"{type(error).__name__} in view, line {line}"]
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (HTTPException(400, SECRET), 400),
        (HTTPException(413), 413),
        (BadRequestProblem(SECRET), 400),
        (UnsupportedMediaTypeProblem(SECRET), 415),
    ],
    ids=repr,
)
def test_error_of_the_framework_keeps_its_status(
    error: Exception, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = get_failure(tmp_path, fail_with(error), monkeypatch)
    assert response.status_code == status
    assert SECRET not in read_error(response)
