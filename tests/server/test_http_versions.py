"""Requests are taken as their version of HTTP says, and what neither HTTP/1.1 nor HTTP/1.0 allows is refused."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.command import read_troubles
from tests.support.files import ADD_GROUPS, damage, execute
from tests.support.hostile import BASE, CHUNKED, GROUP, JSON, TYPES, VALID, get, in_chunks, post, post_unframed
from tests.support.raw import AUTHORIZATION, Answer, connect, exchange, read_answers, request, send_until_closed
from tests.support.service import Service

MANY = 3_000
LIST = BASE + b"/acd/groups"
HOST = b"Host: freiton\r\n"
CLOSE = b"Connection: close\r\n"
UPGRADE = (b"Connection: Upgrade", b"Upgrade: h2c")
MISSING = b'{"source":"Missing","destination":"x"}'
METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"]
TARGETS = {
    "known": TYPES,
    "unknown": BASE + b"/nothing",
    "outside": b"/nothing",
    "no API": b"/health/live",
    "another's": b"/rest/v1.0/2/acd/groups",
    "with parameter": GROUP + b"106",
    "absolute": b"http://freiton" + TYPES,
}


@pytest.fixture(scope="module", params=["fast", "no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with many groups, which must not report an error."""
    with Service(tmp_path_factory.mktemp("versions") / "freiton.db", "--demo", f"--{request.param}") as service:
        execute(service.database, [ADD_GROUPS.format(MANY, "")])
        yield service
    assert read_troubles(service.log) == []


def old(data: bytes) -> bytes:
    """Return a request as one of HTTP/1.0."""
    return data.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")


def ask(service: Service, data: bytes) -> Answer:
    """Return the only answer to a request that is the last of its connection."""
    method = data.split()[0].decode()
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(data)
        (answer,) = read_answers(stream.read(), [method])
    assert answer.headers["connection"] == "close"
    return answer


@pytest.mark.parametrize("version", ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0"])
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_other_version_is_refused(service: Service, target: bytes, version: str) -> None:
    answer = ask(service, get(target).replace(b"HTTP/1.1", version.encode()))
    assert json.loads(answer.body) == {"status": 400, "error": "The request is not valid HTTP/1.1"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_not_one_host_is_refused_before_all_else(service: Service, target: bytes, method: str) -> None:
    with_host = request(method, target)
    without = with_host.replace(HOST, b"")
    twice = with_host.replace(HOST, HOST + HOST)
    for data in (
        without,
        twice,
        old(twice),
        *(each.replace(AUTHORIZATION + b"\r\n", b"") for each in (without, twice)),
    ):
        answer = ask(service, data)
        assert (answer.status, answer.headers["x-error-pointer"]) == (400, "#/header/Host")
        assert method == "HEAD" or json.loads(answer.body)["error"] == "Host: must be given once"


@pytest.mark.parametrize("host", [b"frei ton", b"", b"freiton/x", b"a@freiton", b"a, b"])
def test_host_that_is_none_is_refused(service: Service, host: bytes) -> None:
    for data in (get(TYPES), old(get(TYPES))):
        answer = ask(service, data.replace(b"Host: freiton", b"Host: " + host))
        assert (answer.status, answer.headers["x-error-pointer"]) == (400, "#/header/Host")


@pytest.mark.parametrize("data", [get(TYPES), post(MISSING), request("HEAD", TYPES), get(TYPES, *UPGRADE)])
@pytest.mark.parametrize("host", [HOST, b""], ids=["host", "no host"])
def test_http_1_0_is_answered_and_closed(service: Service, data: bytes, host: bytes) -> None:
    assert ask(service, old(data).replace(HOST, host)).status in (200, 404)
    assert ask(service, old(data).replace(HOST, host + b"Connection: keep-alive\r\n")).status in (200, 404)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_long_list_of_http_1_0_ends_with_the_connection(service: Service, method: str) -> None:
    answer = ask(service, old(request(method, LIST)))
    assert not {"transfer-encoding", "content-length"} & set(answer.headers)
    assert method == "HEAD" or json.loads(answer.body)["count"] == MANY + 40


@pytest.mark.sqlite
@pytest.mark.parametrize("option", ["--fast", "--no-fast"])
def test_long_list_of_http_1_0_that_is_cut_off_does_not_look_whole(tmp_path: Path, option: str) -> None:
    with Service(tmp_path / "freiton.db", "--demo", option) as service:
        execute(service.database, [ADD_GROUPS.format(20_000, "x" * 2_000), "pragma wal_checkpoint(truncate)"])
        with connect(service.url) as connection, connection.makefile("rb") as stream:
            connection.sendall(old(get(LIST + b"?orderBy=ID")))
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            damage(service.database)
            with pytest.raises(ConnectionResetError):
                stream.read()


def test_http_1_0_in_chunks_is_refused(service: Service) -> None:
    data = post_unframed(JSON, CHUNKED, body=in_chunks(VALID))
    for lines in (b"", b"Content-Length: 50\r\n"):
        assert ask(service, old(data).replace(HOST, HOST + lines)).status == 400


def test_http_1_0_expects_nothing(service: Service) -> None:
    assert ask(service, old(post(MISSING, b"Expect: 100-continue"))).status == 404


@pytest.mark.parametrize("expect", [b"Expect: 100-continue", b"expect: 100-Continue"])
def test_body_that_is_not_asked_for_closes_the_connection(service: Service, expect: bytes) -> None:
    whole = post(MISSING, expect)
    assert [answer.status for answer in exchange(service.url, whole)] == [100, 404]
    anonymous = whole.replace(AUTHORIZATION + b"\r\n", b"").removesuffix(MISSING)
    (answer,) = send_until_closed(service.url, anonymous)
    assert (answer.status, answer.headers["connection"]) == (401, "close")


@pytest.mark.parametrize("name", [b"Connection", b"connection"])
@pytest.mark.parametrize("value", [b"close", b"CLOSE", b"keep-alive, Close", b"x,close ,y", b"close, Upgrade"])
@pytest.mark.parametrize("data", [get(TYPES), post(MISSING), get(TYPES, b"Upgrade: h2c"), get(LIST)])
def test_connection_close_in_any_spelling_closes(service: Service, data: bytes, name: bytes, value: bytes) -> None:
    assert ask(service, data.replace(HOST, HOST + name + b": " + value + b"\r\n")).status in (200, 404)
    assert ask(service, data.replace(HOST, HOST + b"Connection: x\r\n" + name + b": " + value + b"\r\n")).status


@pytest.mark.parametrize("behind", [get(TYPES), get(TYPES, b"Origin: http://page.example"), request("HEAD", TYPES)])
def test_connection_close_in_a_trailer_leaves_no_deaf_connection(service: Service, behind: bytes) -> None:
    data = post_unframed(JSON, CHUNKED, body=in_chunks(MISSING)[:-2] + CLOSE + b"\r\n")
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(data)
        # The server may close at once.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(behind)
            connection.shutdown(socket.SHUT_WR)
        assert [answer.status for answer in read_answers(stream.read())] == [404]
