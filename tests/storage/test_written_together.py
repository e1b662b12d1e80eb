"""Writes that come together are written together, and each is answered as if it had come alone."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.command import read_troubles
from tests.support.files import read_names, read_served_names
from tests.support.hostile import BASE, CLONED, JSON, get, post_clone, post_untyped
from tests.support.raw import Answer, connect, receive, request
from tests.support.service import Service
from tests.support.triggers import Trigger

AT_ONCE = 80
FAULT = Trigger("secret", "before insert", "DiallerCampaigns", condition="new.Name like 'Bad%'")
CAMPAIGN = BASE + b"/dialler/campaigns/campaign"


@pytest.fixture(params=["fast", "no-fast"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A demo server, with and without what is written together."""
    with Service(tmp_path / "freiton.db", "--demo", f"--{request.param}") as service:
        yield service


@contextmanager
def held(service: Service) -> Iterator[None]:
    """Let a server hear of nothing until the block is over, and then of all that was sent at once."""
    service.process.send_signal(signal.SIGSTOP)
    yield
    service.process.send_signal(signal.SIGCONT)


def send_at_once(service: Service, requests: list[bytes]) -> list[Answer]:
    """Return the answers to requests that a server hears of at once, in order."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(service.url)) for _ in requests]
        streams = [stack.enter_context(connection.makefile("rb")) for connection in connections]
        # So that they are all accepted.
        for connection, stream in zip(connections, streams, strict=True):
            connection.sendall(get(b"/health/live"))
            receive(stream)
        with held(service):
            for connection, data in zip(connections, requests, strict=True):
                connection.sendall(data)
        return [receive(stream) for stream in streams]


def post_keyed(name: str, source: bytes) -> bytes:
    """Return a request to clone a campaign, with the name as its idempotency key."""
    body = CLONED.replace(b"Campaign 1000", source) % name.encode()
    return post_untyped(body, JSON, b'Idempotency-Key: "%b"' % name.encode())


def test_write_many_at_once_answers_each_with_its_own(service: Service) -> None:
    before = read_served_names(service)
    names = [f"Together {number}" for number in range(AT_ONCE)]
    answers = send_at_once(service, [post_clone(name.encode()) for name in names])
    assert [json.loads(answer.body)["records"][0]["Name"] for answer in answers] == names
    assert read_served_names(service) == read_names(service.database) == before | set(names)


def test_write_many_at_once_of_which_some_are_refused_does_the_others(service: Service) -> None:
    before = read_served_names(service)
    requests = [
        *(post_clone(b"Once"), post_clone(b"Once"), post_clone(b"Never", b"Missing")),
        *(post_clone(b"Twice"), post_clone(b"Once"), post_clone(b"Last")),
    ]
    requests += [request("DELETE", CAMPAIGN + b"?name=Newsletter-Reaktivierung")] * 2
    answers = send_at_once(service, requests)
    assert sorted(answer.status for answer in answers[:2] + answers[4:5]) == [200, 409, 409]
    assert [answer.status for answer in (answers[2], answers[3], answers[5])] == [404, 200, 200]
    assert sorted(answer.status for answer in answers[6:]) == [200, 404]
    expected = before - {"Newsletter-Reaktivierung"} | {"Once", "Twice", "Last"}
    assert read_served_names(service) == read_names(service.database) == expected


def test_write_many_at_once_of_which_some_are_refused_after_a_change_does_the_others(service: Service) -> None:
    before = read_served_names(service)
    # The key of a request is stored before the campaign is looked for.
    names = [f"Kept {number}" for number in range(12)]
    sources = [b"Missing" if number % 4 == 3 else b"Campaign 1000" for number in range(12)]
    answers = send_at_once(service, [post_keyed(*each) for each in zip(names, sources, strict=True)])
    assert [answer.status for answer in answers] == [404 if source == b"Missing" else 200 for source in sources]
    done = {name for name, source in zip(names, sources, strict=True) if source != b"Missing"}
    assert read_served_names(service) == read_names(service.database) == before | done
    # The same key with another request: it is free where nothing was done, and the others are repeated.
    again = send_at_once(service, [post_keyed(name, b"Campaign 1000") for name in names])
    assert [answer.status for answer in again] == [200] * 12
    for first, second, source in zip(answers, again, sources, strict=True):
        assert (first.body == second.body) == (source != b"Missing")
    assert read_served_names(service) == read_names(service.database) == before | set(names)


def test_write_many_at_once_of_which_some_fail_does_the_others(service: Service) -> None:
    before = read_served_names(service)
    FAULT.create(service.database)
    names = [f"Bad {number}" if number % 4 == 3 else f"Good {number}" for number in range(12)]
    answers = send_at_once(service, [post_clone(name.encode()) for name in names])
    assert [answer.status for answer in answers] == [500 if name.startswith("Bad") else 200 for name in names]
    good = {name for name in names if name.startswith("Good")}
    assert read_served_names(service) == read_names(service.database) == before | good
    (after,) = send_at_once(service, [post_clone(b"Good at last")])
    assert after.status == 200
    service.stop()
    troubles = read_troubles(service.log)
    assert len(troubles) == 3
    assert "secret" not in "".join(troubles)
