"""A connector gets its calls with the credentials that its target was registered with."""

import base64
import socket
from typing import Any

import pytest

from tests.support.connectors import Connector, Received, Reply
from tests.support.outgoing import call, read_journal, register
from tests.support.sandbox import World

LINE = {"jtelStatisticsPartAID": 7, "bOutbound": 1}
LOOKUP = "genericQuery"
TOKEN = {"kind": "clientCredentials", "clientId": "jtel", "clientSecret": "<secret>"}


def take_tokens(world: World, connector: Connector) -> None:
    """Register the connector with a token URL of its own."""
    register(world, connector, credentials={**TOKEN, "tokenUrl": f"{connector.url}/token"})


def test_basic_credentials_are_sent(world: World, connector: Connector) -> None:
    register(world, connector, credentials={"kind": "basic", "user": "jtel", "password": "<p:ß>"})
    call(world, "writeCallStatistics", LINE)
    kind, _, encoded = connector.received[0].headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(encoded).decode()) == ("Basic", "jtel:<p:ß>")


def test_token_is_fetched_once_and_kept(world: World, connector: Connector) -> None:
    take_tokens(world, connector)
    for _ in range(3):
        call(world, "writeCallStatistics", LINE)
    (asked,) = connector.token_requests
    assert asked.body == {"grant_type": "client_credentials", "client_id": "jtel", "client_secret": "<secret>"}
    assert [each.headers["authorization"] for each in connector.received] == ["Bearer token-one"] * 3


def test_token_that_ends_is_fetched_again(world: World, connector: Connector) -> None:
    connector.expires_in = 0
    take_tokens(world, connector)
    for _ in range(2):
        call(world, "writeCallStatistics", LINE)
    assert [each.headers["authorization"] for each in connector.received] == ["Bearer token-one", "Bearer token-two"]


def test_token_that_is_refused_is_fetched_again_once(world: World, connector: Connector) -> None:
    take_tokens(world, connector)
    call(world, "writeCallStatistics", LINE)
    connector.answer = lambda got: Reply(401 if got.headers["authorization"] == "Bearer token-one" else 200)
    assert call(world, "writeCallStatistics", LINE)["answer"]["status"] == 200
    assert len(connector.token_requests) == 2
    connector.answer = lambda _: Reply(401)
    assert call(world, "writeCallStatistics", LINE)["answer"]["status"] == 401
    assert [entry["status"] for entry in read_journal(world)] == [200, 401, 200, 401, 401]


def test_token_of_a_target_that_is_deleted_is_not_fetched_again(world: World, connector: Connector) -> None:
    take_tokens(world, connector)
    call(world, "writeCallStatistics", LINE)
    (target,) = world.ask("GET", "/outgoing/targets").json()["targets"]

    def delete_and_refuse(_: Received) -> Reply:
        assert world.ask("DELETE", f"/outgoing/targets/{target['id']}").status_code == 200
        return Reply(401)

    connector.answer = delete_and_refuse
    assert call(world, "writeCallStatistics", LINE)["status"] == "failed"
    connector.answer = lambda _: Reply()
    register(world, connector)
    assert call(world, "writeCallStatistics", LINE)["status"] == "answered"
    assert len(connector.token_requests) == 1


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "no token: the access_token is not a bearer token"),
        ("two words", "no token: the access_token is not a bearer token"),
        (None, "no token: the access_token is not a bearer token"),
    ],
)
def test_call_without_token_fails_and_is_not_sent(world: World, connector: Connector, token: Any, reason: str) -> None:
    connector.tokens = [token]
    take_tokens(world, connector)
    made = call(world, "writeCallStatistics", LINE)
    assert (made["status"], made["reason"]) == ("failed", reason)
    assert (connector.received, read_journal(world)) == ([], [])


@pytest.mark.parametrize("seconds", [None, -1, 1e300, "soon", float("nan"), True])
def test_token_with_an_odd_end_is_used(world: World, connector: Connector, seconds: Any) -> None:
    connector.expires_in = seconds
    take_tokens(world, connector)
    assert call(world, "writeCallStatistics", LINE)["status"] == "answered"


def test_token_url_that_refuses_is_the_reason(world: World, connector: Connector) -> None:
    connector.answer = lambda _: Reply(403)
    register(world, connector, credentials={**TOKEN, "tokenUrl": f"{connector.url}/elsewhere"})
    assert call(world, LOOKUP)["reason"] == "no token: the token URL has answered 403"
    connector.answer = lambda _: Reply(200, b"[]")
    assert call(world, LOOKUP)["reason"] == "no token: the answer of the token URL has no access_token"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    register(world, connector, credentials={**TOKEN, "tokenUrl": nobody})
    assert call(world, LOOKUP)["reason"] == "no token: no connection could be made"


@pytest.mark.parametrize(
    ("credentials", "pointer"),
    [
        ({"kind": "basic", "user": "x"}, "#/body/credentials/password"),
        ({"kind": "basic", "user": "x:y", "password": "z"}, "#/body/credentials/user"),
        ({"kind": "none", "user": "x"}, "#/body/credentials/user"),
        ({"kind": "clientCredentials", "clientId": "x", "clientSecret": "y"}, "#/body/credentials/tokenUrl"),
        ({"kind": "digest"}, "#/body/credentials/kind"),
    ],
)
def test_registering_unfit_credentials_names_the_field(
    world: World, connector: Connector, credentials: Any, pointer: str
) -> None:
    answer = world.ask("POST", "/outgoing/targets", json={"url": connector.url, "credentials": credentials})
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, pointer)
