"""An answer is recalled for its own request alone, and neither many, large nor slow ones change what others get."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.command import carry_out, read_troubles
from tests.support.files import ADD_GROUPS, execute, read_rows
from tests.support.hostile import BASE, GROUP, TYPES, get
from tests.support.raw import AUTHORIZATION, Answer, connect, exchange, receive, request
from tests.support.service import Service

LIST = BASE + b"/acd/groups"
# Connexion's, since it says what its ID is to be.
NAMED = b"X-Request-ID: 7cb59c03-ae48-42aa-abe2-5e6c4b9071b3"
MANY = 3_000
# More than are kept.
ANSWERS = 1_100
# No index helps, so that it takes more steps than the event loop waits for.
SLOW = LIST + b"?limitPageSize=2&filter=endswith(Name,%2799%27)"
FOUND = "select count(*) from AcdGroups where ClientsID = 1 and Name like '%99'"
UNKNOWN = BASE + b"/dialler/contacts/contact/999999"
WRITERS = 20
CHANGE = "update DiallerCampaigns set UserData = 'replaced' where ID = 500"
CAMPAIGN = BASE + b"/dialler/campaigns/500"
FRAGMENTS = [
    (GROUP[:-1] + b"?name=support", b"#x"),
    (GROUP[:-1] + b"?name=support", b"#"),
    (LIST + b"?filter=contains(Name,%27support%27)", b"#'"),
    (LIST + b"?limitPageSize=2", b"#&limitStart=1"),
    (LIST, b"#?limitPageSize=2"),
    (GROUP + b"106", b"#7"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with many groups, which must not report an error."""
    with Service(tmp_path_factory.mktemp("recall") / "freiton.db", "--demo") as service:
        execute(service.database, [ADD_GROUPS.format(MANY, "")])
        yield service
    assert read_troubles(service.log) == []


def ask(service: Service, target: bytes, *lines: bytes) -> Answer:
    """Return the answer to a GET request without those header fields that differ each time."""
    (answer,) = exchange(service.url, get(target, *lines))
    own = ("date", "x-request-id")
    return answer._replace(headers={name: value for name, value in answer.headers.items() if name not in own})


@pytest.mark.parametrize("first", [LIST, LIST + b"?filter=ID%20gt%200"], ids=["list", "filtered list"])
def test_send_request_in_parts_beside_an_answer_is_not_taken_for_the_one_before(service: Service, first: bytes) -> None:
    one, two = get(first, NAMED), get(TYPES)
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        connection.sendall(one)
        # The answer has begun, and is too long to be sent before it is read.
        stream.peek(1)
        connection.sendall(two[:40])
        answer = receive(stream)
        connection.sendall(two[40:])
        types = receive(stream)
    assert types.body == ask(service, TYPES).body != answer.body
    for _ in range(2):
        (again,) = exchange(service.url, one)
        assert again.body == answer.body


@pytest.mark.parametrize(("target", "fragment"), FRAGMENTS)
def test_send_fragment_is_refused_also_behind_a_kept_answer(service: Service, target: bytes, fragment: bytes) -> None:
    answers = [ask(service, each) for each in (target, target + fragment, target + fragment, target)]
    assert [answer.status for answer in answers] == [200, 400, 400, 200]


def test_read_of_many_steps_is_answered_in_full(service: Service) -> None:
    quick = ask(service, TYPES)
    slow = [ask(service, SLOW) for _ in range(3)]
    assert ask(service, TYPES) == quick
    ((total,),) = read_rows(service.database, FOUND)
    assert (slow[0].status, slow[0].headers["x-total-count"]) == (200, str(total))
    assert slow[0].body.count(b'99","') == min(total, 2) == 2
    assert slow == [slow[0]] * 3


def test_write_beside_reads_of_many_steps_is_answered(service: Service, rounds: Callable[[int, int], int]) -> None:
    token = carry_out("token", "add", "--client", "1", "--database", service.database).strip()
    own = b"Authorization: Bearer " + token.encode()
    write = request("DELETE", UNKNOWN).replace(AUTHORIZATION, own)
    statuses: Counter[int] = Counter()
    total = rounds(20, 200)
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(service.url)) for _ in range(WRITERS + 1)]
        streams = [stack.enter_context(connection.makefile("rb")) for connection in connections]
        for _ in range(total):
            # So that the server hears of all of them at once.
            service.process.send_signal(signal.SIGSTOP)
            for connection in connections[:-1]:
                connection.sendall(write)
            connections[-1].sendall(get(SLOW).replace(AUTHORIZATION, own))
            service.process.send_signal(signal.SIGCONT)
            statuses.update(receive(stream).status for stream in streams)
    assert statuses == {404: total * WRITERS, 200: total}


def test_read_more_than_is_kept_gives_each_its_own(service: Service) -> None:
    targets = [TYPES + b"?filter=ID%%20ne%%20%d" % number for number in range(ANSWERS)]
    answers = []
    with connect(service.url) as connection, connection.makefile("rb") as stream:
        for target in targets * 2:
            connection.sendall(get(target))
            answers.append(receive(stream).body)
    assert answers[:ANSWERS] == answers[ANSWERS:]
    assert len(set(answers[:ANSWERS])) == ANSWERS


@pytest.mark.parametrize("length", [4_000, 5_000])
def test_read_by_long_request_gives_the_same(service: Service, length: int) -> None:
    answer = ask(service, TYPES)
    assert [ask(service, TYPES, b"X-Long: " + b"x" * length) for _ in range(2)] == [answer] * 2


def test_read_large_answers_gives_each_its_own(tmp_path: Path) -> None:
    with Service(tmp_path / "freiton.db", "--demo") as service:
        execute(service.database, [ADD_GROUPS.format(120, "x" * 10_000)])
        # Of a megabyte, more than are kept together, and one that is too large to be kept at all.
        targets = [LIST + b"?orderBy=ID&limitPageSize=90&limitStart=%d" % start for start in range(40, 71)]
        targets += [LIST + b"?orderBy=ID&limitPageSize=110&limitStart=40", *targets[:5]]
        first, again = ([ask(service, target) for target in targets] for _ in range(2))
        assert again == first
        assert first[-5:] == first[:5]
        assert len({answer.body for answer in first}) == 32
        assert min(len(answer.body) for answer in first) > 900_000


@pytest.mark.sqlite
def test_replace_database_gives_what_the_new_one_has(fresh_demo: Service, copy: Path) -> None:
    before = ask(fresh_demo, CAMPAIGN)
    assert ask(fresh_demo, CAMPAIGN) == before
    execute(copy, [CHANGE, "pragma wal_checkpoint(truncate)"])
    copy.replace(fresh_demo.database)
    (refused,) = exchange(fresh_demo.url, get(CAMPAIGN))
    assert refused.status == 503
    fresh_demo.database.with_name("freiton.db-wal").unlink()
    after = [ask(fresh_demo, CAMPAIGN) for _ in range(2)]
    assert after[0].body == before.body.replace(b'"UserData":null', b'"UserData":"replaced"') != before.body
    assert after[0] == after[1]
