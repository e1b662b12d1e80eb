"""`make fuzz-wire`: conversations over raw bytes with servers of every setting, which have to say and do the same."""

import re
import secrets
import sys
import time
from collections.abc import Iterator
from itertools import groupby, islice

import click

from tests.wire.conversations import FOLLOW, Conversation, Message, make_conversation
from tests.wire.fleet import Fleet

SECONDS = 600
SECONDS_TO_MINIMISE = 60
MOST_FINDINGS = 10
MOST_LINES = 100
# The same byte again and again.
RUN = re.compile(r"([a-z ])\1{49,}")


@click.command()
@click.option("--seconds", default=SECONDS, help="how long to fuzz")
@click.option("--seed", type=int, help="what all conversations come from; random by default")
@click.option("--case", type=int, help="the number of one conversation, to repeat it")
def main(seconds: int, seed: int | None, case: int | None) -> None:
    """Send conversations until the time is over, and print what is wrong with the answers."""
    seed = secrets.randbelow(2**32) if seed is None else seed
    numbers = iter([case]) if case is not None else _count_for(seconds)
    findings = conversations = requests = 0
    with Fleet() as fleet:
        for number in numbers:
            conversation = make_conversation(seed, number)
            conversations, requests = conversations + 1, requests + len(conversation.messages)
            if problems := fleet.check(conversation):
                findings += 1
                smaller = minimise(fleet, conversation)
                print(render(smaller, fleet.check(smaller) or problems, seed, number), flush=True)
            if findings == MOST_FINDINGS:
                break
        rest = fleet.check_rest()
    for problem in [*rest, *fleet.problems]:
        print(problem)
    print(f"seed {seed}: {conversations:,} conversations, {requests:,} requests, {findings} findings")
    sys.exit(1 if findings or rest or fleet.problems else 0)


def _count_for(seconds: float) -> Iterator[int]:
    number, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield number
        number += 1


def minimise(fleet: Fleet, conversation: Conversation) -> Conversation:
    """Return a conversation that is as short as it can be made while something is wrong with its answers.

    :param fleet: the servers.
    :param conversation: one that something is wrong with.
    """
    deadline = time.monotonic() + SECONDS_TO_MINIMISE
    while True:
        for smaller in _list_smaller(conversation):
            if time.monotonic() > deadline:
                return conversation
            if fleet.check(smaller):
                conversation = smaller
                break
        else:
            return conversation


def _list_smaller(conversation: Conversation) -> Iterator[Conversation]:
    messages = conversation.messages
    if len(messages) > 1:
        half = len(messages) // 2
        yield conversation._replace(messages=messages[:half])
        yield conversation._replace(messages=messages[half:])
    if conversation.is_slow:
        yield conversation._replace(is_slow=False)
    if conversation.is_beside:
        yield conversation._replace(is_beside=False)
    if conversation.ending != FOLLOW:
        yield conversation._replace(ending=FOLLOW, reset_at=1.0, is_beside=False)
    for index, message in enumerate(messages):
        if len(messages) > 1:
            yield conversation._replace(messages=messages[:index] + messages[index + 1 :])
        for number in range(len(message.mutations)):
            rest = message.mutations[:number] + message.mutations[number + 1 :]
            yield _replace(conversation, index, message._replace(mutations=rest))
        if message.cuts:
            yield _replace(conversation, index, message._replace(cuts=()))
        if message.window is not None:
            yield _replace(conversation, index, message._replace(window=None))


def _replace(conversation: Conversation, index: int, message: Message) -> Conversation:
    messages = conversation.messages
    return conversation._replace(messages=(*messages[:index], message, *messages[index + 1 :]))


def render(conversation: Conversation, problems: list[str], seed: int, number: int) -> str:
    """Return what is to be said of a finding: how to repeat it, what was sent, and what is wrong."""
    manner = f"{', reads slowly' * conversation.is_slow}{', beside others' * conversation.is_beside}"
    return "\n".join(
        [
            f"python -m tests.fuzz_wire --seed {seed} --case {number}",
            f"  ending: {conversation.ending}{manner}",
            *islice((f"  {_shorten(pieces):.2000}" for _, pieces in groupby(conversation.list_pieces())), MOST_LINES),
            *(f"  -> {problem:.1500}" for problem in problems),
        ]
    )


def _shorten(pieces: Iterator[bytes]) -> str:
    """Return pieces that are the same, as they stand in Python."""
    piece, *others = pieces
    text = RUN.sub(lambda run: f"' + b'{run[1]}' * {len(run[0])} + b'", repr(piece))
    return f"{len(others) + 1} times {text}" if others else text


if __name__ == "__main__":
    main()
