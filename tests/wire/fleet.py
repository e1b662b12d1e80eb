"""Servers of every setting that are told the same, and have to say and do the same."""

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from data.opening import open_database
from tests.support.raw import LAST_REQUEST, SECONDS_TO_ANSWER, Answer, exchange
from tests.support.service import run_freiton
from tests.wire.conversations import FOLLOW, FOLLOWERS, HALF_CLOSE, LAST_ID, RESET, Conversation
from tests.wire.exchange import converse
from tests.wire.member import MOST_THREADS, Changes, Member
from tests.wire.messages import PAGE
from tests.wire.neighbours import give_up_beside
from tests.wire.rules import EXPECT, Heard, check_answers, check_requests, check_writes, compare, hear, is_uncertain

ORDINARY, FAST, WORKERS, HURRIED = "ordinary", "fast", "two workers", "short timeout"
ORDINARY_CORS, CORS = "ordinary with CORS", "CORS"
SETTINGS = {
    ORDINARY: ("--no-fast",),
    ORDINARY_CORS: ("--no-fast", "--cors-origins", PAGE),
    FAST: (),
    CORS: ("--cors-origins", PAGE),
    WORKERS: ("--workers", "2"),
    HURRIED: ("--request-timeout", "3"),
}
PREFLIGHT = re.compile(rb"(?i)access-control-request-method")
# So that the list of all contacts is sent while it is read.
ROWS = 1_000
# Of so many conversations, one.
WAITING = 16
CONTACT = '{"DiallerCampaignsID":538,"Name":"N","PhoneNumber1":"+4989%d"}\n'


class Expected(NamedTuple):
    """What the first server said.

    :param heard: all of it.
    :param answers: the final answers to the conversation, without those to what follows it.
    :param is_whole: whether the conversation ends where a request does, and the connection goes on.
    """

    heard: Heard
    answers: list[Answer]
    is_whole: bool


class Told(NamedTuple):
    """A conversation that all servers have had.

    :param conversation: what they were told.
    :param expected: what the first server said.
    :param heard: what each server said.
    :param changes: what has changed in the database of each.
    """

    conversation: Conversation
    expected: Expected
    heard: Mapping[str, Heard]
    changes: Mapping[str, Changes | None]


