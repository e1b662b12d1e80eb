"""Each request leaves one line on standard error, tied to the answer by an ID, with nothing in it that is secret."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.command import await_line
from tests.support.conformance import BASE_PATH
from tests.support.databases import is_postgresql
from tests.support.files import execute, read_contents
from tests.support.raw import SECONDS_TO_ANSWER, await_taken, exchange, request
from tests.support.service import Service, run_freiton

BASE = f"{BASE_PATH}/1"
CLIENT = f"{BASE_PATH}/{{ClientsID}}"
GROUPS = f"{BASE}/acd/groups"
GROUPS_OPERATION = f"{CLIENT}/acd/groups"
CLONE = f"{BASE}/dialler/campaigns/clone"
CLONE_OPERATION = f"{CLIENT}/dialler/campaigns/clone"
DEMO_TOKENS = ("freiton-demo-1", "freiton-demo-2")
AUTHORIZATION = {"Authorization": f"Bearer {DEMO_TOKENS[0]}"}
FIELDS = ["method", "operation", "client", "status", "milliseconds"]
JSON_BODY = (b"Content-Type: application/json", b"Content-Length: 1000")
WHOLE = b'{"source":"Campaign 1000","destination":"Half"}'
SOME_UUID = "7cb59c03-ae48-42aa-abe2-5e6c4b9071b3"
# Of whose lines a pipe takes not all at once.
AT_ONCE = 100
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
LINE = re.compile(rf"({TIME}) ([A-Z]+) ([0-9a-f-]{{36}}|-) (.+)")
MESSAGE = re.compile(r"(\S+) (\S+) (\S+) (\d{3}) (\d+\.\d)")

# Method, path, header and what the line says: method, operation, client, status.
REQUESTS = [
    ("GET", f"{GROUPS}?filter=Name%20eq%20'a'", AUTHORIZATION, ("GET", GROUPS_OPERATION, "1", 200)),
    ("HEAD", GROUPS, AUTHORIZATION, ("HEAD", GROUPS_OPERATION, "1", 200)),
    ("OPTIONS", GROUPS, AUTHORIZATION, ("OPTIONS", GROUPS_OPERATION, "1", 200)),
    ("PUT", GROUPS, AUTHORIZATION, ("PUT", GROUPS_OPERATION, "1", 405)),
    ("GET", f"{GROUPS}?unknown=1", AUTHORIZATION, ("GET", GROUPS_OPERATION, "1", 400)),
    ("GET", GROUPS, {**AUTHORIZATION, "Accept": "text/html"}, ("GET", GROUPS_OPERATION, "1", 406)),
    ("GET", f"{GROUPS}/group/999999", AUTHORIZATION, ("GET", f"{GROUPS_OPERATION}/group/{{AcdGroupsID}}", "1", 404)),
    ("GET", f"{BASE}/nothing", AUTHORIZATION, ("-", "unknown", "1", 404)),
    ("GET", "/nothing", {}, ("-", "unknown", "-", 404)),
    ("GET", "/", {}, ("GET", "/", "-", 307)),
    ("GET", GROUPS, {}, ("-", "unknown", "-", 401)),
    ("GET", f"{BASE_PATH}/2/acd/groups", AUTHORIZATION, ("-", "unknown", "-", 401)),
    ("POST", CLONE, AUTHORIZATION, ("POST", CLONE_OPERATION, "1", 400)),
    ("GET", "/docs", {}, ("GET", "/docs", "-", 200)),
    ("GET", "/health/live", {}, ("GET", "/health/live", "-", 200)),
    ("GET", GROUPS, {"Connection": "Upgrade", "Upgrade": "websocket"}, ("-", "unknown", "-", 401)),
    (
        "GET",
        "/health/live",
        {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"},
        ("GET", "/health/live", "-", 200),
    ),
]


class Entry(NamedTuple):
    """A line of the log.

    :param level: how bad it is.
    :param request: the request ID.
    :param fields: what it says of the request; method, operation, client, status.
    :param message: what else it says.
    """

    level: str
    request: str
    fields: tuple[str, str, str, int] | None = None
    message: str | None = None


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_send_requests_leaves_one_line_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_format: str) -> None:
    expected = []
    monkeypatch.setenv("FREITON_LOG_FORMAT", "json")
    options = ["--log-format", "text"] if log_format == "text" else []
    with (
        Service(tmp_path / "freiton.db", "--demo", *options) as service,
        httpx.Client(timeout=SECONDS_TO_ANSWER) as client,
    ):
        for method, path, headers, fields in REQUESTS:
            answer = client.request(method, service.url + path, headers=headers)
            assert answer.status_code == fields[-1]
            expected.append(Entry("INFO", answer.headers["X-Request-ID"], fields))
        (refusal,) = exchange(service.url, b"GARBAGE\r\n\r\n")
        expected.append(Entry("INFO", refusal.headers["x-request-id"], ("-", "unknown", "-", 400)))
    announced, *entries = _read(service, log_format)
    assert announced.fields == ("GET", "/health/live", "-", 200)
    assert entries == expected


def test_send_many_requests_in_one_segment_leaves_one_line_each(fresh_demo: Service) -> None:
    answers = exchange(fresh_demo.url, request("GET", GROUPS.encode()) * AT_ONCE)
    assert [answer.status for answer in answers] == [200] * AT_ONCE
    fresh_demo.stop()
    expected = [
        Entry("INFO", answer.headers["x-request-id"], ("GET", GROUPS_OPERATION, "1", 200)) for answer in answers
    ]
    assert _read(fresh_demo)[1:-1] == expected


def test_set_unknown_log_format_is_refused(tmp_path: Path) -> None:
    run = run_freiton("serve", "--log-format", "xml", "--database", str(tmp_path / "freiton.db"))
    assert run.returncode == 2
    assert (
        run.stderr == "freiton: Invalid value for '--log-format' (env var: 'FREITON_LOG_FORMAT'): "
        "'xml' is not one of 'text', 'json'.\n"
    )


def test_send_uuid_as_request_id_is_taken_over(demo: Service, api: httpx.Client) -> None:
    given = str(uuid4())
    for spelling in (given, given.upper()):
        assert api.get("/acd/groups", headers={"X-Request-ID": spelling}).headers.get_list("X-Request-ID") == [given]


@pytest.mark.parametrize("given", [None, "", "1", "x" * 36, "freiton-demo-1", SOME_UUID * 2, f"{SOME_UUID}\t\t.", "é"])
def test_send_anything_else_as_request_id_is_not_taken_over(api: httpx.Client, given: str | None) -> None:
    headers = [] if given is None else [(b"X-Request-ID", given.encode())]
    answers = [api.get("/acd/groups", headers=headers).headers["X-Request-ID"] for _ in range(2)]
    assert [str(UUID(answer)) for answer in answers] == answers
    assert [UUID(answer).version for answer in answers] == [4, 4]
    assert answers[0] != answers[1]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("GET", GROUPS.encode()), 200),
        (request("POST", CLONE.encode(), *JSON_BODY, body=WHOLE), 499),
        (request("POST", CLONE.encode(), *JSON_BODY, body=WHOLE[:20]), 499),
        (request("POST", CLONE.encode(), *JSON_BODY), 499),
    ],
    ids=["after the request", "before the end of a body that looks whole", "within the body", "before the body"],
)
def test_hang_up_leaves_one_line_and_does_nothing_by_halves(
    demo: Service, api: httpx.Client, data: bytes, status: int
) -> None:
    identity = str(uuid4())
    target = urlsplit(demo.url)
    with closing(socket.create_connection((target.hostname, target.port))) as connection:
        connection.sendall(data.replace(b"Host: freiton", b"Host: freiton\r\nX-Request-ID: " + identity.encode()))
        await_taken(connection)
    await_line(demo.log, identity)
    later = api.get("/dialler/campaigns")
    await_line(demo.log, later.headers["X-Request-ID"])
    entries = [_parse_text(line) for line in demo.log.read_text().splitlines() if identity in line]
    assert [entry.fields and entry.fields[-1] for entry in entries] == [status]
    assert "Half" not in [campaign["Name"] for campaign in later.json()["records"]]


def test_fail_for_unforeseen_reason_leaves_place_and_line(fresh_demo: Service) -> None:
    with fresh_demo.client() as api:
        api.get("/acd/groups")
        _rename_groups(fresh_demo.database)
        answer = api.get("/acd/groups", params={"filter": "Name eq 'secret'"})
    fresh_demo.stop()
    assert answer.json() == {"status": 500, "error": "Internal server error"}
    identity = answer.headers["X-Request-ID"]
    cause, line = (entry for entry in _read(fresh_demo) if entry.request == identity)
    assert line == Entry("INFO", identity, ("GET", GROUPS_OPERATION, "1", 500))
    assert cause.level == "ERROR"
    assert re.fullmatch(r"[A-Za-z]+ in [a-z_]+, line \d+", cause.message or "")


def test_send_tokens_in_wrong_places_leaves_none_in_any_file(tmp_path: Path) -> None:
    database = tmp_path / "freiton.db"
    with (
        Service(database, "--demo", "--log-format", "json") as service,
        httpx.Client(timeout=SECONDS_TO_ANSWER) as client,
    ):
        added = run_freiton("token", "add", "--client", "1", "--database", str(database))
        real = added.stdout.strip()
        for token in (real, *DEMO_TOKENS):
            statuses = [client.send(sent).status_code for sent in _misplace(client, service.url, token)]
            assert set(statuses) == {200, 400, 401, 404, 415}
            for data in (b"%b / HTTP/1.1\r\n\r\n", b"GET /%b HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n%b\r\n\r\n"):
                exchange(service.url, data % token.encode())
        _rename_groups(database)
        assert (
            client.get(f"{service.url}{GROUPS}?filter=Name%20eq%20'{real}'", headers=AUTHORIZATION).status_code == 500
        )
        kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        if is_postgresql():
            kept["database"] = repr(read_contents(database)).encode()
    assert {"freiton.log", *(["database"] if is_postgresql() else ["freiton.db", "freiton.db-wal"])} <= set(kept)
    for token in (real, real.removeprefix("frt_"), real[4:24], "freiton-demo", "Bearer"):
        assert [name for name, content in kept.items() if token.encode() in content] == []


def _misplace(client: httpx.Client, url: str, token: str) -> Iterator[httpx.Request]:
    bearer = {"Authorization": f"Bearer {token}"}
    account = "2" if token == DEMO_TOKENS[1] else "1"
    groups = f"{url}{BASE_PATH}/{account}/acd/groups"
    clone = f"{url}{BASE_PATH}/{account}/dialler/campaigns/clone"
    yield client.build_request("GET", groups, headers=bearer)
    for headers in (
        {"Authorization": token},
        {"X-Token": token},
        {"Cookie": token},
        {"Authorization": f"bearer{token}"},
    ):
        yield client.build_request("GET", groups, headers=headers)
    for header in ("X-Request-ID", "Accept-Language", "User-Agent", "Referer", "Origin", "X-Forwarded-For"):
        yield client.build_request("GET", groups, headers={**bearer, header: token})
    for query in (f"token={token}", f"filter={token}", f"{token}=1", f"filter={quote(token)}%", f"orderBy={token}"):
        yield client.build_request("GET", f"{groups}?{query}", headers=bearer)
    for path in (f"{BASE}/acd/groups/group/{token}", f"{BASE}/{token}", f"{BASE_PATH}/{token}/acd/groups", f"/{token}"):
        yield client.build_request("GET", url + path, headers=AUTHORIZATION)
    for body in ({"source": token, "destination": token}, {token: token}, {"source": [token]}, token):
        yield client.build_request("POST", clone, headers=bearer, json=body)
    for content_type in ("application/json", token):
        headers = {**bearer, "Content-Type": content_type}
        yield client.build_request("POST", clone, headers=headers, content=f'{{"source": {token}')


def _rename_groups(database: Path) -> None:
    execute(database, ["alter table AcdGroups rename to Gone"])


def _read(service: Service, log_format: str = "text") -> list[Entry]:
    parse = {"text": _parse_text, "json": _parse_json}[log_format]
    return [parse(line) for line in service.log.read_text().splitlines()]


def _parse_text(line: str) -> Entry:
    whole = LINE.fullmatch(line)
    assert whole, line
    _, level, identity, message = whole.groups()
    if level != "INFO":
        return Entry(level, identity, None, message)
    fields = MESSAGE.fullmatch(message)
    assert fields, line
    method, operation, client, status, _ = fields.groups()
    return Entry(level, identity, (method, operation, client, int(status)))


def _parse_json(line: str) -> Entry:
    entry: dict[str, Any] = json.loads(line)
    assert re.fullmatch(TIME, entry["time"])
    if entry["level"] != "INFO":
        assert list(entry) == ["time", "level", "request", "message"]
        return Entry(entry["level"], entry["request"], None, entry["message"])
    assert list(entry) == ["time", "level", "request", *FIELDS]
    assert isinstance(entry["milliseconds"], float)
    return Entry(
        entry["level"], entry["request"], (entry["method"], entry["operation"], entry["client"], entry["status"])
    )
