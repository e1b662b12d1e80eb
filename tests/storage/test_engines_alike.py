"""A server answers from PostgreSQL as from SQLite, to the byte."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tests.support.databases import is_postgresql
from tests.support.random_requests import RandomRequests, Request
from tests.support.service import TOP, Service

pytestmark = [
    pytest.mark.uncovered,
    pytest.mark.postgresql,
]

OWN_HEADERS = ("date", "x-request-id")
LINK = re.compile(r"<(\?[^>]*)>")
# Both servers have the same time, which the test sets.
CLOCK = """
import datetime, os

class Clock(datetime.datetime):
    # Of the size that compiled modules expect.
    __slots__ = ()

    @classmethod
    def now(cls, tz=None):
        with open(os.environ["CLOCK"]) as file:
            return cls.fromisoformat(file.read())

datetime.datetime = Clock
"""


class OnSQLite(Service):
    """A running server with a SQLite file, whatever the engine of the other tests is."""

    def choose_database(self, database: Path) -> list[str]:
        """Return the option in the form that is not looked at."""
        return [f"--database={database}"]


class Clock:
    """The time that servers have which are started after it.

    :param folder: a folder for its files.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        (folder / "sitecustomize.py").write_text(CLOCK)
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{TOP}")
        patch.setenv("CLOCK", str(folder / "clock"))
        self.file = folder / "clock"
        self.now = datetime(2026, 12, 1, 9, tzinfo=UTC)
        self.advance()

    def advance(self) -> None:
        """Let a little time pass."""
        self.now += timedelta(milliseconds=1)
        new = self.file.with_suffix(".new")
        new.write_text(self.now.isoformat())
        new.replace(self.file)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of both servers."""
    return Clock(tmp_path, monkeypatch)


@pytest.fixture
def engines(clock: Clock, tmp_path: Path) -> Iterator[list[Service]]:
    """Two demo servers, one on each engine."""
    with (
        OnSQLite(tmp_path / "sqlite.db", "--demo") as one,
        Service(tmp_path / "postgresql.db", "--demo") as other,
    ):
        yield [one, other]


def show(answer: httpx.Response) -> tuple[object, ...]:
    """Return what has to be equal of an answer."""
    headers = [field for field in answer.headers.multi_items() if field[0] not in OWN_HEADERS]
    return answer.status_code, headers, answer.content


def test_random_requests_are_answered_alike(
    engines: list[Service], clock: Clock, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    assert is_postgresql()
    requests, statuses = RandomRequests(1), Counter[int]()
    with ExitStack() as stack:
        clients = [[stack.enter_context(each.client(account)) for account in (1, 2)] for each in engines]
        for request in islice(requests, rounds(600, 50_000)):
            clock.advance()
            answers = [send(both[request.account - 1], request) for both in clients]
            assert show(answers[0]) == show(answers[1]), request
            statuses[answers[0].status_code] += 1
            if answers[0].status_code == 200:
                links = LINK.findall(answers[0].headers.get("Link", ""))
                requests.learn(request, request.path.partition("?")[0], answers[0].json().get("records", []), links)
    counts = ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items()))
    figure(f"two engines: {statuses.total()} answers alike to the byte ({counts})")


def send(client: httpx.Client, request: Request) -> httpx.Response:
    """Return the answer to a request."""
    return client.request(
        request.method,
        request.path,
        params=request.params or None,
        content=request.body.encode() or None,
        headers={"Content-Type": request.media_type} if request.body else {},
    )
