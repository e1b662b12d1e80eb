"""Clients whose writes wait beside those of one that gives up: all others get their answers."""

import time
from contextlib import ExitStack
from http import HTTPStatus

from tests.support.hostile import post
from tests.support.raw import LAST_REQUEST, await_taken
from tests.wire.conversations import Conversation
from tests.wire.exchange import SECONDS_TO_END, Client, Transcript, read_answers
from tests.wire.member import Member

NEIGHBOURS = 4
# While a process waits for the write of another one, it sleeps, for a tenth of a second at most.
SECONDS_TO_LOOK = 0.15
CLONE = b'{"source":"Campaign 1000","destination":"Neighbour %d"}'
# The latter if the machine had no time for the server.
SERVED = {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}


def give_up_beside(member: Member, conversation: Conversation) -> tuple[Transcript, str]:
    """Let a client give up while its writes and those of others wait, and return what is wrong with theirs.

    :param member: the server, which cannot write until the client has given up.
    :param conversation: what the client sends; it takes no answer.
    """
    with ExitStack() as stack:
        client = stack.enter_context(Client(member.service.url, is_slow=True, is_deaf=True))
        with member.hold_writer():
            # The first one waits alone, the others together.
            neighbours = [stack.enter_context(_ask(member, 0))]
            for piece in conversation.list_pieces():
                if not client.send(piece):
                    break
            neighbours += [stack.enter_context(_ask(member, number)) for number in range(1, NEIGHBOURS)]
            client.reset()
        client.read_all(0)
        answers = [_read_status(neighbour) for neighbour in neighbours]
        time.sleep(SECONDS_TO_LOOK)
    problem = "" if set(answers) <= SERVED else f"beside the one that gave up, others got {answers}"
    return Transcript(bytes(client.received), client.end), problem


def _ask(member: Member, number: int) -> Client:
    client = Client(member.service.url)
    client.send(post(CLONE % number))
    # So that the server knows of it.
    await_taken(client.socket)
    return client


def _read_status(client: Client) -> int | str:
    client.send(LAST_REQUEST)
    client.read_all(SECONDS_TO_END)
    answers, _ = read_answers(bytes(client.received))
    return answers[0].status if answers else client.end
