"""Connections to a connector are kept open; one that the connector closes costs no call, and hides none."""

import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.outgoing import number, read_journal
from tests.support.sandbox import World
from tests.support.waiting import await_

CALLS = 12


class Keeper(socketserver.ThreadingTCPServer):
    """A connector that keeps connections open, each for some requests; then it closes them without a word.

    :param most: how many requests it answers on a connection.
    :param drops: whether it takes one more then, and does not answer it.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, most: int, drops: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.most, self.drops = most, drops
        self.connections = 0
        self.numbers: list[int] = []
        self.headers: list[bytes] = []


class Handler(socketserver.StreamRequestHandler):
    """Answers the requests of one connection."""

    server: Keeper

    def handle(self) -> None:
        """Answer as many requests as are wanted."""
        self.server.connections += 1
        for place in range(self.server.most + self.server.drops):
            head = b"".join(iter(self.rfile.readline, b"\r\n"))
            if not head.strip():
                return
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.server.numbers.append(json.loads(self.rfile.read(length))["jtelStatisticsPartAID"])
            self.server.headers.append(head)
            if place < self.server.most:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def keeper(request: pytest.FixtureRequest) -> Iterator[Keeper]:
    """A connector that is running."""
    with Keeper(*request.param) as keeper:
        thread = threading.Thread(target=keeper.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield keeper
        keeper.shutdown()
        thread.join()


def send_all(world: World, keeper: Keeper, **options: Any) -> None:
    """Send calls with numbers from 1 on, and wait until all are answered."""
    url = f"http://127.0.0.1:{keeper.server_address[1]}"
    world.ask("POST", "/outgoing/targets", json={"url": url, **options}).raise_for_status()
    number(world, CALLS)
    await_(lambda: [each["status"] for each in list_calls(world)] == ["answered"] * CALLS)


def list_calls(world: World) -> list[Any]:
    """Return the outgoing calls of a world."""
    calls: list[Any] = world.ask("GET", "/outgoing/calls").json()["calls"]
    return calls


@pytest.mark.parametrize("keeper", [(1000, False)], indirect=True)
def test_calls_go_over_one_connection_without_cookies(world: World, keeper: Keeper) -> None:
    send_all(world, keeper)
    assert keeper.numbers == [*range(1, CALLS + 1)]
    assert keeper.connections < CALLS
    assert not any(b"cookie" in head.lower() for head in keeper.headers)


@pytest.mark.parametrize("keeper", [(1, False), (3, False)], indirect=True)
def test_connection_that_is_closed_between_calls_costs_none(world: World, keeper: Keeper) -> None:
    send_all(world, keeper)
    assert keeper.numbers == [*range(1, CALLS + 1)]
    assert [each["attempts"] for each in list_calls(world)] == [1] * CALLS


@pytest.mark.parametrize("keeper", [(1, True)], indirect=True)
def test_call_that_is_taken_but_not_answered_is_sent_again_and_both_are_in_the_journal(
    world: World, keeper: Keeper
) -> None:
    send_all(world, keeper)
    entries = read_journal(world)
    assert set(keeper.numbers) == {*range(1, CALLS + 1)}
    assert len(keeper.numbers) == len(entries) > CALLS
    assert [each["attempts"] for each in list_calls(world)] == [1] * CALLS
