"""Whoever may not ask learns nothing: one answer and the same work, whatever is wrong and whether the record exists."""

import asyncio
import re
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from data import tokens
from handlers import Settings
from handlers.server.worker import Worker
from tests.support.command import carry_out
from tests.support.conformance import BASE_PATH, check_answer
from tests.support.databases import locate, open_database
from tests.support.operations import OPERATIONS, Ask
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service
from tests.support.sqlite import connection

OWN_HEADERS = ("date", "x-request-id")


class Cause(NamedTuple):
    """Why a request is refused.

    :param clients_id: the client account that the URL names.
    :param authorization: the header field; None for none.
    """

    clients_id: int
    authorization: str | None


CAUSES = {
    "unknown token": Cause(1, "Bearer frt_00000000000000000000000000000000000000006af5f3c5"),
    "revoked token": Cause(1, "Bearer {revoked}"),
    "other client's token": Cause(1, "Bearer freiton-demo-2"),
    "ClientsID of other client": Cause(2, "Bearer freiton-demo-1"),
    "ClientsID of nobody": Cause(99, "Bearer freiton-demo-1"),
}
# The header says of these what the client sees itself; the service does the same.
OBVIOUS = {"no token": Cause(1, None), "malformed token": Cause(1, "Bearer a b")}
NOBODYS = {
    **dict.fromkeys(("name", "userData", "source", "DiallerCampaignsName"), "Nobody's"),
    **{"diallerCampaignsID": 999999, "UserDataList": ["Nobody's"], "IDList": [999999], "AcdGroupsID": 999999},
}
OF_NOBODY = {
    name: Ask(
        ask.method,
        re.sub(r"\d+", "999999", ask.path),
        ask.params and {name: NOBODYS.get(name, value) for name, value in ask.params.items()},
        ask.json and {name: NOBODYS.get(name, value) for name, value in ask.json.items()},
        ask.media_type,
    )
    for name, ask in OPERATIONS.items()
}


@pytest.fixture(scope="module")
def revoked(own_demo: Service) -> str:
    """A token of client 1 that was valid."""
    token = carry_out("token", "add", "--client", "1", "--database", own_demo.database).strip()
    number = carry_out("token", "list", "--database", own_demo.database).splitlines()[-1].split("\t")[0]
    with own_demo.client(1, token) as client:
        assert client.get("/acd/groups").status_code == 200
    carry_out("token", "revoke", number, "--database", own_demo.database)
    return token


@pytest.fixture(scope="module")
def stranger(own_demo: Service) -> Iterator[httpx.Client]:
    """An HTTP client of the server, without a token of its own."""
    with httpx.Client(
        base_url=own_demo.url, event_hooks={"response": [check_answer]}, timeout=SECONDS_TO_ANSWER
    ) as client:
        yield client


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.AsyncClient]:
    """The service in this process, where its statements can be seen."""
    path = tmp_path_factory.mktemp("same") / "freiton.db"
    open_database(path, create=True, demo=True).close()
    service = Worker(Settings(locate(path), demo=True, fast=False))
    with service.store:
        yield httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://freiton")


@pytest.fixture
def statements(app: httpx.AsyncClient) -> Iterator[list[str]]:
    """What the database is asked, without the values."""
    seen: list[str] = []
    sqlite = connection()
    sqlite.set_trace_callback(lambda sql: seen.append(re.sub("'[0-9a-f]{64}'", "?", sql)))
    yield seen
    sqlite.set_trace_callback(None)


def build_request(client: httpx.Client | httpx.AsyncClient, ask: Ask, cause: Cause, revoked: str) -> httpx.Request:
    """Return what asks for something without being allowed to."""
    headers = {} if cause.authorization is None else {"Authorization": cause.authorization.format(revoked=revoked)}
    headers |= {"Content-Type": ask.media_type} if ask.json else {}
    path = f"{BASE_PATH}/{cause.clients_id}{ask.path}"
    return client.build_request(ask.method, path, params=ask.params, json=ask.json, headers=headers)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_ask_without_right_is_answered_alike_to_the_byte(
    own_demo: Service, stranger: httpx.Client, revoked: str, operation: str
) -> None:
    answers = set()
    for cause in CAUSES.values():
        for ask in (OPERATIONS[operation], OF_NOBODY[operation]):
            answer = stranger.send(build_request(stranger, ask, cause, revoked))
            headers = [field for field in answer.headers.multi_items() if field[0] not in OWN_HEADERS]
            answers.add((answer.status_code, tuple(headers), answer.content))
    ((status, _, body),) = answers
    assert status == 401
    for cause in OBVIOUS.values():
        answer = stranger.send(build_request(stranger, OPERATIONS[operation], cause, revoked))
        assert (answer.status_code, answer.content) == (401, body)


@pytest.mark.sqlite
@pytest.mark.parametrize("operation", OPERATIONS)
def test_ask_without_right_makes_service_do_the_same(
    operation: str, statements: list[str], app: httpx.AsyncClient
) -> None:
    revoked_here = tokens.add_token(1, "revoked")
    tokens.revoke_token(tokens.list_tokens()[-1]["ID"])

    async def ask_in_vain() -> set[tuple[str, ...]]:
        done = set()
        for cause in (*CAUSES.values(), *OBVIOUS.values()):
            for ask in (OPERATIONS[operation], OF_NOBODY[operation]):
                statements.clear()
                answer = await app.send(build_request(app, ask, cause, revoked_here))
                assert answer.status_code == 401
                done.add(tuple(statements))
        return done

    (work,) = asyncio.run(ask_in_vain())
    assert "select ClientsID from Tokens where Hash = ? and dtRevoked is null" in work
