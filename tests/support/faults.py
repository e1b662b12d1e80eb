"""What a server does while its database has a fault: its answers, its log, and what it keeps."""

import json
import re
from pathlib import Path
from typing import Any

import httpx

from tests.support.campaigns import SOURCE, ask_to_clone
from tests.support.databases import is_postgresql
from tests.support.files import read_names, read_rows
from tests.support.service import Service

GONE_ON: dict[str, Any] = {"status": 200}
UNAVAILABLE = {"status": 503, "error": "The database cannot be used now"}
READS = (
    "/acd/events/types",
    "/acd/groups",
    "/acd/groups/group/106",
    "/dialler/campaigns",
    "/dialler/campaigns/campaign?name=campaign",
    "/dialler/campaigns/campaign/500/resultCodes?languagesID=1",
)
LINE = re.compile(r"(\S+Z) [A-Z]+ (?:-|[0-9a-f-]{36}) (.+)")
UNTOLD = re.compile(r'Traceback|File "|freiton-demo|\.db|\b(select|insert|update|delete from|begin|pragma)\b')


def check_reads(api: httpx.Client, body: dict[str, Any]) -> None:
    """Fail unless reads of each kind are answered with this body, or with 200 and their own."""
    for path in READS:
        check_body(api.get(path), body)


def check_writes(api: httpx.Client, body: dict[str, Any], name: str) -> None:
    """Fail unless a clone with this name, and deletions if they fail, are answered with this body."""
    check_body(ask_to_clone(api, SOURCE, name), body)
    if body != GONE_ON:
        check_body(api.delete("/dialler/campaigns/campaign/500"), body)
        check_body(api.delete("/dialler/campaigns/campaign", params={"name": SOURCE}), body)


def check_body(answer: httpx.Response, body: dict[str, Any]) -> None:
    """Fail unless an answer has this body, and Retry-After if the database cannot be used now."""
    assert answer.status_code == body["status"], answer.text
    assert answer.headers.get("Retry-After") == ("1" if body == UNAVAILABLE else None)
    if body != GONE_ON:
        assert answer.text == json.dumps(body, separators=(",", ":"))


def check_log(service: Service) -> None:
    """Fail if a line of the log has another form, or shows internals."""
    log = service.log.read_text()
    assert [line for line in log.splitlines() if not LINE.fullmatch(line)] == []
    assert UNTOLD.findall(log) == []
    assert str(service.database.parent) not in log


def stored_names(database: Path) -> set[str]:
    """Return the names of client 1's campaigns in a database, whose pages are sound."""
    if not is_postgresql():
        assert read_rows(database, "pragma integrity_check") == [("ok",)]
    return read_names(database)
