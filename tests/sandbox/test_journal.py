"""The journal of a world has each of its requests, complete when the answer is, and within bounds."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from data import store
from handlers.contract import document
from handlers.contract.operations import compile_operations
from handlers.contract.verdicts import judge_answer
from handlers.sandbox.layers.arrival import SECONDS_TO_READ
from handlers.sandbox.pages import CONTRACT
from handlers.sandbox.registry import journal
from handlers.sandbox.registry.limits import Limits
from tests.support.layered import Layered
from tests.support.raw import connect, request, send_until_closed
from tests.support.sandbox import World
from tests.support.service import Service
from tests.support.sqlite import connection
from tests.support.waiting import await_

CLONE = "/dialler/campaigns/clone"
SOURCE = "Kundenzufriedenheit Herbst"
FAILURE = {"id": "1", "drop": True}
FEW, SHORT = 3, 10


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Layered]:
    """The layer of the journal in this process, with narrow bounds."""
    layered = Layered(tmp_path, Limits(journal_length=FEW, largest_kept=SHORT))
    with layered.registry:
        yield layered


@pytest.fixture(scope="module")
def asked(sandbox: Service) -> Iterator[World]:
    """A world that got four requests, the second of them not valid, for tests that change nothing."""
    with World(sandbox) as world, world.client() as api:
        api.post(CLONE, json={"source": SOURCE, "destination": "Winter"})
        api.post(CLONE, json={"destination": "Winter"})
        api.get("/dialler/campaigns/535")
        api.get("/acd/groups?limitPageSize=1")
        yield world


def read(world: World, path: str = "", /, **params: Any) -> Any:
    """Return an answer of the journal of a world."""
    return world.ask("GET", f"/journal{path}", params=params).raise_for_status().json()


def test_list_requests_shows_request_and_answer(asked: World) -> None:
    entry = read(asked, limit=1)["entries"][0]
    assert (entry["number"], entry["operationId"], entry["method"]) == (1, "cloneDiallerCampaign", "POST")
    assert (entry["path"], entry["query"], entry["clientsId"]) == (f"/rest/v1.0/1{CLONE}", "", 1)
    assert (entry["status"], entry["valid"], entry["violations"], entry["failure"]) == (200, True, [], None)
    assert json.loads(entry["request"]["body"]) == {"source": SOURCE, "destination": "Winter"}
    assert entry["request"]["size"] == len(entry["request"]["body"])
    assert entry["request"]["headers"]["content-type"] == "application/json"
    assert json.loads(entry["response"]["body"])["status"] == 200
    assert 0 < entry["milliseconds"] < 60_000


def test_list_requests_leaves_token_out(asked: World) -> None:
    text = asked.ask("GET", "/journal").text
    assert "authorization" not in text.lower()
    assert asked.described["accounts"][0]["token"] not in text


def test_list_requests_gives_id_of_request(world: World) -> None:
    with world.client() as api:
        answer = api.get("/acd/groups?limitPageSize=1")
    (entry,) = read(world)["entries"]
    assert entry["requestId"] == answer.headers["X-Request-ID"]
    assert entry["query"] == "limitPageSize=1"


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"operationId": "cloneDiallerCampaign"}, [1, 2]),
        ({"method": "GET"}, [3, 4]),
        ({"path": CLONE}, [1, 2]),
        ({"path": f"/rest/v1.0/1{CLONE}"}, [1, 2]),
        ({"path": "/clone"}, []),
        ({"status": 400}, [2]),
        ({"valid": "true"}, [1, 3, 4]),
        ({"valid": "false"}, [2]),
        ({"after": 2}, [3, 4]),
        ({"after": 1, "valid": "true", "method": "POST"}, []),
    ],
)
def test_list_and_count_requests_take_filters(asked: World, params: dict[str, Any], numbers: list[int]) -> None:
    listed = read(asked, **params)
    assert [entry["number"] for entry in listed["entries"]] == numbers
    assert listed["count"] == len(numbers)
    assert read(asked, "/count", **params) == {"count": len(numbers), "dropped": 0}


def test_list_requests_with_limit_counts_all(asked: World) -> None:
    listed = read(asked, limit=2)
    assert ([entry["number"] for entry in listed["entries"]], listed["count"]) == ([1, 2], 4)


@pytest.mark.parametrize(
    "query",
    ["?limit=0", "?status=x", "?x=1", "/wait?timeout=61", "/wait?timeout=1e", "/wait?timeout=01", "/wait?count=0"],
)
def test_ask_journal_wrongly_is_refused(asked: World, query: str) -> None:
    answer = asked.ask("GET", f"/journal{query}")
    assert answer.status_code == 400
    assert answer.headers["X-Error-Pointer"].startswith("#/query/")


@pytest.mark.parametrize(
    "path", ["/journal", "/journal/count", "/journal/wait", "/journal/har", "/coverage", "/coverage/junit"]
)
def test_answers_of_journal_and_coverage_are_as_documented(asked: World, path: str) -> None:
    template = f"/sandbox/v1/worlds/{{world}}{path}"
    answers = {(each.template, each.method): each.answers for each in compile_operations(document.read(CONTRACT))}
    answer = asked.ask("GET", path)
    fields = {name.lower(): value for name, value in answer.headers.raw}
    assert judge_answer(answers[template, "GET"], answer.status_code, fields, answer.content) == []


@pytest.mark.parametrize("path", ["", "/count", "/wait", "/har"])
def test_ask_for_journal_of_nobody_is_not_found(asked: World, path: str) -> None:
    assert asked.control.get(f"/sandbox/v1/worlds/nobody/journal{path}").status_code == 404


def test_requests_of_other_world_are_not_in_journal(sandbox: Service, asked: World) -> None:
    with World(sandbox) as other:
        assert read(other) == {"entries": [], "count": 0, "dropped": 0}


def test_answer_that_has_come_is_in_journal(sandbox: Service, world: World) -> None:
    account = world.described["accounts"][0]
    headers = {"Authorization": f"Bearer {account['token']}"}
    for number in range(1, 21):
        # Each on a connection of its own, so that both processes have their turn.
        httpx.get(f"{account['baseUrl']}/acd/events/status", headers=headers, verify=False).raise_for_status()
        assert httpx.get(f"{sandbox.url}{world.path}/journal/count", verify=False).json()["count"] == number


def test_wait_for_requests_answers_as_soon_as_they_have_come(world: World) -> None:
    with ThreadPoolExecutor() as pool, world.client() as api:
        waiting = pool.submit(read, world, "/wait", operationId="cloneDiallerCampaign", count=2, timeout=60)
        api.get("/acd/groups?limitPageSize=1")
        api.post(CLONE, json={"source": SOURCE, "destination": "a"})
        time.sleep(0.1)
        assert not waiting.done()
        begin = time.monotonic()
        api.post(CLONE, json={"source": SOURCE, "destination": "b"})
        assert waiting.result(60) == {"count": 2, "reached": True}
        assert time.monotonic() - begin < 30


def test_wait_for_requests_in_vain_ends_at_timeout(asked: World) -> None:
    begin = time.monotonic()
    assert read(asked, "/wait", count=5, timeout=0.2) == {"count": 4, "reached": False}
    assert time.monotonic() - begin >= 0.2


def test_wait_for_requests_in_world_that_is_deleted_is_not_found(sandbox: Service) -> None:
    with ThreadPoolExecutor() as pool, World(sandbox) as world:
        waiting = pool.submit(httpx.get, f"{sandbox.url}{world.path}/journal/wait?timeout=60", timeout=60, verify=False)
        time.sleep(0.1)
        world.control.delete(world.path)
        assert waiting.result(60).status_code == 404


def test_wait_for_requests_many_times_hinders_nobody(sandbox: Service, world: World) -> None:
    url = f"{sandbox.url}{world.path}/journal/wait?timeout=60"
    with ThreadPoolExecutor(20) as pool, world.client() as api:
        waiting = [pool.submit(httpx.get, url, timeout=60, verify=False) for _ in range(20)]
        time.sleep(0.2)
        assert not any(each.done() for each in waiting)
        api.get("/acd/groups?limitPageSize=1").raise_for_status()
        assert all(each.result(60).json()["reached"] for each in waiting)


def test_clear_journal_leaves_numbers_and_coverage(world: World) -> None:
    with world.client() as api:
        api.get("/dialler/campaigns/535")
    covered = world.ask("GET", "/coverage").json()
    assert world.ask("POST", "/journal/clear").json() == {"status": 200}
    assert read(world, "/count") == {"count": 0, "dropped": 0}
    assert world.ask("GET", "/coverage").json() == covered
    with world.client() as api:
        api.get("/dialler/campaigns/535")
    assert [entry["number"] for entry in read(world)["entries"]] == [2]


def test_reset_world_keeps_journal(world: World) -> None:
    with world.client() as api:
        api.get("/dialler/campaigns/535")
    world.ask("POST", "/reset").raise_for_status()
    assert read(world, "/count")["count"] == 1


def test_restore_snapshot_keeps_journal(world: World) -> None:
    world.ask("POST", "/snapshots/before").raise_for_status()
    with world.client() as api:
        api.get("/dialler/campaigns/535")
    world.ask("POST", "/snapshots/before/restore").raise_for_status()
    assert read(world, "/count")["count"] == 1


def test_export_journal_is_http_archive(asked: World) -> None:
    log = read(asked, "/har", operationId="cloneDiallerCampaign", valid="false")["log"]
    assert log["version"] == "1.2"
    (entry,) = log["entries"]
    assert entry["request"]["url"] == f"{asked.control.base_url}/rest/v1.0/1{CLONE}".replace("//rest", "/rest")
    assert json.loads(entry["request"]["postData"]["text"]) == {"destination": "Winter"}
    assert {"name": "content-type", "value": "application/json"} in entry["request"]["headers"]
    assert (entry["response"]["status"], entry["response"]["content"]["mimeType"]) == (400, "application/json")
    assert entry["_violations"] == [{"place": "#/body/source", "rule": "source: is missing"}]
    assert entry["timings"]["wait"] == entry["time"]


def test_export_long_journal_has_all_entries(world: World) -> None:
    with world.client() as api:
        for _ in range(60):
            api.get("/nope")
    log = read(world, "/har", after=1)["log"]
    assert len({entry["_requestId"] for entry in log["entries"]}) == 59
    assert read(world, "/har", after=60)["log"]["entries"] == []


def test_leave_before_answer_is_recorded_without_status(sandbox: Service, world: World) -> None:
    head = f"POST /rest/v1.0/1{CLONE} HTTP/1.1\r\nHost: x\r\nContent-Length: 9"
    token = f"Authorization: Bearer {world.described['accounts'][0]['token']}"
    with connect(sandbox.url) as connection:
        connection.sendall(f"{head}\r\n{token}\r\nContent-Type: application/json\r\n\r\n{{".encode())
    await_(lambda: read(world, "/count")["count"])
    (entry,) = read(world)["entries"]
    assert (entry["status"], entry["response"]["size"], entry["request"]["body"]) == (None, 0, "{")


def test_import_large_file_keeps_beginning_and_counts_size(world: World) -> None:
    rows = b'{"nope": 1}\n' * 30_000
    with world.client() as api:
        headers = {"Content-Type": "application/x-ndjson"}
        api.post("/dialler/contacts/import/batch?onError=skip", content=rows, headers=headers)
    (entry,) = read(world)["entries"]
    assert (entry["status"], entry["valid"]) == (200, True)
    assert (entry["request"]["size"], len(entry["request"]["body"])) == (len(rows), 64 * 1024)
    assert entry["response"]["size"] > len(entry["response"]["body"]) == 64 * 1024


def test_reach_length_of_journal_drops_oldest_and_says_so(narrow: Layered) -> None:
    for _ in range(FEW + 2):
        narrow.ask(Response(), "GET", "/acd/groups")
    assert [entry["number"] for entry in narrow.entries] == [3, 4, 5]
    assert narrow.read(journal.count_dropped) == 2
    narrow.read(journal.clear)
    narrow.ask(Response(), "GET", "/acd/groups")
    assert [entry["number"] for entry in narrow.entries] == [6]
    assert narrow.read(journal.count_dropped) == 0


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"0123456789", {"body": "0123456789"}),
        (b"0123456789a", {"body": "0123456789"}),
        ("012345678ä".encode(), {"body": "012345678"}),
        (b"\xff", {"body": base64.b64encode(b"\xff").decode(), "encoding": "base64"}),
        (b"\xff" * 11, {"body": base64.b64encode(b"\xff" * 10).decode(), "encoding": "base64"}),
        (b"", {"body": ""}),
    ],
)
def test_keep_body_as_text_or_base64(narrow: Layered, body: bytes, kept: dict[str, str]) -> None:
    narrow.ask(Response(body), "GET", "/acd/groups")
    (entry,) = narrow.entries
    expected = {**kept, "size": len(body), "headers": {"content-length": str(len(body))}}
    assert entry["response"] == expected


def test_stream_large_answer_counts_size(narrow: Layered) -> None:
    answer = narrow.ask(StreamingResponse(iter([b"x" * 100_000] * 30)), "GET", "/acd/groups")
    assert len(answer.content) == 3_000_000
    (entry,) = narrow.entries
    assert (entry["response"]["size"], entry["response"]["body"]) == (3_000_000, "x" * SHORT)


def test_join_header_fields_that_come_twice(narrow: Layered) -> None:
    answer = Response()
    answer.raw_headers += [(b"x-twice", b"a"), (b"x-twice", b"b")]
    narrow.ask(answer, "GET", "/acd/groups")
    assert narrow.entries[0]["response"]["headers"]["x-twice"] == "a, b"


async def drop(scope: Scope, receive: Receive, send: Send) -> None:
    """Disconnect the client before the answer."""
    scope["injected"] = FAILURE
    scope["abort"]()
    await Response("late")(scope, receive, send)


async def cut(scope: Scope, receive: Receive, send: Send) -> None:
    """Disconnect the client in the middle of the answer."""
    scope["injected"] = FAILURE
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begin", "more_body": True})
    scope["abort"]()
    await send({"type": "http.response.body", "body": b"end"})


@pytest.mark.parametrize(("app", "status", "body"), [(drop, None, ""), (cut, 200, "begin")])
def test_disconnect_client_is_recorded_before(
    narrow: Layered, app: Callable[..., Any], status: int | None, body: str
) -> None:
    narrow.ask(app, "GET", "/acd/groups")
    assert narrow.aborted == [1]
    (entry,) = narrow.entries
    assert (entry["status"], entry["response"]["body"], entry["failure"]) == (status, body, FAILURE)


def test_request_whose_body_nobody_reads_is_recorded_with_it(narrow: Layered) -> None:
    for app in (drop, Response("no")):
        narrow.ask(app, "POST", CLONE, json={"nope": 1})
        assert narrow.entries[-1]["request"]["body"] == '{"nope":1}'
        assert narrow.entries[-1]["violations"][0]["place"] == "#/body/nope"


def test_send_body_slowly_is_answered_and_recorded(world: World) -> None:
    body = json.dumps({"source": SOURCE, "destination": "Slow"})

    def send_slowly() -> Iterator[bytes]:
        yield body[:10].encode()
        time.sleep(SECONDS_TO_READ + 0.2)
        yield body[10:].encode()

    with world.client() as api:
        # The hook would read the request again.
        api.event_hooks = {}
        answer = api.post(CLONE, content=send_slowly(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    (entry,) = read(world)["entries"]
    assert (entry["request"]["body"], entry["valid"]) == (body, True)


def test_expect_to_continue_is_refused_before_the_body(sandbox: Service, world: World) -> None:
    # The token is that of client account 1.
    lines = [b"Expect: 100-continue", b"Content-Length: 9", f"X-Freiton-World: {world.described['id']}".encode()]
    (answer,) = send_until_closed(sandbox.url, request("POST", b"/rest/v1.0/2/dialler/campaigns/clone", *lines))
    assert answer.status == 401
    assert read(world)["entries"][0]["request"]["size"] == 0


async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail after the beginning of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("broken")


def test_application_that_fails_is_recorded(narrow: Layered) -> None:
    with pytest.raises(RuntimeError):
        narrow.ask(break_off, "GET", "/acd/groups")
    assert [entry["status"] for entry in narrow.entries] == [None]


def test_fill_disk_lets_requests_pass(narrow: Layered, caplog: pytest.LogCaptureFixture) -> None:
    ((pages,),) = connection(narrow.registry).execute("pragma page_count")
    connection(narrow.registry).execute(f"pragma max_page_count = {pages}")
    answers = [narrow.ask(Response("x" * 100), "GET", f"/acd/groups?{'x' * 9000}{number}") for number in range(4)]
    assert [answer.text for answer in answers] == ["x" * 100] * 4
    assert set(caplog.messages) == {"The journal cannot be written now: database or disk is full"}
    connection(narrow.registry).execute("pragma max_page_count = 100000")
    narrow.ask(Response(), "GET", "/acd/groups")
    assert narrow.entries


def test_delete_world_during_request_lets_it_pass(narrow: Layered) -> None:
    async def delete(scope: Scope, receive: Receive, send: Send) -> None:
        narrow.registry.execute("delete from Worlds")
        await Response("done")(scope, receive, send)

    assert narrow.ask(delete, "GET", "/acd/groups").text == "done"
    assert narrow.registry.query("select * from Journal") == []
    with narrow.registry.use(), pytest.raises(store.NotFound):
        journal.find_last("default")
