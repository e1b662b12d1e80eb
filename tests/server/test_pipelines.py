"""Requests that come behind one another are answered in their order, and a refusal is the last answer."""

import json
import random
from collections.abc import Callable, Iterator

import pytest

from tests.support.command import read_troubles
from tests.support.files import ADD_GROUPS, execute, locked, read_names
from tests.support.hostile import (
    BASE,
    CHUNKED,
    CLONED,
    GROUP,
    JSON,
    TYPES,
    get,
    in_chunks,
    post,
    post_chunked,
    post_clone,
)
from tests.support.raw import Answer, await_taken, connect, read_answers, receive, request, send_all, send_until_closed
from tests.support.service import Service

MANY = 3_000
LIST = BASE + b"/acd/groups"
CONTACT = BASE + b"/dialler/contacts/contact/215395"
# Not plain, so that the application answers.
ORIGIN = b"Origin: http://page.example"
UPGRADE = (b"Connection: Upgrade", b"Upgrade: h2c")
BAD_CHUNK = post_chunked(b"{}").replace(b"\r\n0\r\n", b"\r\nx\r\n")
REFUSED = {
    "garbage": (b"\0\r\n\r\n", 400),
    "version": (get(TYPES).replace(b"1.1", b"2.0"), 400),
    "no Host": (get(TYPES).replace(b"Host: freiton\r\n", b""), 400),
    "header": (get(TYPES, b"X: " + b"x" * 70_000), 431),
    "header without an end": (get(TYPES).removesuffix(b"\r\n") + b"X: aaaaaaa\r\n" * 12_000, 431),
    "chunk": (BAD_CHUNK, 400),
    "CONNECT": (request("CONNECT", b"freiton:80"), 400),
}
MISSING = b'{"source":"Missing","destination":"x"}'
# Some are answered by the fast path if they come alone.
MIXED = {
    "plain read": get(TYPES),
    "plain read of one": get(GROUP + b"106"),
    "read for a page": get(TYPES, ORIGIN),
    "plain write": post(MISSING),
    "write in chunks": post_chunked(MISSING),
    "write for a page": post(MISSING, ORIGIN),
    "head": request("HEAD", TYPES),
    "long list": get(LIST),
    "upgrade": get(TYPES, *UPGRADE),
    "upgrade with a body": post(MISSING, *UPGRADE),
    "upgrade with a body in chunks": request("POST", BASE + b"/nothing", *UPGRADE, JSON) + b"",
    "read with a body": get(TYPES, b"Content-Length: 5", body=b"hello"),
    "read with a body in chunks": get(TYPES, b"Transfer-Encoding: chunked", body=in_chunks(b"hello")),
    "unknown path": get(BASE + b"/nothing"),
    "no token": b"GET " + TYPES + b" HTTP/1.1\r\nHost: freiton\r\n\r\n",
    "blank lines": b"\r\n\r\n" + get(TYPES),
}


@pytest.fixture(scope="module", params=["fast", "no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with many groups, which must not report an error."""
    with Service(tmp_path_factory.mktemp("pipelines") / "freiton.db", "--demo", f"--{request.param}") as service:
        execute(service.database, [ADD_GROUPS.format(MANY, "")])
        yield service
    assert read_troubles(service.log) == []


def read_error(answer: Answer) -> tuple[int, str]:
    """Return the status of a refusal, which has the shape of errors, and the value of Connection."""
    assert json.loads(answer.body)["status"] == answer.status
    assert answer.headers["x-request-id"]
    return answer.status, answer.headers["connection"]


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_refusal_behind_a_write_leaves_it_answered(service: Service, data: bytes, status: int) -> None:
    name = f"Before {random.getrandbits(64)}"
    done, refusal = send_until_closed(service.url, post_clone(name.encode()) + data)
    assert json.loads(done.body)["records"][0]["Name"] == name
    assert read_error(refusal) == (status, "close")
    assert name in read_names(service.database)


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_refusal_behind_a_long_list_comes_behind_the_whole_of_it(service: Service, data: bytes, status: int) -> None:
    answer, refusal = send_until_closed(service.url, get(LIST) + data)
    assert json.loads(answer.body)["count"] == MANY + 40
    assert read_error(refusal) == (status, "close")


@pytest.mark.parametrize("lines", [(), (ORIGIN,)], ids=["plain", "for a page"])
def test_refusal_behind_a_write_that_waits_waits_for_it(service: Service, lines: tuple[bytes, ...]) -> None:
    name = f"Waited {random.getrandbits(64)}".encode()
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        with locked(service.database):
            connection.sendall(post(CLONED % name, *lines) + get(TYPES, ORIGIN) + b"\0\r\n\r\n" + post_clone(b"Never"))
            await_taken(connection)
        answers = read_answers(stream.read())
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert "Never" not in read_names(service.database)


@pytest.mark.parametrize("last", [b"Connection: close", b"connection: Keep-Alive, CLOSE", b"CONNECTION: x,close ,y"])
@pytest.mark.parametrize("rest", [post_clone(b"Never"), b"\0\r\n\r\n", b"PO"], ids=["write", "garbage", "part"])
def test_whatever_comes_behind_the_last_request_is_dropped(service: Service, last: bytes, rest: bytes) -> None:
    answers = send_all(service.url, get(TYPES) + get(TYPES, last) + rest)
    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.headers.get("connection") for answer in answers] == [None, "close"]
    assert "Never" not in read_names(service.database)


def test_mixed_requests_are_answered_in_order(service: Service, rounds: Callable[[int, int], int]) -> None:
    chance = random.Random(20261129)
    alone = {name: send_all(service.url, data, _methods([data]))[0] for name, data in MIXED.items()}
    for _ in range(rounds(10, 200)):
        names = chance.choices(list(MIXED), k=20)
        data = [MIXED[name] for name in names]
        answers = send_all(service.url, b"".join(data), _methods(data))
        assert [(each.status, each.body) for each in answers] == [
            (alone[name].status, alone[name].body) for name in names
        ]


def test_many_declined_upgrades_are_answered(service: Service, rounds: Callable[[int, int], int]) -> None:
    # More than Python can call one within the other. Without a token the answer takes less time.
    count = rounds(2_000, 10_000)
    data = b"GET " + TYPES + b" HTTP/1.1\r\nHost: freiton\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answers = send_all(service.url, data * count)
    assert [answer.status for answer in answers] == [401] * count


def _methods(data: list[bytes]) -> list[str]:
    return [each.split()[0].decode() for each in data]


@pytest.mark.parametrize("operation", ["delete", "lock"])
def test_refuse_rest_of_write_without_a_body_changes_nothing(service: Service, operation: str) -> None:
    method, target = {"delete": ("DELETE", CONTACT), "lock": ("POST", CONTACT + b"/lock")}[operation]
    with service.client() as api, connect(service.url) as connection, connection.makefile("rb") as stream:
        before = api.get("/dialler/contacts/215395").json()
        connection.sendall(request(method, target, CHUNKED))
        await_taken(connection)
        connection.sendall(b"no length\r\n\r\n")
        assert receive(stream).status == 400
        assert stream.read() == b""
        assert api.get("/dialler/contacts/215395").json() == before
