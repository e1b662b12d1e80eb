"""A request whose client then closes its sending side is answered, and then the server closes the connection."""

import json
import random
import socket
from collections.abc import Iterator

import pytest

from tests.support.command import read_troubles
from tests.support.contacts import NDJSON
from tests.support.files import ADD_GROUPS, execute, locked, read_names
from tests.support.hostile import BASE, CLONED, CONTACTS, TYPES, get, post_chunked, post_clone, post_to
from tests.support.raw import await_taken, connect, read_answers, request, send_all
from tests.support.service import Service

MANY = 3_000
LINE = b'{"Name":"Mustermann","PhoneNumber1":"+4989%07d"}\n'
IMPORT = CONTACTS + b"/import/batch?diallerCampaignsID=538"
WHOLE = {
    "read": (get(TYPES), 200),
    "read for a page": (get(TYPES, b"Origin: http://page.example"), 200),
    "HEAD": (request("HEAD", TYPES), 200),
    "HTTP/1.0": (get(TYPES).replace(b"1.1", b"1.0"), 200),
    "long list": (get(BASE + b"/acd/groups"), 200),
    "refused write": (post_clone(b"Campaign 1000"), 409),
    "write in chunks": (post_chunked(b"{}"), 400),
    "import": (post_to(IMPORT, b"".join([LINE % number for number in range(2_000)]), NDJSON.encode()), 200),
    "upgrade": (get(TYPES, b"Connection: Upgrade", b"Upgrade: h2c"), 200),
    "no HTTP": (b"\0\r\n\r\n", 400),
}
PARTS = {
    "head": b"GET " + TYPES,
    "body": post_clone(b"Never")[:-10],
    "body in chunks": post_chunked(CLONED % b"Never").removesuffix(b"0\r\n\r\n"),
}


@pytest.fixture(scope="module", params=["fast", "no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with many groups, which must not report an error."""
    with Service(tmp_path_factory.mktemp("half") / "freiton.db", "--demo", f"--{request.param}") as service:
        execute(service.database, [ADD_GROUPS.format(MANY, "")])
        yield service
    assert read_troubles(service.log) == []


@pytest.mark.parametrize(("data", "status"), WHOLE.values(), ids=WHOLE)
def test_send_request_and_close_sending_side_is_answered(service: Service, data: bytes, status: int) -> None:
    (answer,) = send_all(service.url, data, [data.split()[0].decode("latin-1")])
    assert answer.status == status


def test_send_write_and_close_sending_side_is_answered(service: Service) -> None:
    name = f"Half {random.getrandbits(64)}"
    (answer,) = send_all(service.url, post_clone(name.encode()))
    assert json.loads(answer.body)["records"][0]["Name"] == name
    assert name in read_names(service.database)


def test_close_sending_side_while_requests_wait_answers_them(service: Service) -> None:
    name = f"Behind {random.getrandbits(64)}"
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        with locked(service.database):
            connection.sendall(post_clone(name.encode()) + get(TYPES) * 3)
            await_taken(connection)
            connection.shutdown(socket.SHUT_WR)
        answers = read_answers(stream.read())
    assert [answer.status for answer in answers] == [200] * 4
    assert name in read_names(service.database)


@pytest.mark.parametrize("before", [b"", get(TYPES), get(BASE + b"/acd/groups")], ids=["alone", "read", "long list"])
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_part_of_a_request_is_not_carried_out(service: Service, before: bytes, part: bytes) -> None:
    assert [answer.status for answer in send_all(service.url, before + part)] == [200] * bool(before)
    assert "Never" not in read_names(service.database)
