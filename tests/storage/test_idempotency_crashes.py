"""A request whose server was killed is carried out once, if it is sent again with its idempotency key."""

import random
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx
import pytest

from data.store import maintenance
from tests.support.contacts import NDJSON, post_file, to_ndjson
from tests.support.databases import locate
from tests.support.files import read_rows
from tests.support.hostile import CONTACTS
from tests.support.keyed import KEY, KEYED, change, count_made, read_answer, send
from tests.support.operations import OPERATIONS, Ask
from tests.support.raw import connect, request
from tests.support.service import Killed, Service
from tests.support.uploads import HIDDEN, SLOW, make_contacts
from tests.support.waiting import await_

pytestmark = pytest.mark.uncovered

WRITERS = 4
LONGEST_LOAD_SECONDS = 0.3
# What tells the records of two requests apart.
MARKS = {"cloneDiallerCampaign": "userData"}
MARKED = """
    select UserData, count(*) from (
        select UserData from AcdEvents union all select UserData from DiallerCampaigns
        union all select UserData from DiallerContactsPresent
    ) as Made where UserData like 'Mark %' group by 1
"""
STORED = "select count(*) from DiallerContactsPresent where DiallerCampaignsID = 538"
UNFINISHED = re.compile(rf"{KEY}: the file is stored up to line (\d+); its import still runs, or was interrupted")
FILE = make_contacts(538, range(3_000))

Sent = dict[str, tuple[Ask, httpx.Response | None]]


def make_requests(label: str) -> Iterator[tuple[str, Ask]]:
    """Return requests without end, each with a key of its own, which its record has as its user data."""
    for number in count():
        operation = random.choice(KEYED)
        key = f"Mark {label}-{number}"
        ask = change(OPERATIONS[operation], **{MARKS.get(operation, "UserData"): key})
        yield key, change(ask, destination=key) if operation == "cloneDiallerCampaign" else ask


def send_until_killed(service: Service, label: str) -> Sent:
    """Send requests until the server is gone, and return them with their answers; None for one that got none."""
    sent: Sent = {}
    with service.client() as client, suppress(httpx.TransportError):
        for key, ask in make_requests(label):
            sent[key] = ask, None
            answer = send(client, ask, key)
            assert answer.status_code in (200, 503), answer.text
            sent[key] = ask, answer if answer.status_code == 200 else None
    return sent


def send_again(service: Service, sent: Sent) -> None:
    """Send all requests again, and compare the answers with those that they got."""
    with service.client() as client:
        for key, (ask, answer) in sent.items():
            again = send(client, ask, key)
            assert again.status_code == 200, again.text
            assert answer is None or read_answer(again) == read_answer(answer)
            assert read_answer(send(client, ask, key)) == read_answer(again)


def test_send_again_after_kill_at_any_moment_stores_each_once(
    tmp_path: Path, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    database = tmp_path / "freiton.db"
    sent: Sent = {}
    unanswered = 0
    for number in range(rounds(4, 100)):
        workers = ("--workers", str(1 + number % 2), *(("--no-fast",) if number % 4 == 3 else ()))
        with Killed(database, "--demo", *workers) as service, ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(send_until_killed, service, f"{number}-{writer}") for writer in range(WRITERS)]
            await_(lambda: read_rows(database, MARKED))
            time.sleep(random.uniform(0, LONGEST_LOAD_SECONDS))
            service.stop()
            done = [each.result() for each in writing]
        new = {key: request for each in done for key, request in each.items()}
        unanswered += sum(answer is None for _, answer in new.values())
        with Service(database, "--demo") as following:
            send_again(following, new)
        sent |= new
        assert dict(read_rows(database, MARKED)) == dict.fromkeys(sent, 1)
    assert maintenance.find_problems(locate(database)) == []
    figure(f"idempotency: {len(sent)} requests, {unanswered} without an answer, 0 stored twice or not at all")


@pytest.mark.parametrize("operation", KEYED)
def test_send_again_after_kill_behind_commit_gives_what_is_stored(tmp_path: Path, operation: str) -> None:
    database = tmp_path / "freiton.db"
    ask = OPERATIONS[operation]
    body = httpx.Request("POST", "http://freiton", json=ask.json).content
    target = b"/rest/v1.0/1" + ask.path.encode()
    lines = (b"Content-Type: " + ask.media_type.encode(), b"Content-Length: %d" % len(body), b"Idempotency-Key: key")
    with Killed(database, "--demo") as service, connect(service.url) as connection:
        connection.sendall(request("POST", target, *lines, body=body))
        await_(lambda: read_rows(database, "select 1 from IdempotencyKeys"))
        service.stop()
    after = count_made(database)
    with Service(database, "--demo") as following, following.client() as client:
        answer = send(client, ask, "key")
        assert answer.status_code == 200
        assert count_made(database) == after
        ((kept,),) = read_rows(database, "select Answer from IdempotencyKeys")
        assert answer.text == kept


def begin_and_kill(database: Path, on_error: str, is_begun: Callable[[], bool]) -> None:
    """Begin the import of the file, and kill the server when it has begun to store."""
    with Killed(database, "--demo") as service:
        SLOW.create(database)
        target = CONTACTS + b"/import/batch?onError=" + on_error.encode()
        content = to_ndjson(FILE)
        lines = (b"Content-Type: " + NDJSON.encode(), b"Content-Length: %d" % len(content), b"Idempotency-Key: file")
        with connect(service.url) as connection:
            connection.sendall(request("POST", target, *lines, body=content))
            await_(is_begun)
            service.stop()
    SLOW.drop(database)


def count_stored(database: Path, sql: str = STORED) -> int:
    ((number,),) = read_rows(database, sql)
    return int(number)


def test_import_all_again_after_kill_in_the_middle_stores_each_once(tmp_path: Path) -> None:
    database = tmp_path / "freiton.db"
    with Service(database, "--demo"):
        before = count_stored(database)
    begin_and_kill(database, "abort", lambda: count_stored(database, HIDDEN) > 0)
    assert count_stored(database) == before
    with Service(database, "--demo") as service, service.client() as client:
        client.headers[KEY] = "file"
        answers = [post_file(client, to_ndjson(FILE), onError="abort") for _ in range(2)]
        assert answers[0].json()["count"] == len(FILE)
        assert read_answer(answers[0]) == read_answer(answers[1])
        assert count_stored(database) == before + len(FILE)


def test_import_valid_again_after_kill_in_the_middle_tells_line_to_go_on_behind(tmp_path: Path) -> None:
    database = tmp_path / "freiton.db"
    with Service(database, "--demo"):
        before = count_stored(database)
    begin_and_kill(database, "skip", lambda: count_stored(database) > before)
    stored = count_stored(database) - before
    with Service(database, "--demo") as service, service.client() as client:
        client.headers[KEY] = "file"
        answer = post_file(client, to_ndjson(FILE), onError="skip")
        told = UNFINISHED.fullmatch(answer.json()["error"])
        assert told is not None
        assert (answer.status_code, int(told[1])) == (409, stored)
        client.headers[KEY] = "rest"
        rest = post_file(client, to_ndjson(FILE[stored:]), onError="skip")
        assert rest.json()["count"] == len(FILE) - stored
        assert count_stored(database) == before + len(FILE)
