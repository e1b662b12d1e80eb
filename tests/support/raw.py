"""HTTP as bytes: what no HTTP client would send, and the answers as they come."""

import re
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

# A limit for servers that hang, not for slow machines.
SECONDS_TO_ANSWER = 60
BODILESS = (b"100", b"304")
AUTHORIZATION = b"Authorization: Bearer freiton-demo-1"
LAST_REQUEST = b"GET /health/live HTTP/1.1\r\nHost: freiton\r\nConnection: close\r\n\r\n"
LAST_ANSWER = b'{"status":200}'
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*\r\n")
HEADER_LINE = re.compile(rb"([a-z0-9-]+): ([ -~]*)\r\n")


class Answer(NamedTuple):
    """An answer, as it came.

    :param status: the HTTP status.
    :param headers: its header, names in lower case.
    :param body: its body, byte for byte.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(method: str, target: bytes, *lines: bytes, body: bytes = b"") -> bytes:
    """Return a request of client 1 as bytes.

    :param target: the request target, as it stands.
    :param lines: further header lines, as they stand.
    :param body: what comes after the header, without a length of its own.
    """
    return b"\r\n".join(
        [b"%b %b HTTP/1.1" % (method.encode(), target), b"Host: freiton", AUTHORIZATION, *lines, b"", body]
    )


def exchange(url: str, data: bytes, *parts: bytes) -> list[Answer]:
    """Send bytes on a connection of their own and return every answer that they get.

    What the server takes for a second request is told by an ordinary one at the end, whose answer is left out.

    :param data: the bytes.
    :param parts: what comes behind, each in a segment of its own.
    """
    with connect(url) as connection, connection.makefile("rb") as stream:
        _send(connection, data)
        for part in parts:
            await_taken(connection)
            _send(connection, part)
        answers = [receive(stream, data.startswith(b"HEAD "))]
        while answers[-1].status == 100:
            answers.append(receive(stream))
        if answers[-1].headers.get("connection") != "close":
            _send(connection, LAST_REQUEST)
            while answers[-1].headers.get("connection") != "close":
                answers.append(receive(stream))
            assert answers.pop().body == LAST_ANSWER, "the connection ended before the ordinary request"
        assert not _rest(stream), "the answers go on after one that is the last"
    return answers


def send_all(url: str, data: bytes, methods: Sequence[str] = ()) -> list[Answer]:
    """Send bytes and no more, and return all that comes until the server closes the connection.

    :param data: the bytes.
    :param methods: the methods of the requests, which tell whose answers have no body.
    """
    with connect(url) as connection:
        _send(connection, data)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            return read_answers(stream.read(), methods)


def send_until_closed(url: str, data: bytes) -> list[Answer]:
    """Send bytes, and return all that comes until the server closes the connection of its own accord.

    :param data: the bytes.
    """
    with connect(url) as connection, connection.makefile("rb") as stream:
        _send(connection, data)
        return read_answers(stream.read())


def read_answers(data: bytes, methods: Sequence[str] = ()) -> list[Answer]:
    """Return answers from all that a server sent on a connection.

    :param data: the bytes.
    :param methods: the methods of the requests.
    """
    stream = BytesIO(data)
    answers: list[Answer] = []
    while stream.tell() < len(data):
        method = methods[len(answers)] if len(answers) < len(methods) else ""
        answers.append(receive(stream, method == "HEAD"))
    return answers


def connect(url: str) -> socket.socket:
    """Return a connection to a server, which sends what it is given without waiting for more."""
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port), SECONDS_TO_ANSWER)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def await_refusal(url: str) -> None:
    """Wait until a server that is stopping takes no more connections."""
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    with suppress(ConnectionRefusedError, ConnectionResetError):
        while True:
            connect(url).close()
            assert time.monotonic() < deadline, "the server takes connections"
            time.sleep(0.01)


def await_taken(connection: socket.socket) -> None:
    """Wait until the server has read all bytes that were sent on a connection, as `/proc/net/tcp` shows it.

    :param connection: an open connection over IPv4.
    """
    await_read(connection.getpeername(), connection.getsockname())


def await_read(server: tuple[str, int], client: tuple[str, int]) -> None:
    """Wait until a server has read all that a client sent, the end of the connection included.

    :param server: IPv4 address and port of the server.
    :param client: IPv4 address and port of the client.
    """
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while _count_unread(server, client):
        assert time.monotonic() < deadline, "the server does not read"
        time.sleep(0.001)


def _count_unread(server: tuple[str, int], client: tuple[str, int]) -> int:
    """Return how many bytes wait for the server, or are on their way to it; none if the connection is gone."""
    ends = [to_hex(server), to_hex(client)]
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    # Local address, remote address, state, and the lengths of the two queues: not acknowledged, and not read.
    queues = {tuple(row[1:3]): [int(size, 16) for size in row[4].split(":")] for row in rows[1:]}
    return queues.get((ends[0], ends[1]), [0, 0])[1] + queues.get((ends[1], ends[0]), [0, 0])[0]


def to_hex(address: tuple[str, int]) -> str:
    """Return an IPv4 address and port as `/proc/net/tcp` shows them."""
    host, port = address
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"


def receive(stream: BinaryIO, head: bool = False) -> Answer:
    """Return the next answer of a connection.

    :param stream: the connection, to read from.
    :param head: whether it answers HEAD, and so has no body whatever it says.
    """
    line = stream.readline()
    start = STATUS_LINE.fullmatch(line)
    assert start, f"no status line: {line!r}"
    headers: dict[str, str] = {}
    while (line := stream.readline()) != b"\r\n":
        field = HEADER_LINE.fullmatch(line)
        assert field, f"no header line: {line!r}"
        name, value = (part.decode("ascii") for part in field.groups())
        assert name not in headers, f"{name} comes twice"
        headers[name] = value
    body = b"" if head or start[1] in BODILESS else _read_body(stream, headers)
    return Answer(int(start[1]), headers, body)


def _read_body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        # Without a length it ends where the connection does (HTTP/1.0).
        return stream.read(int(headers.get("content-length", -1)))
    body, size = b"", -1
    while size:
        size = int(stream.readline(), 16)
        body += stream.read(size)
        assert stream.readline() == b"\r\n", "a chunk is longer than its size"
    return body


def _send(connection: socket.socket, data: bytes) -> None:
    # The server need not take all of a request that it refuses.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(data)


def _rest(stream: BinaryIO) -> bytes:
    try:
        return stream.read()
    except ConnectionResetError:
        return b""
