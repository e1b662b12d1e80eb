"""A request that is sent again with its idempotency key is carried out once, and gets the first answer again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.contacts import post_file
from tests.support.files import execute, read_rows
from tests.support.hostile import CLONE, CLONED
from tests.support.keyed import KEY, KEYED, REUSED, change, count_made, read_answer, send
from tests.support.operations import OPERATIONS
from tests.support.provocations import REFUSE, UNFINISHED
from tests.support.raw import exchange, request
from tests.support.service import Service

CAMPAIGN = {"diallerCampaignsID": "538"}
LINE = b'{"Name":"Mustermann","PhoneNumber1":"+4989%07d"}\n'
KEYS = "select IdempotencyKey from IdempotencyKeys order by ID"
ADD_KEYS = """
    insert into IdempotencyKeys (ClientsID, IdempotencyKey, nNumber, Digest, dtCreated)
    with recursive Numbers (n) as (select 1 union all select n + 1 from Numbers where n < {})
    select {}, 'old ' || n, n, 'digest ' || n, '{}' from Numbers
"""
FIELDS = {
    "createAcdEvent": ("Subject", "Other"),
    "cloneDiallerCampaign": ("destination", "Other"),
    "importDiallerContact": ("Name", "Other"),
    "importDiallerContacts": ("Name", "Other"),
}


@pytest.fixture(scope="module", params=["fast", "slow", "workers"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server, with and without the fast path, and with two processes."""
    options = {"fast": (), "slow": ("--no-fast",), "workers": ("--workers", "2")}[request.param]
    with Service(tmp_path_factory.mktemp("keyed") / "freiton.db", "--demo", *options) as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with service.client() as client:
        yield client


@pytest.mark.parametrize("operation", KEYED)
def test_send_again_with_key_gives_first_answer_and_stores_once(
    service: Service, client: httpx.Client, operation: str
) -> None:
    ask = change(OPERATIONS[operation], **{FIELDS[operation][0]: f"Again {operation}"})
    before = count_made(service.database)
    first = send(client, ask, f"again {operation}")
    after = count_made(service.database)
    assert first.status_code == 200
    assert sum(after) == sum(before) + 1
    for _ in range(3):
        # On connections of their own, so that another process may answer.
        with service.client() as other:
            assert read_answer(send(other, ask, f"again {operation}")) == read_answer(first)
    assert count_made(service.database) == after


@pytest.mark.parametrize("operation", KEYED)
def test_send_other_body_with_key_gives_409_and_stores_nothing(
    service: Service, client: httpx.Client, operation: str
) -> None:
    field, value = FIELDS[operation]
    ask = change(OPERATIONS[operation], **{field: f"Body {operation}"})
    assert send(client, ask, f"body {operation}").status_code == 200
    before = count_made(service.database)
    answer = send(client, change(ask, **{field: value}), f"body {operation}")
    assert (answer.status_code, answer.json()) == (409, REUSED)
    assert count_made(service.database) == before


def test_send_other_operation_query_or_media_type_with_key_gives_409(client: httpx.Client) -> None:
    ask = OPERATIONS["importDiallerContacts"]._replace(params=CAMPAIGN)
    assert send(client, ask, "first").status_code == 200
    for other in (
        ask._replace(params={"diallerCampaignsID": "535"}),
        ask._replace(params={**CAMPAIGN, "overwriteDuplicates": "true"}),
        ask._replace(params={**CAMPAIGN, "onError": "skip"}),
        ask._replace(media_type="text/csv"),
        OPERATIONS["importDiallerContact"],
        OPERATIONS["createAcdEvent"],
    ):
        assert send(client, other, "first").json() == REUSED


def test_send_same_query_in_other_spelling_with_key_gives_first_answer(client: httpx.Client) -> None:
    path, body = OPERATIONS["importDiallerContact"].path, OPERATIONS["importDiallerContact"].json
    queries = ("", "?overwriteDuplicates=false", "?overwriteDuplicates=%66alse")
    answers = [client.post(path + query, json=body, headers={KEY: "spelling"}) for query in queries]
    assert {answer.content for answer in answers} == {answers[0].content}


