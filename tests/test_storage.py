"""The database file: what is acknowledged is in it, trouble with it is told without detail, and no other is touched."""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from data import lists, schema, store
from data.database import fill, open_database
from data.pages import Page, Source
from tests.command import assert_fails, read_troubles, succeed
from tests.raw import SECONDS_TO_ANSWER
from tests.service import Service, run_freiton

ALL_FILES = ("", "-wal", "-shm")
UNAVAILABLE = '{"status":503,"error":"The database cannot be used now"}'
BROKEN = '{"status":500,"error":"Internal server error"}'
NO_DATABASES = [b"Dear reader,\nthis is a letter.\n", b"garbage " * 2000, b"SQLite format 3\0" + b"?" * 4096]
OPENING = ["client add X", "serve --port 0"]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The store of this process: a new database."""
    path = tmp_path / "store.db"
    open_database(path, create=True)
    return path


@pytest.fixture
def migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations in the place of the real ones, with one that makes the table A."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_a.sql").write_text("create table A (\n    ID integer\n);\ninsert into A values (1);\n")
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    return folder


def read_version() -> int:
    version: int = store.query("pragma user_version")[0]["user_version"]
    return version


def list_tables() -> set[str]:
    return {row["name"] for row in store.query("select name from sqlite_master")}


def clone(api: httpx.Client, name: str) -> httpx.Response:
    return api.post("/dialler/campaigns/clone", json={"source": "Campaign 1000", "destination": name})


def get_health(service: Service, kind: str) -> httpx.Response:
    return httpx.get(f"{service.url}/health/{kind}", timeout=SECONDS_TO_ANSWER)


def add_clients(*names: str) -> None:
    with store.atomic():
        for name in names:
            store.execute("insert into Clients (Name) values (:name)", name=name)


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


@pytest.mark.parametrize("command", OPENING)
@pytest.mark.parametrize("content", NO_DATABASES)
def test_open_file_that_is_no_database_leaves_it_untouched(command: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    assert_fails(run_freiton(*command.split(), "--database", str(path)), 1, str(path), "database")
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("command", OPENING)
@pytest.mark.parametrize("version", [0, 1])
def test_open_database_of_other_program_leaves_it_untouched(command: str, version: int, tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"create table Bookmarks (URL text); pragma user_version = {version}")
    before = path.read_bytes()
    assert_fails(run_freiton(*command.split(), "--database", str(path)), 1, str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", OPENING)
def test_open_database_of_newer_version_leaves_it_untouched(command: str, tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    succeed("client", "add", "Musterfirma GmbH", "--database", path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("pragma user_version = 99")
    before = path.read_bytes()
    assert_fails(run_freiton(*command.split(), "--database", str(path)), 1, str(path), "newer", "99")
    assert path.read_bytes() == before


def test_make_database_gives_it_to_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Service(tmp_path / "freiton.db", "--demo"):
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("freiton.db*")}
    finally:
        os.umask(before)
    assert modes == {"freiton.db": 0o600, "freiton.db-wal": 0o600, "freiton.db-shm": 0o600}


def test_fill_database_that_another_process_has_filled_changes_nothing(database: Path) -> None:
    fill(demo=True)
    assert store.values("select (select count(*) from Languages), (select count(*) from Clients)") == (2, 0)


def test_read_by_a_command_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    succeed("client", "add", "Musterfirma GmbH", "--database", path)
    before = path.read_bytes()
    assert succeed("client", "list", "--database", path) == "1\tMusterfirma GmbH\n"
    assert path.read_bytes() == before


def test_migrate_runs_each_migration_once(migrations: Path, tmp_path: Path) -> None:
    for _ in range(2):
        store.connect(tmp_path / "store.db", schema.prepare, create=True)
        assert (read_version(), store.query("select ID from A")) == (1, [{"ID": 1}])
    (migrations / "0002_b.sql").write_text("-- Why: no reason; none.\nalter table A add column Name text;\n")
    store.connect(tmp_path / "store.db", schema.prepare)
    assert (read_version(), store.query("select ID, Name from A")) == (2, [{"ID": 1, "Name": None}])


def test_migrate_that_fails_leaves_nothing(migrations: Path, tmp_path: Path) -> None:
    store.connect(tmp_path / "store.db", schema.prepare, create=True)
    (migrations / "0002_b.sql").write_text("create table B (ID integer);\ninsert into Missing values (1);\n")
    with pytest.raises(store.Refused, match="no such table: Missing"):
        store.connect(tmp_path / "store.db", schema.prepare)
    assert (read_version(), list_tables()) == (1, {"A"})
    (migrations / "0002_b.sql").write_text("create table B (ID integer);\n")
    store.connect(tmp_path / "store.db", schema.prepare)
    assert (read_version(), list_tables()) == (2, {"A", "B"})


@pytest.mark.usefixtures("database")
def test_connect_in_each_thread_keeps_references_and_syncs_to_disk() -> None:
    pragmas = ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
    with ThreadPoolExecutor(1) as thread:
        for run in (map, thread.map):
            values = run(lambda pragma: store.connection().execute(f"pragma {pragma}").fetchone()[0], pragmas)
            assert list(values) == [1, 2, "wal", 5000]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("name", "error"), [("One", store.NotUnique), ("", store.sqlite3.IntegrityError)])
def test_write_that_fails_is_rolled_back(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        add_clients("One", name)
    assert store.query("select Name from Clients") == []
    add_clients("One")
    assert store.query("select Name from Clients") == [{"Name": "One"}]


@pytest.mark.usefixtures("database")
def test_write_tells_of_its_commit_and_not_when_it_is_rolled_back() -> None:
    told: list[str] = []

    def write(*names: str) -> None:
        with store.atomic():
            store.after_commit(lambda: told.append(names[0]))
            add_clients(*names)
            assert told == []

    with pytest.raises(store.NotUnique):
        write("Twice", "Twice")
    write("Once")
    assert told == ["Once"]


@pytest.mark.usefixtures("database")
def test_run_wrong_statement_is_no_passing_trouble() -> None:
    with pytest.raises(store.sqlite3.OperationalError, match="no such table: Missing"):
        store.query("select ID from Missing")


@pytest.mark.usefixtures("database")
def test_list_by_unknown_column_is_refused() -> None:
    page = Page(filter_="", limit_start=0, limit_page_size=-1, order_by="ID; --", ascending=True)
    with pytest.raises(ValueError, match="AcdGroups has no column ID; --"):
        lists.list_page(Source("AcdGroups"), page)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("filter_", "total"), [("", 4711), ("ID ge 0", None)])
def test_list_that_counts_in_its_own_way_does_so(filter_: str, total: int | None) -> None:
    source = Source("AcdGroups", count_all=lambda: 4711, counts_filtered=False)
    page = Page(filter_=filter_, limit_start=0, limit_page_size=1, order_by="ID", ascending=True)
    assert lists.list_page(source, page).total == total


def test_list_from_cursor_whose_records_are_gone_leads_back(tmp_path: Path) -> None:
    open_database(tmp_path / "demo.db", create=True, demo=True)
    source, page = Source("AcdEventStatus"), Page("", 0, 1, "ID", True)
    behind = page._replace(cursor=lists.list_page(source, page).following or "")
    with store.atomic():
        store.execute("delete from AcdEvents")
        store.execute("delete from AcdEventStatus where ID > 0")
    listing = lists.list_page(source, behind)
    assert [chunk.size for chunk in listing.chunks] == [0]
    assert listing.following is None
    assert lists.list_page(source, page._replace(cursor=listing.previous or "")).start == 0


@pytest.mark.usefixtures("database")
def test_write_while_other_thread_writes_for_long_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    with store.atomic(), ThreadPoolExecutor(1) as thread:
        writing = thread.submit(lambda: store.atomic().__enter__())
        assert isinstance(writing.exception(), store.Unavailable)


def test_write_to_file_that_is_replaced_meanwhile_is_unavailable(database: Path) -> None:
    moved = database.with_name("moved.db")
    store.query("pragma wal_checkpoint(truncate)")

    def write() -> None:
        with store.atomic():
            store.execute("insert into Clients (Name) values ('Lost')")
            database.rename(moved)
            database.write_bytes(moved.read_bytes())

    with pytest.raises(store.Unavailable, match="replaced"):
        write()
    for file in (database, moved):
        with closing(store.sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as other:
            assert other.execute("select count(*) from Clients").fetchone() == (0,)


def test_write_while_other_process_writes_for_long_is_unavailable(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    with closing(sqlite3.connect(fresh_demo.database, isolation_level=None)) as other:
        other.execute("begin immediate")
        refused = clone(fresh_api, "Locked")
        assert (refused.status_code, refused.text, refused.headers["Retry-After"]) == (503, UNAVAILABLE, "1")
        assert fresh_api.get("/acd/groups").json()["count"] == 40
    assert clone(fresh_api, "Locked").status_code == 200
    assert read_troubles(fresh_demo.log) == ["ERROR The database cannot be used now: database is locked"]


def test_move_database_away_is_unavailable_until_it_is_back(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    with moved_away(fresh_demo.database, ""):
        for answer in (
            fresh_api.get("/acd/groups"),
            clone(fresh_api, "Away"),
            get_health(fresh_demo, "ready"),
        ):
            assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, UNAVAILABLE, "1")
        assert get_health(fresh_demo, "live").status_code == 200
        assert not fresh_demo.database.exists()
    assert clone(fresh_api, "Away").status_code == 200
    assert fresh_api.get("/acd/groups").json()["count"] == 40
    assert get_health(fresh_demo, "ready").status_code == 200
    trouble = "ERROR The database cannot be used now: the database file is gone or empty"
    assert read_troubles(fresh_demo.log) == 3 * [trouble]


def test_replace_database_by_garbage_tells_no_detail(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    with moved_away(fresh_demo.database, *ALL_FILES):
        fresh_demo.database.write_bytes(b"garbage " * 2000)
        for answer in (fresh_api.get("/acd/groups"), clone(fresh_api, "Garbage")):
            assert (answer.status_code, answer.text) == (500, BROKEN)
        ready, live = (get_health(fresh_demo, kind) for kind in ("ready", "live"))
    assert clone(fresh_api, "Garbage").status_code == 200
    log = fresh_demo.log.read_text()
    assert [trouble.split()[0] for trouble in read_troubles(fresh_demo.log)] == 3 * ["ERROR"]
    assert not any(text in log for text in ("Traceback", str(fresh_demo.database.parent), "select", "pragma"))
    assert (ready.status_code, ready.text, live.status_code) == (503, UNAVAILABLE, 200)


def test_replace_database_by_another_serves_that(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    copy = copy_database(fresh_demo.database)
    assert clone(fresh_api, "Not in the copy").status_code == 200
    for suffix in ALL_FILES:
        Path(f"{fresh_demo.database}{suffix}").unlink()
    copy.rename(fresh_demo.database)
    assert fresh_api.get("/dialler/campaigns").json()["count"] == 5
    assert clone(fresh_api, "Not in the copy").status_code == 200
    assert_refuses_another_beside_log(fresh_demo, fresh_api)


def test_replace_database_beside_its_log_is_unavailable(fresh_demo: Service, fresh_api: httpx.Client) -> None:
    assert_refuses_another_beside_log(fresh_demo, fresh_api)
    assert clone(fresh_api, "After").status_code == 200


def assert_refuses_another_beside_log(service: Service, api: httpx.Client) -> None:
    copy = copy_database(service.database)
    with moved_away(service.database, ""):
        copy.rename(service.database)
        for answer in (api.get("/acd/groups"), clone(api, "Beside")):
            assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, UNAVAILABLE, "1")
    assert api.get("/acd/groups").status_code == 200


def test_clone_from_many_threads_keeps_every_clone(fresh_api: httpx.Client) -> None:
    names = [f"Thread {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: clone(fresh_api, name), names))
    assert [answer.status_code for answer in answers] == 40 * [200]
    clones = [answer.json()["records"][0] for answer in answers]
    assert len({clone["ID"] for clone in clones}) == 40
    stored = fresh_api.get("/dialler/campaigns?filter=startswith(Name,'thread ')").json()["records"]
    assert sorted(stored, key=lambda record: str(record["Name"])) == sorted(clones, key=lambda record: record["Name"])


def test_clone_to_one_name_from_many_threads_makes_one(fresh_api: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: clone(fresh_api, "One of many threads").status_code, range(8)))
    assert sorted(answers) == [200, *(7 * [409])]
    assert fresh_api.get("/dialler/campaigns/campaign?name=One of many threads").json()["count"] == 1
