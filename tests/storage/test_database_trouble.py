"""Trouble with the file of a server is told without detail, and is over when the file is in order again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.campaigns import SOURCE, ask_to_clone
from tests.support.command import read_troubles
from tests.support.databases import is_postgresql
from tests.support.files import locked
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service

ALL_FILES = ("", "-wal", "-shm")
UNAVAILABLE = '{"status":503,"error":"The database cannot be used now"}'
BROKEN = '{"status":500,"error":"Internal server error"}'


def get_health(service: Service, kind: str) -> httpx.Response:
    return httpx.get(f"{service.url}/health/{kind}", timeout=SECONDS_TO_ANSWER)


@contextmanager
def moved_away(database: Path, *suffixes: str) -> Iterator[None]:
    files = [Path(f"{database}{suffix}") for suffix in suffixes]
    for file in files:
        file.rename(f"{file}.away")
    yield
    for file in files:
        Path(f"{file}.away").rename(file)


def copy_database(database: Path) -> Path:
    copy = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as destination:
        source.backup(destination)
    return copy


def test_write_while_other_process_writes_for_long_is_unavailable(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    with locked(fresh_demo.database):
        refused = ask_to_clone(fresh_api, SOURCE, "Locked")
        assert (refused.status_code, refused.text, refused.headers["Retry-After"]) == (503, UNAVAILABLE, "1")
        assert fresh_api.get("/acd/groups").json()["count"] == 40
    assert ask_to_clone(fresh_api, SOURCE, "Locked").status_code == 200
    reason = "canceling statement due to lock timeout" if is_postgresql() else "database is locked"
    assert read_troubles(fresh_demo.log) == [f"ERROR The database cannot be used now: {reason}"]


@pytest.mark.sqlite
def test_move_database_away_is_unavailable_until_it_is_back(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    with moved_away(fresh_demo.database, ""):
        for answer in (
            fresh_api.get("/acd/groups"),
            ask_to_clone(fresh_api, SOURCE, "Away"),
            get_health(fresh_demo, "ready"),
        ):
            assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, UNAVAILABLE, "1")
        assert get_health(fresh_demo, "live").status_code == 200
        assert not fresh_demo.database.exists()
    assert ask_to_clone(fresh_api, SOURCE, "Away").status_code == 200
    assert fresh_api.get("/acd/groups").json()["count"] == 40
    assert get_health(fresh_demo, "ready").status_code == 200
    trouble = "ERROR The database cannot be used now: the database file is gone or empty"
    assert read_troubles(fresh_demo.log) == 3 * [trouble]


@pytest.mark.sqlite
def test_replace_database_by_garbage_tells_no_detail(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    with moved_away(fresh_demo.database, *ALL_FILES):
        fresh_demo.database.write_bytes(b"garbage " * 2000)
        for answer in (fresh_api.get("/acd/groups"), ask_to_clone(fresh_api, SOURCE, "Garbage")):
            assert (answer.status_code, answer.text) == (500, BROKEN)
        ready, live = (get_health(fresh_demo, kind) for kind in ("ready", "live"))
    assert ask_to_clone(fresh_api, SOURCE, "Garbage").status_code == 200
    log = fresh_demo.log.read_text()
    assert [trouble.split()[0] for trouble in read_troubles(fresh_demo.log)] == 3 * ["ERROR"]
    assert not any(text in log for text in ("Traceback", str(fresh_demo.database.parent), "select", "pragma"))
    assert (ready.status_code, ready.text, live.status_code) == (503, UNAVAILABLE, 200)


@pytest.mark.sqlite
def test_replace_database_by_another_serves_that(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    copy = copy_database(fresh_demo.database)
    assert ask_to_clone(fresh_api, SOURCE, "Not in the copy").status_code == 200
    for suffix in ALL_FILES:
        Path(f"{fresh_demo.database}{suffix}").unlink()
    copy.rename(fresh_demo.database)
    assert fresh_api.get("/dialler/campaigns").json()["count"] == 5
    assert ask_to_clone(fresh_api, SOURCE, "Not in the copy").status_code == 200
    assert_refuses_another_beside_log(fresh_demo, fresh_api)


@pytest.mark.sqlite
def test_replace_database_beside_its_log_is_unavailable(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    assert_refuses_another_beside_log(fresh_demo, fresh_api)
    assert ask_to_clone(fresh_api, SOURCE, "After").status_code == 200


def assert_refuses_another_beside_log(service: Service, api: httpx.Client) -> None:
    copy = copy_database(service.database)
    with moved_away(service.database, ""):
        copy.rename(service.database)
        for answer in (api.get("/acd/groups"), ask_to_clone(api, SOURCE, "Beside")):
            assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, UNAVAILABLE, "1")
    assert api.get("/acd/groups").status_code == 200
