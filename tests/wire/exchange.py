"""A client of raw bytes that keeps to a plan, and what it gets as answers."""

import select
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.support.raw import Answer, receive

EOF, RESET, SILENCE, GIVEN_UP = "end", "reset by the server", "no end", "given up"
SECONDS_TO_END = 60
SMALL_BUFFER = 2_048
BLOCK = 65_536
# A client that does not read begins to when it cannot send for so long.
MILLISECONDS_TO_BLOCK = 50
BODILESS = (HTTPStatus.CONTINUE, HTTPStatus.NOT_MODIFIED)
FRAMING = {"content-length", "transfer-encoding"}
ABORT = struct.pack("ii", 1, 0)


class Transcript(NamedTuple):
    """What came on a connection.

    :param data: the bytes.
    :param end: how it ended.
    """

    data: bytes
    end: str


class Client:
    """A connection that sends pieces of bytes and takes what comes.

    :param url: the server.
    :param is_slow: whether it reads only when it cannot send, and has little room.
    :param is_deaf: whether it does not even read then, and sends no more.
    """

    def __init__(self, url: str, is_slow: bool = False, is_deaf: bool = False) -> None:
        address = urlsplit(url)
        self.socket = socket.socket()
        if is_slow:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect((address.hostname, address.port))
        self.socket.setblocking(False)
        self.poll = select.poll()
        self.is_slow = is_slow
        self.is_deaf = is_deaf
        self.received = bytearray()
        self.end = ""

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Send bytes, take what has come, and return whether the server takes all of them."""
        rest = memoryview(data)
        reading = 0 if self.is_slow else select.POLLIN
        while rest and not self.end:
            events = self._wait(select.POLLOUT | reading, MILLISECONDS_TO_BLOCK)
            if self.is_deaf and not events:
                return False
            if not events & select.POLLOUT or events & reading:
                self._read()
            try:
                rest = rest[self.socket.send(rest) :]
            except BlockingIOError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                return False
        # So that the server has the time to read it by itself.
        if self._wait(reading, 1):
            self._read()
        return not rest

    def read_all(self, seconds: float) -> None:
        """Take all that comes until the server ends the connection, or sends nothing for some seconds."""
        while not self.end:
            if self._wait(select.POLLIN, round(seconds * 1000)):
                self._read()
            else:
                self.end = SILENCE

    def half_close(self) -> None:
        """Say that nothing more is sent."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Give the connection up without reading what has come."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.socket.close()
        self.end = self.end or GIVEN_UP

    def _wait(self, events: int, milliseconds: int) -> int:
        self.poll.register(self.socket, events)
        return sum(event for _, event in self.poll.poll(milliseconds))

    def _read(self) -> None:
        try:
            data = self.socket.recv(SMALL_BUFFER if self.is_slow else BLOCK)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.end = RESET
            return
        self.received += data
        if not data:
            self.end = EOF


def converse(
    url: str, pieces: Sequence[bytes], *, half_close: bool, reset: bool = False, slow: bool = False
) -> Transcript:
    """Send pieces of bytes on a connection of their own and return what comes.

    :param url: the server.
    :param pieces: the bytes; between two of them the server has a moment to read the first.
    :param half_close: whether to say that nothing more is sent.
    :param reset: whether to give the connection up then.
    :param slow: whether to read only when nothing more can be sent.
    """
    with Client(url, slow) as client:
        for piece in pieces:
            client.send(piece)
        if reset:
            client.reset()
        elif half_close:
            client.half_close()
        client.read_all(SECONDS_TO_END)
    return Transcript(bytes(client.received), client.end)


def read_answers(data: bytes) -> tuple[list[Answer], str]:
    """Return the answers that stand in bytes, and what is wrong with the first that is none.

    :param data: all that a server has sent on a connection.
    """
    stream, answers = BytesIO(data), []
    begin = 0
    try:
        while begin < len(data):
            answer = receive(stream, head=True)
            is_alone = _is_followed(data, stream.tell())
            if not is_alone and _is_open(answer):
                answer = answer._replace(body=stream.read())
            elif not is_alone and _has_body(answer):
                stream.seek(begin)
                answer = receive(stream)
                length = answer.headers.get("content-length", str(len(answer.body)))
                assert len(answer.body) == int(length), f"{len(answer.body)} of {length} bytes of a body"
            begin = stream.tell()
            answers.append(answer)
    except (AssertionError, ValueError) as error:
        return answers, f"no answer at {data[begin : begin + 200]!r}: {error}"
    return answers, ""


def _is_open(answer: Answer) -> bool:
    """Tell whether a body goes on to the end of the connection (RFC 9112, section 6.3)."""
    return answer.status not in BODILESS and FRAMING.isdisjoint(answer.headers)


def _has_body(answer: Answer) -> bool:
    is_chunked = "transfer-encoding" in answer.headers
    return is_chunked or answer.headers.get("content-length", "0") != "0"


def _is_followed(data: bytes, at: int) -> bool:
    """Tell whether a header is the whole answer, as to HEAD: no body of ours begins like an answer, or with nothing."""
    return at == len(data) or data.startswith(b"HTTP/", at)
