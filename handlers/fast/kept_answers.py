"""Rendered answers, and the cache of answers, bounded by number and size."""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple

from starlette.responses import Response

from handlers.responses.log import RequestLine

MOST_ANSWERS = 1024
# In bytes: the whole cache, and the body of one cached answer.
LARGEST_CACHE = 32 * 1024 * 1024
LARGEST_ANSWER = 1024 * 1024


class PlainAnswer(NamedTuple):
    """A rendered answer, without the header fields that differ each time.

    :param fields: the header fields, as on the wire.
    :param body: the body.
    :param line: the log line of the request.
    """

    fields: bytes
    body: bytes
    line: RequestLine


class KeptAnswers:
    """A cache of answers by the bytes of their requests; the oldest entries are evicted first.

    :param most: the largest number of answers.
    :param largest: the largest size of all requests and answers together, in bytes.
    """

    def __init__(self, most: int = MOST_ANSWERS, largest: int = LARGEST_CACHE) -> None:
        self.most = most
        self.largest = largest
        self.size = 0
        self.answers: dict[bytes, PlainAnswer] = {}
        # Several threads may add answers.
        self.lock = Lock()

    def get(self, data: bytes) -> PlainAnswer | None:
        """Return the cached answer to a request; None if there is none.

        :param data: the bytes of the request.
        """
        return self.answers.get(data)

    def add(self, data: bytes, answer: PlainAnswer) -> None:
        """Cache an answer, unless its body is larger than 1 MiB.

        :param data: the bytes of the request.
        :param answer: the answer.
        """
        if len(answer.body) > LARGEST_ANSWER:
            return
        with self.lock:
            if data in self.answers:
                return
            self.answers[data] = answer
            self.size += _measure(data, answer)
            while self.size > self.largest or len(self.answers) > self.most:
                oldest = next(iter(self.answers))
                self.size -= _measure(oldest, self.answers.pop(oldest))


def _measure(data: bytes, answer: PlainAnswer) -> int:
    return len(data) + len(answer.fields) + len(answer.body)


class Beginning:
    """The header fields that all answers begin with, rendered once per change.

    :param constant: those that do not change, as on the wire; they are the last ones.
    """

    def __init__(self, constant: bytes) -> None:
        self.constant = constant
        self.fields: object = None
        self.text = b""

    def render(self, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Return the header fields as on the wire.

        :param fields: the fields, as pairs of name and value; the server makes a new list each second, with the date.
        """
        if fields is not self.fields:
            self.fields = fields
            self.text = _join(fields) + self.constant
        return self.text


def make_final(response: Response, describe: Callable[[int], RequestLine]) -> PlainAnswer:
    """Return a rendered answer that no client and no cache may store (`Cache-Control: no-store`).

    :param response: the response.
    :param describe: returns the log line for an HTTP status.
    """
    fields = [*response.raw_headers, (b"cache-control", b"no-store")]
    return make_answer(fields, bytes(response.body), describe(response.status_code))


def make_answer(fields: Iterable[tuple[bytes, bytes]], body: bytes, line: RequestLine) -> PlainAnswer:
    """Return a rendered answer.

    :param fields: the header fields, as pairs of name and value.
    :param body: the body.
    :param line: the log line of the request.
    """
    return PlainAnswer(_join(fields), body, line)


def _join(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])