class Fleet:
    """Servers of several settings, all with the same data, until the block ends that it is the context of.

    :param settings: the names of the settings; the first one is what the others are compared with.
    """

    def __init__(self, settings: Sequence[str] = tuple(SETTINGS)) -> None:
        self.settings = settings
        self.folder = tempfile.TemporaryDirectory()
        self.pool = ThreadPoolExecutor(len(SETTINGS))
        self.members: dict[str, Member] = {}

    def __enter__(self) -> "Fleet":
        folder = Path(self.folder.name)
        source = _make_database(folder / "source.db")
        members = self.pool.map(lambda name: Member(folder, source, name, SETTINGS[name]), self.settings)
        self.members = {member.name: member for member in members}
        # The first request that needs Connexion loads it.
        list(self.pool.map(_ask_health, self.members.values()))
        for member in self.members.values():
            member.processes = member.find_processes()
        self.sockets = {name: member.count_sockets() for name, member in self.members.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        codes = list(self.pool.map(Member.close, self.members.values()))
        self.problems = [f"{name}: exit code {code}" for name, code in zip(self.members, codes, strict=True) if code]
        self.pool.shutdown()
        self.folder.cleanup()

    def check(self, conversation: Conversation) -> list[str]:
        """Let all servers have a conversation, and return what is wrong with what they said and did."""
        expected = self._ask_first(conversation)
        heard = self._ask_others(conversation, expected)
        if conversation.ending == RESET or not expected.is_whole:
            list(self.pool.map(Member.await_quiet, self.members.values()))
        changes = {name: member.read_changes() for name, member in self.members.items()}
        told = Told(conversation, expected, heard, changes)
        problems = [f"all: {problem}" for problem in check_requests(conversation, expected.heard, expected.is_whole)]
        problems += [
            f"{name}: {problem}"
            for name, member in self.members.items()
            for problem in (*self._check(told, member), *self._compare(told, member))
        ]
        list(self.pool.map(Member.restore, self.members.values()))
        return problems

    def check_rest(self) -> list[str]:
        """Return what is left of conversations that are over."""
        return [
            f"{name}: {problem}"
            for name, member in self.members.items()
            for problem in _find_rest(member, self.sockets[name])
        ]

    def _ask_first(self, conversation: Conversation) -> Expected:
        """Tell the first server all at once, and return what it said, by which the others are judged."""
        first = self.members[self.settings[0]]
        heard = hear(converse(first.service.url, [conversation.data, *FOLLOWERS], half_close=True))
        is_whole = bool(heard.answers) and heard.answers[-1].headers.get("x-request-id") == LAST_ID
        if conversation.ending == HALF_CLOSE and not is_whole:
            # What would have followed is a part of the last request.
            first.await_quiet()
            first.restore()
            first.read_log()
            heard = hear(converse(first.service.url, [conversation.data], half_close=True))
        followers = len(FOLLOWERS) if is_whole and conversation.ending != FOLLOW else 0
        return Expected(heard, heard.finals[: len(heard.finals) - followers], is_whole)

    def _ask_others(self, conversation: Conversation, expected: Expected) -> dict[str, Heard]:
        others = [self.members[name] for name in self.settings[1:]]
        heard = self.pool.map(lambda member: _tell(member, conversation, expected), others)
        return {self.settings[0]: expected.heard, **dict(zip(self.settings[1:], heard, strict=True))}

    def _is_reset(self, told: Told, member: Member) -> bool:
        return told.conversation.ending == RESET and member.name != self.settings[0]

    def _check(self, told: Told, member: Member) -> Iterator[str]:
        own, is_reset = told.heard[member.name], self._is_reset(told, member)
        # A request that is not whole may be logged without an answer.
        slack = None if is_reset else 0 if told.expected.is_whole else 1
        yield from check_answers(told.conversation, own, is_reset)
        yield from check_writes(own, told.changes[member.name], is_reset)
        yield from member.check_log(own.answers, slack)

    def _compare(self, told: Told, member: Member) -> Iterator[str]:
        reference = self._choose_reference(member.name, told.conversation)
        if reference == member.name:
            return
        ours, theirs = self._list_answers(told, member), self._list_answers(told, self.members[reference])
        if _is_waiting(member, told.conversation) and told.expected.is_whole:
            theirs = theirs[: -len(FOLLOWERS)]
        is_certain = told.expected.is_whole or not is_uncertain(ours, theirs)
        if not is_certain:
            certain = max(len(ours), len(theirs)) - 1
            ours, theirs = ours[:certain], theirs[:certain]
        # A server that refuses before it has asked for the body cannot go on (RFC 9110, section 10.1.1).
        is_cut = self._is_reset(told, member) or EXPECT.search(told.conversation.data) is not None
        our_changes, their_changes = (told.changes[name] or {} for name in (member.name, reference))
        if is_certain and not is_cut and our_changes != their_changes:
            yield f"its data differ from those of {reference}: {our_changes!r:.300} is not {their_changes!r:.300}"
        has_moments, has_cors = any(changes is not None for changes in told.changes.values()), reference == ORDINARY
        if difference := compare(ours, theirs, is_cut=is_cut, has_moments=has_moments, has_cors=has_cors):
            yield f"its answers differ from those of {reference}: {difference}"

    def _list_answers(self, told: Told, member: Member) -> list[Answer]:
        """Return the answers of a server that came whole and would come again."""
        if member.name == self.settings[0]:
            return told.expected.answers
        answers = told.heard[member.name].finals
        is_late = bool(answers) and answers[-1].status == HTTPStatus.REQUEST_TIMEOUT
        is_waiting = _is_waiting(member, told.conversation) and not told.expected.is_whole
        return answers[:-1] if self._is_reset(told, member) or (is_waiting and is_late) else answers

    def _choose_reference(self, name: str, conversation: Conversation) -> str:
        if name == CORS and ORDINARY_CORS in self.members:
            return ORDINARY_CORS
        # A server with CORS answers a page's question before all else.
        is_asked = name in (CORS, ORDINARY_CORS) and PREFLIGHT.search(conversation.data)
        return name if is_asked else self.settings[0]


def _make_database(path: Path) -> Path:
    """Make a demo with a list of contacts that is long enough to be sent while it is read."""
    open_database(path, create=True, demo=True).close()
    rows = path.with_suffix(".ndjson")
    rows.write_text("".join(CONTACT % number for number in range(ROWS)))
    run = run_freiton("contacts", "import", str(rows), "--client", "1", "--database", str(path))
    assert run.returncode == 0, run.stderr
    return path


def _ask_health(member: Member) -> int:
    """Return the status of an ordinary request, which whose line in the log is read."""
    (answer,) = exchange(member.service.url, LAST_REQUEST)
    member.await_quiet()
    member.read_log()
    return answer.status


def _tell(member: Member, conversation: Conversation, expected: Expected) -> Heard:
    if conversation.is_beside:
        transcript, problem = give_up_beside(member, conversation)
        return hear(transcript)._replace(beside=problem)
    followers = FOLLOWERS if conversation.ending == FOLLOW else []
    is_waiting = _is_waiting(member, conversation)
    is_over = bool(followers) and expected.heard.is_over
    return hear(
        converse(
            member.service.url,
            [*conversation.list_pieces(), *([] if is_waiting and expected.is_whole else followers)],
            half_close=not is_over and not is_waiting,
            reset=conversation.ending == RESET,
            slow=conversation.is_slow,
        )
    )


def _is_waiting(member: Member, conversation: Conversation) -> bool:
    """Tell whether it is let to the server to end a request that does not go on, or a connection without one."""
    return member.name == HURRIED and conversation.ending == FOLLOW and len(conversation.data) % WAITING == 0


def _find_rest(member: Member, sockets: int) -> Iterator[str]:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while member.count_sockets() > sockets and time.monotonic() < deadline:
        time.sleep(0.1)
    if (count := member.count_sockets() - sockets) > 0:
        yield f"{count} connections are still open"
    before, member.processes = member.processes, member.find_processes()
    if set(member.processes) != set(before):
        yield f"{len(member.processes)} processes, of which some are others than before"
    if (count := member.count_threads()) > MOST_THREADS * len(member.processes):
        yield f"{count} threads"
    with suppress(AssertionError, OSError):
        if _ask_health(member) == HTTPStatus.OK:
            return
    yield "it does not answer"
