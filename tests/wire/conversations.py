"""Conversations over raw bytes: requests that are bent, cut in pieces and given up, as seed and number say."""

import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.support.hostile import BASE, get
from tests.wire.messages import make_request

FOLLOW, HALF_CLOSE, RESET = "follow", "half-close", "reset"
ENDINGS = [FOLLOW] * 6 + [HALF_CLOSE] * 2 + [RESET] * 2
# What is asked behind a conversation: a plain request for what others may have locked or deleted, and one that is known
# by its ID and closes the connection.
LAST_ID = "5d1c2f2a-8f0b-4a52-9c41-2f6f5a0c7e11"
FOLLOWERS = [
    get(BASE + b"/dialler/contacts/215395"),
    get(b"/health/live", b"Connection: close", b"X-Request-ID: " + LAST_ID.encode()),
]
# How many of the requests of a conversation are unusual.
UNUSUAL = [0.0, 0.1, 0.3, 0.8]
LENGTHS = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 10, 20]
# The same request again and again.
MANY = 400
LARGEST_OF_MANY = 1_000
# What has answers that are too long to ask for often.
LONG = re.compile(rb"/dialler/contacts|/openapi|/docs")
# How many bytes in a row are sent one by one.
WINDOW = 48
INSERTS = [
    *(b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b":", b","),
    *(b"\0", b"\x0b", b"\x1b", b"\x7f", b"\x80", b"\xff"),
]
SEAMS = re.compile(rb"[\r\n: /?;,]")
DIGITS = re.compile(rb"(?i)(?<=content-length: )[0-9]+|(?<=\n)[0-9a-f]+(?=[;\r])")
LENGTHS_INSTEAD = [
    *(b"0", b"1", b"5", b"007", b"+1", b"-1", b"0x5", b"1_0", b" 3", b"3 ", b"3,3", b"", b"9" * 20, b"f" * 16),
]

Bend = Callable[[bytes, int, random.Random], bytes]


def _change_length(data: bytes, _: int, chance: random.Random) -> bytes:
    lengths = list(DIGITS.finditer(data))
    if not lengths:
        return data
    length = chance.choice(lengths)
    return data[: length.start()] + chance.choice(LENGTHS_INSTEAD) + data[length.end() :]


def _change_lines(data: bytes, _: int, chance: random.Random) -> bytes:
    head, end, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    line = chance.choice(lines)
    match chance.randrange(4):
        case 0:
            lines.insert(chance.randrange(len(lines) + 1), line)
        case 1:
            chance.shuffle(lines)
        case 2:
            lines.remove(line)
        case 3:
            lines[lines.index(line)] = line.swapcase()
    return b"\r\n".join(lines) + end + body


BENDS: dict[str, Bend] = {
    "drop": lambda data, at, _: data[:at] + data[at + 1 :],
    "double": lambda data, at, _: data[: at + 1] + data[at:],
    "swap": lambda data, at, _: data[:at] + data[at : at + 2][::-1] + data[at + 2 :],
    "insert": lambda data, at, chance: data[:at] + chance.choice(INSERTS) + data[at:],
    "change": lambda data, at, chance: data[:at] + chance.randbytes(1) + data[at + 1 :],
    "replace": lambda data, at, chance: data[:at] + chance.choice(INSERTS) + data[at + 1 :],
    "truncate": lambda data, at, _: data[:at],
    "blank": lambda data, at, chance: chance.choice(INSERTS) * chance.choice([1, 2, 50]) + data,
    "length": _change_length,
    "lines": _change_lines,
}


class Mutation(NamedTuple):
    """A change of the bytes of a message.

    :param bend: its name.
    :param seed: what its place and its details come from.
    """

    bend: str
    seed: int

    def apply(self, data: bytes) -> bytes:
        """Return the changed bytes."""
        if not data:
            return data
        chance = random.Random(self.seed)
        seams = [match.start() for match in SEAMS.finditer(data, 0, 4_000)]
        at = chance.choice(seams) if seams and chance.random() < 0.7 else chance.randrange(len(data))
        return BENDS[self.bend](data, at, chance)


