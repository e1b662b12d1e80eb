"""Without a valid token of the client account that the URL names, the answer is one and the same 401."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from handlers.app import public
from tests.support.command import await_stopped, carry_out, worker_processes
from tests.support.conformance import BASE_PATH
from tests.support.databases import is_postgresql
from tests.support.files import read_contents
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service, run_freiton

REFUSAL = b'{"status":401,"error":"Bearer token or ClientsID is not valid"}'
TOKEN = "freiton-demo-1"

Credentials = list[tuple[str, str | bytes]]

NOT_VALID: dict[str, Credentials] = {
    "no header": [],
    "empty": [("Authorization", "")],
    "other scheme": [("Authorization", f"Basic {TOKEN}")],
    "longer scheme": [("Authorization", f"Bearers {TOKEN}")],
    "no scheme": [("Authorization", TOKEN)],
    "scheme alone": [("Authorization", "Bearer")],
    "two headers": [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")],
    "two tokens": [("Authorization", f"Bearer {TOKEN} {TOKEN}")],
    "list": [("Authorization", f"Bearer {TOKEN}, Bearer {TOKEN}")],
    "quoted": [("Authorization", f'Bearer "{TOKEN}"')],
    "unknown": [("Authorization", "Bearer frt_00000000000000000000000000000000000000006af5f3c5")],
    "other letter case": [("Authorization", f"Bearer {TOKEN.upper()}")],
    "other client's": [("Authorization", "Bearer freiton-demo-2")],
    "hash of a valid one": [("Authorization", f"Bearer {sha256(TOKEN.encode()).hexdigest()}")],
    "not ASCII": [("Authorization", b"Bearer \xf6\xff")],
}
# What differs by what the client sees itself, and by nothing else.
INVALID_REQUEST = 'Bearer error="invalid_request", error_description="The header must be Authorization: Bearer TOKEN"'
INVALID_TOKEN = (
    'Bearer error="invalid_token",'
    ' error_description="The token is unknown, revoked or of another client account than the URL names"'
)
WELL_FORMED = {"unknown", "other letter case", "other client's", "hash of a valid one"}
CHALLENGES = {name: INVALID_TOKEN if name in WELL_FORMED else INVALID_REQUEST for name in NOT_VALID}
CHALLENGES["no header"] = "Bearer"
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "valid": ("GET", "/acd/groups", {}),
    "no endpoint": ("GET", "", {}),
    "unknown endpoint": ("GET", "/nowhere", {}),
    "wrong method": ("PUT", "/acd/groups", {}),
    "options": ("OPTIONS", "/acd/groups", {}),
    "bad ID": ("GET", "/acd/groups/group/abc", {}),
    "unknown ID": ("GET", "/acd/groups/group/999999", {}),
    "bad query": ("GET", "/acd/groups", {"params": {"limitStart": -1, "colour": "red"}}),
    "bad accept": ("GET", "/acd/groups", {"headers": {"Accept": "text/html"}}),
    "no body": ("POST", "/dialler/campaigns/clone", {}),
    "bad JSON": (
        "POST",
        "/dialler/campaigns/clone",
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
    ),
    "bad media type": (
        "POST",
        "/dialler/campaigns/clone",
        {"content": b"source=Campaign 1000", "headers": {"Content-Type": "text/plain"}},
    ),
    "oversized body": ("POST", "/dialler/campaigns/clone", {"content": bytes(1024 * 1024 + 1)}),
    "oversized header": ("GET", "/acd/groups", {"headers": {"X-Fill": "x" * 17 * 1024}}),
}
OTHER_CLIENTS_IDS = ["2", "3", "0", "01", "-1", "%2B1", "1.0", "1e0", "0x1", "abc", "None", "null", "True", ""]
OTHER_CLIENTS_IDS += ["%201", "1%20", "1%00", "%EF%BC%91", "%FF", "*", str(2**63), str(2**64 + 1), "9" * 5000]
PUBLIC = ["/openapi.yaml", "/openapi.json", "/health/live", "/health/ready"]
PUBLIC += ["/docs", "/docs/page.css", f"/docs/{public.SCALAR}", "/docs/start.js"]


@pytest.fixture(scope="module")
def stranger() -> Iterator[httpx.Client]:
    """An HTTP client without a token of its own."""
    with httpx.Client(timeout=SECONDS_TO_ANSWER) as client:
        yield client


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without demo data, with client 1."""
    path = tmp_path_factory.mktemp("own") / "freiton.db"
    assert carry_out("client", "add", "Musterfirma GmbH", "--database", path) == "1\n"
    return path


@pytest.fixture(scope="module")
def token(database: Path) -> str:
    """The token with ID 1, of client 1."""
    return carry_out("token", "add", "--client", "1", "--database", database).strip()


