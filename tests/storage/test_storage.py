"""The store keeps what is committed, takes back what fails, and says if it cannot be used now."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from pathlib import Path

import pytest

from data import contacts, store
from data.lists.listing import list_page
from data.lists.pages import Page, Source
from data.opening import fill
from data.store import writers
from data.store.sqlite import sqlite3
from tests.support.databases import is_postgresql, open_database
from tests.support.sqlite import connection


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A new database, whose store the test is in."""
    path = tmp_path / "store.db"
    with open_database(path, create=True):
        yield path


def add_clients(*names: str) -> None:
    with store.atomic():
        for name in names:
            store.execute("insert into Clients (Name) values (:name)", name=name)


def read_pragma(name: str) -> object:
    value: object = connection().execute(f"pragma {name}").fetchone()[0]
    return value


def test_fill_database_that_another_process_has_filled_changes_nothing(database: Path) -> None:
    fill(demo=True)
    counts = "select (select count(*) from Languages) as Languages, (select count(*) from Clients) as Clients"
    assert store.values(counts) == (2, 0)


@pytest.mark.sqlite
@pytest.mark.usefixtures("database")
def test_connect_in_each_thread_keeps_references_and_syncs_to_disk() -> None:
    pragmas = ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
    with ThreadPoolExecutor(1) as thread:
        for run in (map, thread.map):
            contexts = [copy_context() for _ in pragmas]
            values = run(lambda context, pragma: context.run(read_pragma, pragma), contexts, pragmas)
            assert list(values) == [1, 2, "wal", 5000]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("name", "error"), [("One", store.NotUnique), ("", store.EngineError)])
def test_write_that_fails_is_rolled_back(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        add_clients("One", name)
    assert store.query("select Name from Clients") == []
    add_clients("One")
    assert store.query("select Name from Clients") == [{"Name": "One"}]


@pytest.mark.usefixtures("database")
def test_part_of_write_that_fails_is_undone_with_the_parts_within_it() -> None:
    def write_parts() -> None:
        with store.atomic():
            add_clients("Undone")
            add_clients("Kept")

    with store.atomic():
        add_clients("Kept")
        with pytest.raises(store.NotUnique):
            write_parts()
    assert store.query("select Name from Clients") == [{"Name": "Kept"}]


@pytest.mark.usefixtures("database")
def test_write_tells_of_its_commit_and_not_when_it_is_rolled_back() -> None:
    told: list[str] = []

    def write(*names: str) -> None:
        with store.atomic():
            store.current().after_commit(lambda: told.append(names[0]))
            add_clients(*names)
            assert told == []

    with pytest.raises(store.NotUnique):
        write("Twice", "Twice")
    write("Once")
    assert told == ["Once"]


@pytest.mark.usefixtures("database")
def test_run_wrong_statement_is_no_passing_trouble() -> None:
    message = 'relation "Missing" does not exist' if is_postgresql() else "no such table: Missing"
    with pytest.raises(store.EngineError, match=message):
        store.query("select ID from Missing")


@pytest.mark.usefixtures("database")
def test_list_by_unknown_column_is_refused() -> None:
    page = Page(filter_="", limit_start=0, limit_page_size=-1, order_by="ID; --", ascending=True)
    with pytest.raises(ValueError, match="AcdGroups has no column ID; --"):
        list_page(Source("AcdGroups"), page)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("filter_", "total"), [("", 4711), ("ID ge 0", None)])
def test_list_that_counts_in_its_own_way_does_so(filter_: str, total: int | None) -> None:
    source = Source("AcdGroups", count_all=lambda: 4711, counts_filtered=False)
    page = Page(filter_=filter_, limit_start=0, limit_page_size=1, order_by="ID", ascending=True)
    assert list_page(source, page).total == total


@pytest.mark.sqlite
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("order_by", ["ID", "Name"])
@pytest.mark.parametrize("ascending", [True, False])
def test_list_in_order_of_an_index_reads_no_record_beyond_the_page(order_by: str, ascending: bool) -> None:
    statements: list[str] = []
    sqlite = connection()
    sqlite.set_trace_callback(statements.append)
    contacts.list_all(1, Page("", 0, 10, order_by, ascending), None)
    sqlite.set_trace_callback(None)
    reads = [statement for statement in statements if "Picked" in statement]
    plans = [row["detail"] for read in reads for row in store.query(f"explain query plan {read}")]
    assert plans
    # A sort would read the records of all IDs first.
    assert not [step for step in plans if "TEMP B-TREE" in step]


def test_list_from_cursor_whose_records_are_gone_leads_back(tmp_path: Path) -> None:
    source, page = Source("AcdEventStatus"), Page("", 0, 1, "ID", True)
    with open_database(tmp_path / "demo.db", create=True, demo=True):
        behind = page._replace(cursor=list_page(source, page).following or "")
        with store.atomic():
            store.execute("delete from AcdEvents")
            store.execute("delete from AcdEventStatus where ID > 0")
        listing = list_page(source, behind)
        assert [chunk.size for chunk in listing.chunks] == [0]
        assert listing.following is None
        assert list_page(source, page._replace(cursor=listing.previous or "")).start == 0


@pytest.mark.usefixtures("database")
def test_write_while_other_thread_writes_for_long_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "BUSY_SECONDS", 0)
    with store.atomic(), ThreadPoolExecutor(1) as thread:
        writing = thread.submit(copy_context().run, lambda: store.atomic().__enter__())
        assert isinstance(writing.exception(), store.Unavailable)


@pytest.mark.sqlite
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
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as other:
            assert other.execute("select count(*) from Clients").fetchone() == (0,)


# IMPORT
