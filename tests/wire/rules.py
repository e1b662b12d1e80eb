"""What is wanted of the answers to a conversation, whatever it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import takewhile
from typing import NamedTuple

from tests.support.raw import Answer
from tests.wire.conversations import FOLLOWERS, RESET, Conversation
from tests.wire.exchange import EOF, Transcript, read_answers
from tests.wire.member import MOMENT, Changes

MARK = re.compile(r"F[0-9]+m[0-9]+l[0-9]+")
# Tables whose new rows are in the answer to the request that creates them.
ANSWERED = ("new in DiallerCampaigns", "new in AcdEvents")
EXPECT = re.compile(rb"(?i)expect")
# How many Hosts requests of a version may have.
HOSTS = {b"1.0": (0, 1), b"1.1": (1,)}
REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
OWN = {"date", "x-request-id"}
# They tell of what was written, which has moments of its own.
OF_MOMENTS = {"etag", "link"}
OF_CORS = {"access-control-allow-origin", "access-control-expose-headers"}


class Heard(NamedTuple):
    """What a server said.

    :param transcript: its bytes.
    :param answers: its answers.
    :param fault: what is wrong with the bytes behind them.
    :param beside: what is wrong with what it said to others meanwhile.
    """

    transcript: Transcript
    answers: list[Answer]
    fault: str
    beside: str = ""

    @property
    def finals(self) -> list[Answer]:
        """The answers without those that only tell the client to go on."""
        return [answer for answer in self.answers if answer.status != 100]

    @property
    def is_over(self) -> bool:
        """Whether the server said that it closes the connection."""
        return bool(self.answers) and self.answers[-1].headers.get("connection") == "close"


def hear(transcript: Transcript) -> Heard:
    """Return the answers that a server gave."""
    return Heard(transcript, *read_answers(transcript.data))


def check_answers(conversation: Conversation, heard: Heard, is_reset: bool) -> Iterator[str]:
    """Give what is wrong with the answers of one server.

    :param conversation: what it was told.
    :param heard: what it said.
    :param is_reset: whether the client gave the connection up, so that the rest may be missing.
    """
    if not is_reset:
        if heard.transcript.end != EOF:
            yield f"the connection: {heard.transcript.end}"
        if heard.fault:
            yield heard.fault
    if heard.beside:
        yield heard.beside
    if len(heard.answers) - len(heard.finals) > len(EXPECT.findall(conversation.data)):
        yield "more answers with 100 than were asked for"
    for answer in heard.finals:
        if answer.status >= 500 and (answer.status != 503 or "retry-after" not in answer.headers):
            yield f"{answer.status} {answer.body!r}"
    yield from _check_sequence(conversation, heard)


def _check_sequence(conversation: Conversation, heard: Heard) -> Iterator[str]:
    # What is no request gets one answer too.
    most = conversation.data.count(b"HTTP/") + len(FOLLOWERS) + 1
    if len(heard.finals) > most:
        yield f"{len(heard.finals)} answers to at most {most} requests"
    for answer in heard.finals[:-1]:
        if answer.headers.get("connection") == "close":
            yield f"answers behind one with {answer.status} that closes the connection"


def check_requests(conversation: Conversation, heard: Heard, is_whole: bool) -> Iterator[str]:
    """Give what is wrong with the answers to requests before the first one that something was done to.

    :param conversation: what a server was told.
    :param heard: what it said.
    :param is_whole: whether it answered all of it, and what follows.
    """
    messages = list(takewhile(lambda message: not message.mutations, conversation.messages))
    if conversation.ending == RESET or not messages:
        return
    # RFC 9110, section 10.1.1.
    if b" HTTP/1.0\r\n" in messages[0].request and len(heard.answers) > len(heard.finals):
        yield "100 for HTTP/1.0"
    count = len(heard.finals) - len(FOLLOWERS)
    if is_whole and len(messages) == len(conversation.messages) != count:
        yield f"{count} answers to {len(messages)} requests"
    for message, answer in zip(messages, heard.finals, strict=False):
        line, *fields = message.request.partition(b"\r\n\r\n")[0].split(b"\r\n")
        version = line.rpartition(b"/")[2]
        hosts = sum(field.lower().startswith(b"host:") for field in fields)
        # RFC 9112, sections 2.3 and 3.2; a header that is too large may be refused before.
        if hosts not in HOSTS.get(version, ()) and answer.status not in REFUSED:
            yield f"{answer.status} for {version!r} with {hosts} Hosts"
        # RFC 9112, section 6.1.
        if version == b"1.0" and "transfer-encoding" in answer.headers:
            yield "chunks for HTTP/1.0"


def check_writes(heard: Heard, changes: Changes | None, is_reset: bool) -> Iterator[str]:
    """Give what was answered and is not in the database, and what is there and was not answered.

    :param heard: what a server said.
    :param changes: what has changed in its database.
    :param is_reset: whether the client gave the connection up.
    """
    answered = {
        mark
        for answer in heard.answers
        if answer.status == 200
        for mark in MARK.findall(answer.body.decode(errors="replace"))
    }
    written = set(MARK.findall(str(changes)))
    if answered - written:
        yield f"answered, but not written: {sorted(answered - written)}"
    created = set(MARK.findall(str([(changes or {}).get(table) for table in ANSWERED])))
    if not is_reset and created - answered:
        yield f"written, but not answered: {sorted(created - answered)}"


def is_uncertain(ours: Sequence[Answer], theirs: Sequence[Answer]) -> bool:
    """Tell whether a request that is not whole or not valid was answered before all of it had come, or refused.

    :param ours: the final answers of a server.
    :param theirs: those of another one.
    """
    statuses = {answers[-1].status if answers else None for answers in (ours, theirs)}
    return len(ours) != len(theirs) or (len(statuses) > 1 and not statuses.isdisjoint(REFUSED))


def compare(
    ours: Sequence[Answer], theirs: Sequence[Answer], *, is_cut: bool, has_moments: bool, has_cors: bool
) -> str:
    """Return how answers differ from those that are wanted, empty if they do not.

    :param ours: the final answers of a server.
    :param theirs: those of another one.
    :param is_cut: whether some of them may be missing at the end.
    :param has_moments: whether something was written, whose time is a different one on each server.
    :param has_cors: whether only the first one has CORS.
    """
    left_out = OWN | (OF_MOMENTS if has_moments else set())
    last = min(len(ours), len(theirs)) - 1
    for number, pair in enumerate(zip(ours, theirs, strict=False)):
        # An answer is the last one also if the client says so behind its request, in time or not.
        fields = left_out | ({"connection"} if number == last else set())
        parts = zip(*(_normalise(answer, fields, has_moments, has_cors) for answer in pair), strict=True)
        if differences := [_tell(mine, yours) for mine, yours in parts if mine != yours]:
            return " and ".join(differences)
    if is_cut or len(ours) == len(theirs):
        return ""
    return f"{[each.status for each in ours]} is not {[each.status for each in theirs]}"


def _tell(mine: object, yours: object) -> str:
    if isinstance(mine, Mapping) and isinstance(yours, Mapping):
        mine, yours = dict(mine.items() - yours.items()), dict(yours.items() - mine.items())
    return f"{mine!r:.300} is not {yours!r:.300}"


def _normalise(answer: Answer, left_out: set[str], has_moments: bool, has_cors: bool) -> Answer:
    fields = {name: value for name, value in answer.headers.items() if name not in left_out}
    if has_cors:
        fields = {name: value for name, value in fields.items() if name not in OF_CORS}
        vary = _without_origin(fields.pop("vary", ""))
        fields |= {"vary": vary} if vary else {}
    if not has_moments:
        return Answer(answer.status, fields, answer.body)
    body = MOMENT.sub("moment", answer.body.decode("latin-1")).encode("latin-1")
    return Answer(answer.status, fields, body)


def _without_origin(vary: str) -> str:
    return ", ".join(name for name in vary.split(", ") if name != "Origin")
