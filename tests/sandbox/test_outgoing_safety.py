"""Outgoing calls go to this machine only, and never show a secret."""

import asyncio
import base64
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from handlers.sandbox.outgoing.addresses import Forbidden, find_addresses, read_url
from handlers.sandbox.outgoing.connections import Connections
from handlers.sandbox.outgoing.exchange import Broken, Outbound, Passed, Terms, send
from tests.support.connectors import Connector, Reply
from tests.support.outgoing import call, read_journal, register
from tests.support.sandbox import WORLDS, SandboxService, World
from tests.support.service import run_freiton

LINE = {"jtelStatisticsPartAID": 1, "bOutbound": 0}
STATISTICS = "writeCallStatistics"
ELSEWHERE = "must lead to this machine; 'freiton serve --outgoing-hosts' allows other hosts"
NO_ADDRESS = "has a host without an address"
NO_URL = "must be an http or https URL"
# Of documentation (RFC 5737): nobody has it.
OTHER = "192.0.2.1"
WORD, CLIENT_WORD = "pa55-w0rd", "cl1ent-w0rd"


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let the resolver say one answer after the other, and the last one for ever."""
    left = [*answers]

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def ask(url: str, allowed: tuple[str, ...] = ()) -> Passed:
    """Return what passes when a request is sent from this process."""
    passed = Passed()
    place = read_url(url)

    async def run() -> None:
        connections = Connections()
        try:
            outbound = Outbound("GET", place, place.path or "/", (), b"")
            await send(outbound, Terms(allowed, 5, connections), passed)
        finally:
            await connections.close()

    asyncio.run(run())
    return passed


@pytest.mark.parametrize(
    ("url", "error"),
    [
        *((url, ELSEWHERE) for url in ("http://10.0.0.1", "https://192.168.0.1:80/x", f"http://{OTHER}")),
        *((url, ELSEWHERE) for url in ("http://169.254.169.254/latest", "http://[fe80::1]", "http://[2001:db8::1]")),
        *((url, ELSEWHERE) for url in ("http://0.0.0.0", "http://0", "http://[::]", "http://[::ffff:10.0.0.1]")),
        *((url, ELSEWHERE) for url in ("http://255.255.255.255", "http://224.0.0.1", "http://167772161")),
        *((url, NO_ADDRESS) for url in ("http://no-such-host.invalid", "http://a..b", f"http://{'a' * 300}")),
        *((url, NO_URL) for url in ("", "127.0.0.1", "ftp://127.0.0.1", "http://", "http:///x", "file:///etc/passwd")),
        *(
            (url, NO_URL)
            for url in ("http://127.0.0.1:0", "http://127.0.0.1:99999", "http://127.0.0.1:x", "http://[::1")
        ),
        *((url, NO_URL) for url in ("http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/ä")),
        (f"http://{'user:word'}@127.0.0.1", "must not have a user or a password; there are fields for them"),
        ("http://127.0.0.1@10.0.0.1", "must not have a user or a password; there are fields for them"),
        ("http://127.0.0.1/?a=b", "must not have a query or a fragment"),
        ("http://127.0.0.1#10.0.0.1", "must not have a query or a fragment"),
    ],
)
def test_registering_a_url_of_another_machine_is_refused(world: World, url: str, error: str) -> None:
    answer = world.ask("POST", "/outgoing/targets", json={"url": url})
    assert (answer.status_code, answer.json()["error"]) == (400, f"url: {error}")
    assert answer.headers["X-Error-Pointer"] == "#/body/url"
    assert world.ask("GET", "/outgoing/targets").json() == {"targets": []}


def test_registering_a_token_url_of_another_machine_is_refused(world: World, connector: Connector) -> None:
    credentials = {"kind": "clientCredentials", "tokenUrl": f"http://{OTHER}", "clientId": "a", "clientSecret": "b"}
    answer = world.ask("POST", "/outgoing/targets", json={"url": connector.url, "credentials": credentials})
    assert (answer.status_code, answer.json()["error"]) == (400, f"credentials/tokenUrl: {ELSEWHERE}")
    assert answer.headers["X-Error-Pointer"] == "#/body/credentials/tokenUrl"


def test_name_of_this_machine_is_resolved_and_sent_as_host(world: World, connector: Connector) -> None:
    register(world, connector, url=f"http://LOCALHOST:{connector.port}")
    assert call(world, STATISTICS, LINE)["status"] == "answered"
    assert connector.received[0].headers["host"] == f"localhost:{connector.port}"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6")
def test_ipv6_address_of_this_machine_is_called(world: World) -> None:
    with Connector("::1") as connector:
        register(world, connector)
        assert call(world, STATISTICS, LINE)["status"] == "answered"
        assert connector.received[0].headers["host"] == f"[::1]:{connector.port}"


def test_name_that_leads_elsewhere_later_is_not_called(monkeypatch: pytest.MonkeyPatch, connector: Connector) -> None:
    url = f"http://connector.test:{connector.port}"
    resolve(monkeypatch, ["127.0.0.1"], [OTHER])
    assert ask(url).status == 200
    with pytest.raises(Forbidden, match="must lead to this machine"):
        ask(url)
    assert len(connector.received) == 1


def test_name_with_one_address_elsewhere_is_not_called(monkeypatch: pytest.MonkeyPatch, connector: Connector) -> None:
    resolve(monkeypatch, ["127.0.0.1", OTHER])
    with pytest.raises(Forbidden):
        ask(f"http://connector.test:{connector.port}")
    assert connector.received == []


def test_checked_address_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch, connector: Connector) -> None:
    # Each further question would be answered with another machine.
    resolve(monkeypatch, ["127.0.0.1"], [OTHER])
    assert ask(f"http://connector.test:{connector.port}").status == 200


def test_next_address_is_tried_if_nobody_listens_at_the_first(
    monkeypatch: pytest.MonkeyPatch, connector: Connector
) -> None:
    resolve(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    assert ask(f"http://connector.test:{connector.port}").status == 200
    resolve(monkeypatch, ["127.0.0.2", "127.0.0.3"])
    with pytest.raises(Broken, match="no connection could be made"):
        ask(f"http://connector.test:{connector.port}")


def test_host_that_is_allowed_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, [OTHER])
    place = read_url("http://Connector.test")
    assert asyncio.run(find_addresses(place, ("connector.test",))) == [OTHER]
    with pytest.raises(Forbidden):
        asyncio.run(find_addresses(place, ("other.test",)))


def test_allowed_hosts_are_an_option_of_the_sandbox(tmp_path: Path) -> None:
    wrong = run_freiton("serve", "--sandbox", "--outgoing-hosts", "a/b")
    assert (wrong.returncode, "is not the name or address of a host" in wrong.stderr) == (2, True)
    alone = run_freiton("serve", "--outgoing-hosts", "example.org")
    assert (alone.returncode, "are for --sandbox only" in alone.stderr) == (2, True)
    options = ("--outgoing-hosts", f"example.org, {OTHER}")
    with SandboxService(tmp_path / "sandbox", *options) as service, World(service) as world:
        # Registered, and not called.
        assert world.ask("POST", "/outgoing/targets", json={"url": f"http://{OTHER}"}).status_code == 201
        assert world.ask("POST", "/outgoing/targets", json={"url": "http://10.0.0.1"}).status_code == 400


def test_host_that_is_allowed_no_more_is_not_called(tmp_path: Path, connector: Connector) -> None:
    options = ("--sandbox-dir", str(tmp_path / "worlds"))
    tokens = {"tokenUrl": f"http://{OTHER}", "clientId": "jtel", "clientSecret": CLIENT_WORD}
    with SandboxService(tmp_path / "sandbox", *options, "--outgoing-hosts", OTHER) as service:
        world = World(service)
        register(world, connector, url=f"http://{OTHER}", operations=["genericQuery"])
        register(world, connector, credentials={"kind": "clientCredentials", **tokens}, operations=[STATISTICS])
        world.control.close()
    with SandboxService(tmp_path / "sandbox", *options) as service, httpx.Client(base_url=service.url) as later:
        world.control = later
        assert call(world, "genericQuery", {})["reason"] == f"the URL {ELSEWHERE}"
        assert call(world, STATISTICS, LINE)["reason"] == f"no token: the token URL {ELSEWHERE}"
        assert read_journal(world) == []
    assert connector.received == []


def test_redirects_are_not_followed(world: World, connector: Connector) -> None:
    with Connector() as other:
        connector.answer = lambda _: Reply(307, b"", (("Location", other.url),))
        register(world, connector)
        made = call(world, STATISTICS, LINE)
        assert (made["status"], made["answer"]["status"], other.received) == ("answered", 307, [])
    assert read_journal(world)[0]["violations"][0]["place"] == "#/response/status"


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, connector: Connector
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with SandboxService(tmp_path / "sandbox") as service:
        path = f"{service.url}{WORLDS}/default/outgoing"
        with httpx.Client(base_url=path, trust_env=False, timeout=60) as control:
            assert control.post("/targets", json={"url": connector.url}).status_code == 201
            body = {"operationId": STATISTICS, "data": LINE}
            assert control.post("/calls?wait=60", json=body).json()["status"] == "answered"


@pytest.mark.parametrize("kind", ["basic", "clientCredentials"])
def test_secrets_are_never_shown(world: World, sandbox: SandboxService, connector: Connector, kind: str) -> None:
    connector.tokens = ["t0p-t0ken"]
    encoded = base64.b64encode(f"jtel:{WORD}".encode()).decode()
    given: dict[str, Any] = {"kind": "basic", "user": "jtel", "password": WORD}
    if kind == "clientCredentials":
        tokens = {"tokenUrl": f"{connector.url}/token", "clientId": "jtel", "clientSecret": CLIENT_WORD}
        given = {"kind": kind, **tokens}

    def echo(received: Any) -> Reply:
        said = json.dumps({"message": [received.headers["authorization"], *SECRETS]}).encode()
        return Reply(500, said, (("Content-Type", "application/json"), ("X-Echo", received.headers["authorization"])))

    SECRETS = (WORD, encoded) if kind == "basic" else (CLIENT_WORD, "t0p-t0ken")
    connector.answer = echo
    target = register(world, connector, credentials=given)
    made = call(world, STATISTICS, LINE)
    paths = ("/outgoing/targets", f"/outgoing/targets/{target['id']}", "/outgoing/calls", "/journal", "/journal/har")
    shown = "".join(world.ask("GET", path).text for path in (*paths, f"/outgoing/calls/{made['id']}"))
    page = f"{sandbox.url}/sandbox/"
    for path in ("", f"?world={world.described['id']}", f"request?world={world.described['id']}&number=1"):
        shown += httpx.get(page + path).text
    shown += json.dumps([target, made]) + sandbox.log.read_text()
    assert [secret for secret in SECRETS if secret in shown] == []
    assert connector.received[0].headers["authorization"].endswith(SECRETS[-1])
    assert "***" in shown
    assert "authorization" not in json.dumps(read_journal(world)[0]["request"]["headers"])
