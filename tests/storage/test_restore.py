"""A restored backup is served at once; one that is refused changes nothing, and what was damaged is kept."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from data.store import maintenance
from data.store.sqlite import sqlite3
from data.store.sqlite.schema import newest_version
from tests.support.campaigns import SOURCE, clone
from tests.support.files import (
    DAMAGES,
    LARGER,
    check_refusal,
    execute,
    garble,
    read_answers,
    read_names,
    read_rows,
    read_served_names,
    run_maintenance,
    run_on_full_disk,
)
from tests.support.first_version import make_old
from tests.support.service import Service
from tests.support.writer import Writer

pytestmark = pytest.mark.sqlite

# They read what the first version's database does not have.
NEWER = ("/dialler/contacts?orderBy=ID", "/acd/events", "/acd/groups?filter=contains(Name,'x')")

Rounds = Callable[[int, int], int]


def test_restore_into_running_server_is_served_at_once(
    fresh_demo: Service, fresh_api: httpx.Client, sound: Path
) -> None:
    before = read_answers(fresh_api)
    clone(fresh_api, "Later")
    assert fresh_api.delete("/dialler/campaigns/campaign", params={"name": SOURCE}).status_code == 200
    assert read_answers(fresh_api) != before
    assert run_maintenance("restore", sound, fresh_demo.database) == (0, "", "")
    assert read_answers(fresh_api) == before
    clone(fresh_api, "Later")


def test_restore_older_backup_into_running_server_meets_no_older_schema(
    fresh_demo: Service, fresh_api: httpx.Client, tmp_path: Path
) -> None:
    backup = make_old(tmp_path / "old.db")
    # The command itself does no more.
    maintenance.restore(backup, fresh_demo.database)
    answers = [fresh_api.get(path) for path in NEWER]
    assert [answer.status_code for answer in answers] == [200] * len(NEWER)
    assert [record["ID"] for record in answers[0].json()["records"]] == [215380, 215381, 215395, 215396]
    clone(fresh_api, "Later")
    assert read_rows(fresh_demo.database, "pragma user_version") == [(newest_version(),)]
    assert read_rows(backup, "pragma user_version") == [(1,)]
    assert not list(tmp_path.glob("*.part*"))


def test_restore_while_being_written_leaves_it_sound(fresh_demo: Service, sound: Path, rounds: Rounds) -> None:
    with Writer(fresh_demo) as writer:
        for _ in range(rounds(1, 20)):
            writer.await_more(writer.acknowledged)
            assert run_maintenance("restore", sound, fresh_demo.database) == (0, "", "")
        writer.await_more(writer.acknowledged)
        last = writer.acknowledged[-1]
    assert writer.refused == []
    assert last in read_served_names(fresh_demo)
    assert run_maintenance("check", None, fresh_demo.database) == (0, "sound\n", "")


def test_restore_where_no_database_is_makes_one(sound: Path, tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    assert run_maintenance("restore", sound, database) == (0, "", "")
    assert read_names(database) == read_names(sound)
    assert database.stat().st_mode & 0o777 == 0o600


def test_restore_into_damaged_file_keeps_that_beside(copy: Path, sound: Path) -> None:
    garble(copy)
    garbage = copy.read_bytes()
    assert run_maintenance("restore", sound, copy) == (0, "", "")
    assert read_names(copy) == read_names(sound)
    assert copy.with_name("copy.db.damaged1").read_bytes() == garbage


def test_restore_into_damaged_database_that_is_served_keeps_that_beside(
    fresh_demo: Service, fresh_api: httpx.Client, sound: Path
) -> None:
    before = read_answers(fresh_api)
    execute(fresh_demo.database, ["pragma wal_checkpoint(truncate)"])
    garble(fresh_demo.database)
    garbage = fresh_demo.database.read_bytes()
    assert run_maintenance("restore", sound, fresh_demo.database) == (0, "", "")
    assert fresh_demo.database.with_name("freiton.db.damaged1").read_bytes() == garbage
    assert read_answers(fresh_api) == before
    clone(fresh_api, "Later")
    fresh_demo.stop()
    assert "Later" in read_names(fresh_demo.database)


@pytest.mark.parametrize("kind", ["flipped page", "newer", "garbage", "empty"])
def test_restore_damaged_file_is_refused_and_nothing_changed(
    demo: Service, api: httpx.Client, copy: Path, kind: str
) -> None:
    damage, problem = DAMAGES[kind]
    damage(copy)
    before = read_answers(api)
    check_refusal(run_maintenance("restore", copy, demo.database), copy, problem)
    assert read_answers(api) == before
    assert not demo.database.with_name(f"{demo.database.name}.damaged1").exists()


def test_restore_on_full_disk_is_refused_and_nothing_changed(demo: Service, api: httpx.Client, copy: Path) -> None:
    execute(copy, [LARGER])
    before = read_answers(api)
    code, error = run_on_full_disk("restore", str(copy), "--database", str(demo.database))
    assert (code, error) == (1, f"freiton: {demo.database} cannot be written: disk I/O error\n")
    assert read_answers(api) == before


def test_restore_onto_itself_is_refused(copy: Path) -> None:
    content = copy.read_bytes()
    assert run_maintenance("restore", copy, copy) == (1, "", f"freiton: {copy} is the database itself\n")
    assert copy.read_bytes() == content


def test_restore_into_damaged_file_again_keeps_both_beside(copy: Path, sound: Path) -> None:
    for content in (b"first " * 4096, b"second" * 4096):
        copy.write_bytes(content)
        assert run_maintenance("restore", sound, copy) == (0, "", "")
    assert copy.with_name("copy.db.damaged1").read_bytes() == b"first " * 4096
    assert copy.with_name("copy.db.damaged2").read_bytes() == b"second" * 4096


def test_restore_into_database_that_stays_locked_is_refused_in_time(copy: Path, sound: Path) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as other:
        other.execute("pragma journal_mode = wal")
        other.execute("begin immediate")
        answer = run_maintenance("restore", sound, copy)
    assert answer == (1, "", f"freiton: {copy} cannot be written: database is locked\n")
    assert not copy.with_name("copy.db.damaged1").exists()


def test_restore_into_database_that_cannot_be_read_leaves_it(copy: Path, sound: Path) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as other:
        other.execute("begin exclusive")
        answer = run_maintenance("restore", sound, copy)
    assert answer == (1, "", f"freiton: {copy} cannot be written: database is locked\n")
    assert run_maintenance("check", None, copy) == (0, "sound\n", "")
    assert not copy.with_name("copy.db.damaged1").exists()