def test_send_refused_request_again_carries_it_out(client: httpx.Client) -> None:
    ask = change(OPERATIONS["cloneDiallerCampaign"], source="Not yet", destination="Of the refused")
    for _ in range(2):
        assert send(client, ask, "refused").status_code == 404
    made = send(client, change(ask, source="Campaign 1000", destination="Not yet"), None)
    assert made.status_code == 200
    answer = send(client, ask, "refused")
    assert answer.status_code == 200
    assert read_answer(send(client, ask, "refused")) == read_answer(answer)


def test_send_with_key_while_other_account_has_it_stores_both(service: Service) -> None:
    ask = change(OPERATIONS["cloneDiallerCampaign"], source="Spring Renewals", destination="Of both")
    with service.client(1) as first, service.client(2) as second:
        own = change(ask, source="Campaign 1000")
        answers = [send(first, own, "shared"), send(second, ask, "shared")]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("key", ["k", "K", '"k"', "k k", "k  k", "k, k", "!~", "x" * 255])
def test_send_with_valid_key_is_carried_out_for_each(service: Service, client: httpx.Client, key: str) -> None:
    before = count_made(service.database)
    assert send(client, "importDiallerContact", key).status_code == 200
    assert count_made(service.database) != before


@pytest.mark.parametrize("operation", KEYED)
@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a\tb", b"\xc3\xa4"])
def test_send_with_invalid_key_gives_400_that_names_header(client: httpx.Client, operation: str, key: bytes) -> None:
    ask = OPERATIONS[operation]
    headers: list[tuple[bytes, bytes]] = [(KEY.encode(), key), (b"Content-Type", ask.media_type.encode())]
    answer = client.post(ask.path, json=ask.json, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{KEY}: must ")
    assert answer.headers["X-Error-Pointer"] == f"#/header/{KEY}"


def test_send_twice_in_a_row_on_one_connection_is_carried_out_once(service: Service) -> None:
    body = CLONED % b"In a row"
    lines = (b"Content-Type: application/json", b"Content-Length: %d" % len(body), b"Idempotency-Key: in a row")
    answers = exchange(service.url, request("POST", CLONE, *lines, body=body) * 3)
    assert [answer.status for answer in answers] == [200] * 3
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("operation", KEYED)
def test_send_at_the_same_time_with_key_is_carried_out_once(service: Service, operation: str) -> None:
    ask = change(OPERATIONS[operation], **{FIELDS[operation][0]: f"Same {operation}"})
    before = count_made(service.database)

    def send_once(_: int) -> bytes:
        with service.client() as client:
            answer = send(client, ask, f"same {operation}")
            # A client account has two imports of files at a time.
            assert answer.status_code in (200, 503)
            return answer.content if answer.status_code == 200 else b""

    with ThreadPoolExecutor(6) as pool:
        answers = {*pool.map(send_once, range(6))} - {b""}
    assert len(answers) == 1
    assert sum(count_made(service.database)) == sum(before) + 1


def test_send_again_with_precondition_and_key_gives_first_answer(client: httpx.Client) -> None:
    ask = change(OPERATIONS["importDiallerContact"], UserData="Of precondition")
    first = send(client, ask, "precondition", **{"If-None-Match": "*"})
    assert first.status_code == 200
    assert send(client, ask, None, **{"If-None-Match": "*"}).status_code == 412
    assert read_answer(send(client, ask, "precondition", **{"If-None-Match": "*"})) == read_answer(first)


def test_send_other_operation_with_key_ignores_it(client: httpx.Client) -> None:
    for path in ("/dialler/contacts/contact/215395/lock", "/dialler/contacts/contact/215531/lock"):
        assert client.post(path, headers={KEY: "lock"}).status_code == 200
        assert client.delete(path, headers={KEY: "lock"}).status_code == 200


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_import_long_file_again_with_key_gives_first_answer(
    service: Service, client: httpx.Client, on_error: str
) -> None:
    content = b"".join(LINE % number for number in range(2_500))
    client.headers[KEY] = f"long {on_error}"
    first = post_file(client, content, **CAMPAIGN, onError=on_error)
    after = count_made(service.database)
    assert first.json()["count"] == 2_500
    assert read_answer(post_file(client, content, **CAMPAIGN, onError=on_error)) == read_answer(first)
    assert count_made(service.database) == after


@pytest.mark.parametrize("on_error", ["abort", "skip"])
@pytest.mark.parametrize("content", [b"", b"{}\n", b"{}\n" * 1_001])
def test_import_that_stores_nothing_again_with_key_gives_first_answer(
    client: httpx.Client, on_error: str, content: bytes
) -> None:
    client.headers[KEY] = f"nothing {on_error} {len(content)}"
    first = post_file(client, content, onError=on_error)
    assert first.status_code == 200
    assert read_answer(post_file(client, content, onError=on_error)) == read_answer(first)
    assert post_file(client, content + b"{}\n", onError=on_error).json() == REUSED


@pytest.mark.parametrize("on_error", ["abort", "skip"])
def test_import_with_long_answer_again_with_key_gives_409(client: httpx.Client, on_error: str) -> None:
    client.headers[KEY] = f"too long {on_error}"
    first = post_file(client, b"{}\n" * 16_000, onError=on_error)
    assert len(first.content) > 2**20
    again = post_file(client, b"{}\n" * 16_000, onError=on_error)
    error = f"{KEY}: the request was carried out, but its answer was too long to be kept"
    assert (again.status_code, again.json()) == (409, {"status": 409, "error": error})


def test_import_that_skips_and_fails_in_the_middle_again_with_key_tells_line(tmp_path: Path) -> None:
    content = b"".join(LINE % number for number in range(2_000)) + LINE.replace(b"Mustermann", UNFINISHED.encode()) % 1
    with Service(tmp_path / "freiton.db", "--demo") as service, service.client() as client:
        REFUSE.create(service.database)
        client.headers[KEY] = "middle"
        assert post_file(client, content, **CAMPAIGN, onError="skip").status_code == 500
        before = count_made(service.database)
        REFUSE.drop(service.database)
        again = post_file(client, content, **CAMPAIGN, onError="skip")
        error = f"{KEY}: the file is stored up to line 2000; its import still runs, or was interrupted"
        assert (again.status_code, again.json()) == (409, {"status": 409, "error": error})
        assert count_made(service.database) == before
        # One of all or none has stored nothing, and may come again.
        client.headers[KEY] = "all"
        REFUSE.create(service.database)
        assert post_file(client, content, **CAMPAIGN).status_code == 500
        REFUSE.drop(service.database)
        assert post_file(client, content, **CAMPAIGN).json()["count"] == 2_001


def test_send_again_after_a_day_carries_it_out_and_deletes_some_keys(fresh_demo: Service) -> None:
    with fresh_demo.client() as client:
        first = send(client, "createAcdEvent", "daily")
        execute(fresh_demo.database, [ADD_KEYS.format(25, 2, "2020-02-29T12:00:00.000")])
        execute(fresh_demo.database, ["update IdempotencyKeys set dtCreated = '2020-02-29T12:00:00.000'"])
        second = send(client, "createAcdEvent", "daily")
        assert second.status_code == 200
        assert second.content != first.content
        # Each key that is stored deletes ten of the others.
        assert len(read_rows(fresh_demo.database, KEYS)) == 16
        assert send(client, "createAcdEvent", "next").status_code == 200
        assert len(read_rows(fresh_demo.database, KEYS)) == 7
        assert send(client, "createAcdEvent", "daily").content == second.content


def test_send_beyond_most_keys_deletes_the_oldest_of_the_account(fresh_demo: Service) -> None:
    with fresh_demo.client() as client:
        for account in (1, 2):
            execute(fresh_demo.database, [ADD_KEYS.format(100_000, account, "2999-01-01T00:00:00.000")])
        for key in ("new 1", "new 2"):
            assert send(client, "createAcdEvent", key).status_code == 200
    counts = "select ClientsID, count(*), min(nNumber) from IdempotencyKeys group by 1 order by 1"
    assert read_rows(fresh_demo.database, counts) == [(1, 100_000, 3), (2, 100_000, 1)]