@pytest.fixture(scope="module")
def own(database: Path) -> Iterator[Service]:
    """A server without --demo that runs two workers."""
    with Service(database, "--workers", "2") as service:
        yield service


def assert_refused(answer: httpx.Response, challenge: str = INVALID_TOKEN) -> None:
    assert (answer.status_code, answer.content) == (401, REFUSAL)
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.headers["Content-Type"] == "application/json"
    assert "X-Error-Pointer" not in answer.headers
    assert "Allow" not in answer.headers


def get_groups(service: Service, token: str) -> httpx.Response:
    return httpx.get(
        f"{service.url}{BASE_PATH}/1/acd/groups",
        headers={"Authorization": f"Bearer {token}"},
        timeout=SECONDS_TO_ANSWER,
    )


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
@pytest.mark.parametrize("name", NOT_VALID)
def test_request_without_valid_token_is_refused_alike(
    demo: Service, stranger: httpx.Client, name: str, request_: tuple[str, str, dict[str, Any]]
) -> None:
    method, path, options = request_
    credentials = NOT_VALID[name]
    headers = [*options.get("headers", {}).items(), *credentials]
    answer = stranger.request(method, f"{demo.url}{BASE_PATH}/1{path}", **{**options, "headers": headers})
    assert_refused(answer, CHALLENGES[name])


def test_head_without_token_is_refused_without_body(demo: Service) -> None:
    answer = httpx.head(f"{demo.url}{BASE_PATH}/1/acd/groups", timeout=SECONDS_TO_ANSWER)
    assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.content) == (401, "Bearer", b"")


@pytest.mark.parametrize("token", [TOKEN, "unknown", ""])
@pytest.mark.parametrize("path", ["/acd/groups", "/nowhere"])
@pytest.mark.parametrize("clients_id", OTHER_CLIENTS_IDS)
def test_request_to_other_clients_id_is_refused_alike(
    demo: Service, stranger: httpx.Client, clients_id: str, path: str, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = stranger.get(f"{demo.url}{BASE_PATH}/{clients_id}{path}", headers=headers)
    assert_refused(answer, INVALID_TOKEN if token else "Bearer")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer "])
def test_request_with_token_in_any_spelling_of_scheme_is_answered(
    demo: Service, stranger: httpx.Client, scheme: str
) -> None:
    answer = stranger.get(f"{demo.url}{BASE_PATH}/1/acd/groups", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.json()["count"] == 40


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer unknown"}, {"Authorization": ""}])
def test_get_public_endpoint_without_valid_token_is_answered(
    demo: Service, stranger: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    answer = stranger.get(f"{demo.url}{path}", headers={"Accept-Encoding": "identity", **headers})
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("clients_id", [1, 2])
def test_request_with_demo_token_without_demo_is_refused(own: Service, token: str, clients_id: int) -> None:
    assert get_groups(own, token).json()["count"] == 0
    assert_refused(get_groups(own, f"freiton-demo-{clients_id}"))


def test_request_with_demo_token_is_refused_when_demo_database_is_served_without_demo(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service:
        assert get_groups(service, TOKEN).json()["count"] == 40
    with Service(tmp_path / "freiton.db") as service:
        assert_refused(get_groups(service, TOKEN))


def test_add_token_stores_nothing_but_its_hash(own: Service, token: str) -> None:
    assert get_groups(own, token).status_code == 200
    digest = sha256(token.encode()).hexdigest()
    stored = next(row for row in read_contents(own.database)["Tokens"] if row["ID"] == 1)
    assert list(stored) == ["ID", "ClientsID", "Name", "Hash", "dtCreated", "dtRevoked"]
    assert (stored["ClientsID"], stored["Name"], stored["Hash"], stored["dtRevoked"]) == (1, "", digest, None)
    files = b"".join(path.read_bytes() for path in own.database.parent.iterdir())
    if is_postgresql():
        files += repr(read_contents(own.database)).encode()
    assert digest.encode() in files
    assert token.removeprefix("frt_").encode() not in files


def test_revoke_token_refuses_the_next_request_in_every_worker(own: Service, token: str) -> None:
    added = run_freiton("token", "add", "--client", "1", "--database", str(own.database)).stdout.strip()
    assert [answer.status_code for answer in answers_of_workers(own, added)] == [200, 200]
    run_freiton("token", "revoke", "2", "--database", str(own.database))
    for answer in answers_of_workers(own, added):
        assert_refused(answer)
    assert [answer.status_code for answer in answers_of_workers(own, token)] == [200, 200]


def answers_of_workers(service: Service, token: str) -> Iterator[httpx.Response]:
    workers = worker_processes(service.process)
    for worker in workers:
        with stopped([other for other in workers if other != worker]):
            yield get_groups(service, token)


@contextmanager
def stopped(processes: list[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
        await_stopped(process)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