class Message(NamedTuple):
    """A request, what is done to it, and where it is cut.

    :param request: its bytes before.
    :param mutations: what is done to them.
    :param cuts: where a piece ends, as parts of the length; 1 for the end of the message.
    :param window: where the bytes begin that are sent one by one, as a part of the length, or None.
    """

    request: bytes
    mutations: tuple[Mutation, ...] = ()
    cuts: tuple[float, ...] = ()
    window: float | None = None

    @property
    def data(self) -> bytes:
        """The bytes that are sent."""
        data = self.request
        for mutation in self.mutations:
            data = mutation.apply(data)
        return data

    def list_cuts(self) -> list[int]:
        """Return after how many bytes a piece ends."""
        size = len(self.data)
        cuts = {round(cut * size) for cut in self.cuts}
        if self.window is not None:
            begin = round(self.window * size)
            cuts |= set(range(begin, min(begin + WINDOW, size)))
        return sorted(cuts - {0})


class Conversation(NamedTuple):
    """What one connection sends.

    :param messages: the requests.
    :param ending: FOLLOW for two ordinary requests behind, HALF_CLOSE, or RESET.
    :param reset_at: the part of the bytes after which it is reset.
    :param is_slow: whether it has a small buffer and reads only when it cannot send.
    :param is_beside: whether it reads nothing, and others wait beside it until it is reset.
    """

    messages: tuple[Message, ...]
    ending: str = FOLLOW
    reset_at: float = 1.0
    is_slow: bool = False
    is_beside: bool = False

    @property
    def data(self) -> bytes:
        """All bytes that are sent."""
        data = b"".join(message.data for message in self.messages)
        return data[: round(self.reset_at * len(data))] if self.ending == RESET else data

    def list_pieces(self) -> list[bytes]:
        """Return the pieces in which they are sent."""
        data, pieces, before = self.data, [], 0
        for end in (*self._list_ends(), len(data)):
            pieces.append(data[before:end])
            before = max(before, end)
        return [piece for piece in pieces if piece]

    def _list_ends(self) -> Iterator[int]:
        size = 0
        for message in self.messages:
            yield from (size + cut for cut in message.list_cuts())
            size += len(message.data)


def make_conversation(seed: int, number: int) -> Conversation:
    """Return the conversation of a number, which depends on that and the seed alone."""
    chance = random.Random(f"{seed}/{number}")
    count = chance.choice(LENGTHS)
    bent = chance.choice(
        [(), (), {chance.randrange(count)}, {count - 1}, {n for n in range(count) if chance.random() < 0.3}]
    )
    style, unusual = chance.choice(["whole", "whole", "messages", "pieces", "bytes"]), chance.choice(UNUSUAL)
    requests = [make_request(chance, f"F{number}m{n}", chance.random() < unusual) for n in range(count)]
    messages = [_make_message(chance, request, n in bent, style) for n, request in enumerate(requests)]
    if chance.random() < 0.02 and len(requests[0]) < LARGEST_OF_MANY and not LONG.search(requests[0]):
        messages = [messages[0]] * MANY
    ending = chance.choice(ENDINGS)
    is_reset = ending == RESET
    return Conversation(
        tuple(messages),
        ending,
        reset_at=chance.random() if is_reset else 1.0,
        is_slow=chance.random() < 0.15,
        is_beside=is_reset and chance.random() < 0.3,
    )


def _make_message(chance: random.Random, request: bytes, is_bent: bool, style: str) -> Message:
    mutations = [
        Mutation(chance.choice(list(BENDS)), chance.getrandbits(32)) for _ in range(chance.choice([1, 1, 1, 2, 3]))
    ]
    cuts = {
        "whole": (),
        "messages": (1.0,),
        "pieces": tuple(chance.random() for _ in range(chance.choice([1, 2, 5]))),
        "bytes": (),
    }
    window = chance.random() if style == "bytes" and chance.random() < 0.5 else None
    return Message(request, tuple(mutations) if is_bent else (), cuts[style], window)
