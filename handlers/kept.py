"""The answers that are kept to be sent again, up to a number and a size."""

from typing import NamedTuple

from handlers.requestlog import RequestLine

MOST_ANSWERS = 1024
# In bytes: all that is kept, and one answer of it.
LARGEST_CACHE = 32 * 1024 * 1024
LARGEST_ANSWER = 1024 * 1024


class Answer(NamedTuple):
    """An answer, but for the fields that differ each time.

    :param fields: the header fields.
    :param body: the body.
    :param line: what the log says of it.
    """

    fields: bytes
    body: bytes
    line: RequestLine


class Answers:
    """Answers by the bytes of their requests; the oldest are dropped when there are too many.

    :param most: the number of answers.
    :param largest: the size of all requests and answers together, in bytes.
    """

    def __init__(self, most: int = MOST_ANSWERS, largest: int = LARGEST_CACHE) -> None:
        self.most = most
        self.largest = largest
        self.size = 0
        self.answers: dict[bytes, Answer] = {}

    def get(self, data: bytes) -> Answer | None:
        """Return the answer to a request, or None if it is not kept.

        :param data: the request.
        """
        return self.answers.get(data)

    def add(self, data: bytes, answer: Answer) -> None:
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


def _measure(data: bytes, answer: Answer) -> int:
    return len(data) + len(answer.fields) + len(answer.body)
