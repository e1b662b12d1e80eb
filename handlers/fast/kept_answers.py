"""Answers in bytes, and those that are kept to be sent again, up to a number and a size."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from starlette.responses import Response

from handlers.responses.log import RequestLine

MOST_ANSWERS = 1024
# In bytes: all that is kept, and one answer of it.
LARGEST_CACHE = 32 * 1024 * 1024
LARGEST_ANSWER = 1024 * 1024


class PlainAnswer(NamedTuple):
    """An answer, but for the fields that differ each time.

    :param fields: the header fields.
    :param body: the body.
    :param line: what the log says of it.
    """

    fields: bytes
    body: bytes
    line: RequestLine


class KeptAnswers:
    """Answers by the bytes of their requests; the oldest are dropped when there are too many.

    :param most: the number of answers.
    :param largest: the size of all requests and answers together, in bytes.
    """

    def __init__(self, most: int = MOST_ANSWERS, largest: int = LARGEST_CACHE) -> None:
        self.most = most
        self.largest = largest
        self.size = 0
        self.answers: dict[bytes, PlainAnswer] = {}

    def get(self, data: bytes) -> PlainAnswer | None:
        """Return the answer to a request, or None if it is not kept.

        :param data: the request.
        """
        return self.answers.get(data)

    def add(self, data: bytes, answer: PlainAnswer) -> None:
        """Keep an answer, unless it is large itself.

        :param data: the request, to which no answer is kept.
        """
        if len(answer.body) > LARGEST_ANSWER:
            return
        self.answers[data] = answer
        self.size += _measure(data, answer)
        while self.size > self.largest or len(self.answers) > self.most:
            oldest = next(iter(self.answers))
            self.size -= _measure(oldest, self.answers.pop(oldest))

    def clear(self) -> None:
        """Keep none of them."""
        self.answers.clear()
        self.size = 0


def _measure(data: bytes, answer: PlainAnswer) -> int:
    return len(data) + len(answer.fields) + len(answer.body)


class Beginning:
    """The header fields that all answers begin with, in bytes."""

    def __init__(self) -> None:
        self.fields: object = None
        self.text = b""

    def render(self, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Return header fields in bytes.

        :param fields: the fields; the server has a new list each second, with the date.
        """
        if fields is not self.fields:
            self.fields = fields
            self.text = _join(fields)
        return self.text


def make_final(response: Response, describe: Callable[[int], RequestLine]) -> PlainAnswer:
    """Return an answer that no client and no cache may keep.

    :param response: what is answered.
    :param describe: gives what the log says of it, from its status.
    """
    fields = [*response.raw_headers, (b"cache-control", b"no-store")]
    return make_answer(fields, bytes(response.body), describe(response.status_code))


def make_answer(fields: Iterable[tuple[bytes, bytes]], body: bytes, line: RequestLine) -> PlainAnswer:
    """Return an answer in bytes.

    :param fields: the header fields.
    :param body: the body.
    :param line: what the log says of it.
    """
    return PlainAnswer(_join(fields), body, line)


def _join(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])
