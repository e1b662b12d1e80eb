"""Searches that take long run a few at a time, in turn between client accounts, and hold up no other request."""

import json
import os
import selectors
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import pytest

from handlers.limits.scans import MOST_WAITING, TOO_MANY_SEARCHES
from tests.support.command import read_troubles
from tests.support.databases import is_postgresql
from tests.support.files import execute, read_rows
from tests.support.raw import SECONDS_TO_ANSWER, Answer, connect, receive
from tests.support.service import Service

# A search of all contacts finds nothing. One of client account 2 never ends, one of account 1 takes some million steps.
VIEW = """
    create view DiallerContactsPresent as
    select Contacts.* from DiallerContacts as Contacts
    cross join (with recursive N (I) as (select 1 union all select I + {} from N where I < 50000) select I from N)
    where I = 0 and ClientsID = 2
    union all select Contacts.* from DiallerContacts as Contacts
    cross join (with recursive N (I) as (select 1 union all select I + 1 from N where I < 50000) select I from N)
    where I = 0 and ClientsID = 1
"""
# Each hundredth of them is found, so that a part of the list is of twenty thousand.
GROUPS = """
    insert into AcdGroups (ClientsID, Name, NameFolded)
    with recursive Numbers (N) as (select 1 union all select N + 1 from Numbers where N < 150000)
    select 1, 'Group ' || N, 'group ' || N from Numbers
"""
# The same on PostgreSQL.
SLEEPING_VIEW = """
    create view DiallerContactsPresent as
    select * from DiallerContacts where ClientsID = 2 and pg_sleep({})::text is null
    union all select * from DiallerContacts where ClientsID = 1 and pg_sleep(0.001)::text is null
"""
SEARCH = "/dialler/contacts?filter=ID%20gt%200"
# Connexion answers a request that gives itself an ID.
ORDINARY = b"X-Request-ID: 0b0e7b0c-6a52-4c40-8a4b-1f2a4d7b7f66\r\n"


class Asker:
    """A request of a client account, on a connection of its own."""

    def __init__(self, service: Service, account: int, method: str) -> None:
        self.socket = connect(service.url)
        self.stream: BinaryIO = self.socket.makefile("rb")
        self.method = method

    def read(self) -> Answer:
        """Wait for the answer."""
        return receive(self.stream, self.method == "HEAD")

    def reset(self) -> None:
        """Be gone."""
        if self.socket.fileno() >= 0:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()
        self.socket.close()


Ask = Callable[..., Asker]


def slow_down(service: Service, *, endless: bool) -> None:
    """Let a search of contacts take long.

    :param endless: whether one of account 2 never ends; else it takes as long as one of account 1.
    """
    view = SLEEPING_VIEW.format(60 if endless else 0.001) if is_postgresql() else VIEW.format(0 if endless else 1)
    execute(service.database, ["drop view DiallerContactsPresent", view])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A demo server that begins on one processor, so that one search runs at a time."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        service = Service(tmp_path / "freiton.db", "--demo", "--query-timeout", "3600")
    finally:
        os.sched_setaffinity(0, processors)
    with service:
        os.sched_setaffinity(service.process.pid, processors)
        slow_down(service, endless=True)
        yield service
    assert read_troubles(service.log) == []


@pytest.fixture(params=[b"", ORDINARY], ids=["plain", "ordinary"])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Sends a request of a client account on a connection of its own; the clients are gone at the end."""
    with ExitStack() as stack:

        def send(service: Service, account: int, target: str = SEARCH, method: str = "GET") -> Asker:
            asker = Asker(service, account, method)
            stack.callback(asker.reset)
            asker.socket.sendall(
                f"{method} /rest/v1.0/{account}{target} HTTP/1.1\r\nHost: freiton\r\n".encode()
                + f"Authorization: Bearer freiton-demo-{account}\r\n".encode()
                + request.param
                + b"\r\n"
            )
            return asker

        yield send


def test_search_beyond_those_that_may_wait_is_refused(service: Service, ask: Ask) -> None:
    # One that runs, and as many as may wait behind it.
    for _ in range(1 + MOST_WAITING):
        ask(service, 2)
    refusal = ask(service, 2).read()
    assert (refusal.status, json.loads(refusal.body)) == (503, {"status": 503, "error": TOO_MANY_SEARCHES})
    assert refusal.headers["retry-after"] == "1"


def test_requests_beside_searches_of_another_account_are_answered(service: Service, ask: Ask) -> None:
    for _ in range(MOST_WAITING):
        ask(service, 2)
    for method in ("GET", "HEAD"):
        answer = ask(service, 1, "/acd/groups", method).read()
        assert (answer.status, int(answer.headers["content-length"]) > 0) == (200, True)
    with service.client() as api:
        body = {"source": "Campaign 1000", "destination": "Beside"}
        assert api.post("/dialler/campaigns/clone", json=body).status_code == 200


def test_search_behind_many_of_another_account_comes_before_most_of_them(service: Service, ask: Ask) -> None:
    slow_down(service, endless=False)
    with selectors.DefaultSelector() as selector:
        for account in (*[2] * MOST_WAITING, 1):
            selector.register(ask(service, account).socket, selectors.EVENT_READ, account)
        order: list[int] = []
        while selector.get_map():
            events = selector.select(SECONDS_TO_ANSWER)
            assert events, "the rest is not answered"
            for key, _ in events:
                order.append(key.data)
                selector.unregister(key.fileobj)
    assert len(order) == MOST_WAITING + 1
    assert order.index(1) < MOST_WAITING // 2


def test_searches_of_clients_that_are_gone_end(service: Service, ask: Ask) -> None:
    for _ in range(MOST_WAITING + 3):
        ask(service, 2).reset()
    answer = ask(service, 1).read()
    assert (answer.status, json.loads(answer.body)["count"]) == (200, 0)


def test_list_of_which_each_part_takes_long_is_whole(tmp_path: Path, ask: Ask) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service:
        execute(service.database, [GROUPS])
        answer = ask(service, 1, "/acd/groups?orderBy=ID&filter=endswith(Name,'77')").read()
        expected = read_rows(service.database, "select Name from AcdGroups where Name like '%77' order by ID")
        assert [record["Name"] for record in json.loads(answer.body)["records"]] == [name for (name,) in expected]
    assert len(expected) == 1_500
    assert answer.headers["transfer-encoding"] == "chunked"
    assert read_troubles(service.log) == []


def test_search_that_takes_too_long_is_refused(tmp_path: Path, ask: Ask) -> None:
    with Service(tmp_path / "freiton.db", "--demo", "--query-timeout", "0.3") as service:
        slow_down(service, endless=True)
        answer = ask(service, 2).read()
        error = "query: takes longer than 0.3 seconds; a filter with a range of ID or Name takes less"
        assert (answer.status, json.loads(answer.body)) == (400, {"status": 400, "error": error})
        assert answer.headers["x-error-pointer"] == "#/query"
        assert ask(service, 2, "/acd/groups").read().status == 200
    assert read_troubles(service.log) == []


@pytest.mark.parametrize("ask", [b""], indirect=True)
def test_stop_interrupts_search(service: Service, ask: Ask) -> None:
    searcher = ask(service, 2)
    # Asked behind it by the same account, and answered when it runs.
    assert ask(service, 2, "/acd/groups").read().status == 200
    assert service.stop() == 0
    assert searcher.read().status == 503
