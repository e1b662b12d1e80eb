"""A backup is whole whatever goes on, a restored one is served at once, and `freiton check` says what is wrong."""

import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.store import sqlite3
from tests.service import FREITON, TOP, Service, run_freiton
from tests.writer import SOURCE, Writer

FULL_DISK = 'ulimit -f 40; exec "$@"'
NAMES = "select Name from DiallerCampaigns where ClientsID = 1"
CODES = (
    "select count(Codes.ID) from DiallerCampaigns as Campaigns"
    " left join DiallerCampaignsResultCodes as Codes on Codes.DiallerCampaignsID = Campaigns.ID"
    " where Campaigns.Name = 'Campaign 1000' or Campaigns.Name like 'Clone %' group by Campaigns.ID"
)

Damage = Callable[[Path], None]
Rounds = Callable[[int, int], int]


@pytest.fixture(scope="module")
def sound(demo: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the demo; not to be changed."""
    file = tmp_path_factory.mktemp("backup") / "sound.db"
    assert _freiton("backup", file, demo.database) == (0, "", "")
    return file


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    """A backup of the demo, to be changed."""
    file = tmp_path / "copy.db"
    file.write_bytes(sound.read_bytes())
    return file


def test_back_up_while_being_written_is_whole_and_has_all_acknowledged(
    fresh_demo: Service, tmp_path: Path, rounds: Rounds
) -> None:
    file = tmp_path / "backup.db"
    with Writer(fresh_demo) as writer:
        for _ in range(rounds(2, 20)):
            writer.await_more(writer.acknowledged)
            before = set(writer.acknowledged)
            assert _freiton("backup", file, fresh_demo.database) == (0, "", "")
            assert _freiton("check", None, file) == (0, "sound\n", "")
            assert before <= _names(file)
            assert len(set(_rows(file, CODES))) == 1
    assert _names(file) <= _served_names(fresh_demo)
    assert writer.refused == []


def test_back_up_leaves_one_private_file(sound: Path) -> None:
    assert [file.name for file in sound.parent.iterdir()] == [sound.name]
    assert sound.stat().st_mode & 0o777 == 0o600


def test_back_up_onto_file_replaces_it_whole(demo: Service, tmp_path: Path) -> None:
    file, left_behind = tmp_path / "backup.db", tmp_path / "backup.db.part"
    file.write_bytes(os.urandom(1_000_000))
    left_behind.write_bytes(os.urandom(1_000_000))
    assert _freiton("backup", file, demo.database) == (0, "", "")
    assert _names(file) == _served_names(demo)
    assert not left_behind.exists()


@pytest.mark.parametrize("link", [None, "symbolic"])
def test_back_up_onto_itself_is_refused(copy: Path, link: str | None) -> None:
    content, target = copy.read_bytes(), copy
    if link:
        target = copy.with_name("link.db")
        target.symlink_to(copy)
    assert _freiton("backup", target, copy) == (1, "", f"freiton: {target} is the database itself\n")
    assert copy.read_bytes() == content


@pytest.mark.parametrize(
    ("place", "reason"), [("missing/backup.db", "No such file or directory"), ("file/backup.db", "Not a directory")]
)
def test_back_up_to_where_nothing_can_be_made_is_refused(
    demo: Service, tmp_path: Path, place: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / place
    assert _freiton("backup", target, demo.database) == (1, "", f"freiton: {target} cannot be written: {reason}\n")


def test_back_up_to_folder_is_a_wrong_call(demo: Service, tmp_path: Path) -> None:
    code, output, error = _freiton("backup", tmp_path, demo.database)
    assert (code, output) == (2, "")
    assert error == f"freiton: Invalid value for 'FILE': File '{tmp_path}' is a directory.\n"


def test_back_up_on_full_disk_is_refused_and_leaves_old_backup(demo: Service, copy: Path) -> None:
    content = copy.read_bytes()
    code, error = _run_on_full_disk("backup", str(copy), "--database", str(demo.database))
    assert (code, error) == (1, f"freiton: {copy} cannot be written: disk I/O error\n")
    assert copy.read_bytes() == content
    assert [file.name for file in copy.parent.iterdir()] == [copy.name]


def test_back_up_damaged_database_is_refused_and_leaves_old_backup(copy: Path) -> None:
    old = copy.with_name("old.db")
    old.write_bytes(b"old")
    _flip_page(copy)
    code, output, error = _freiton("backup", old, copy)
    assert (code, output) == (1, "")
    assert error.startswith(f"freiton: {copy} is damaged: its pages do not fit together: ")
    assert old.read_bytes() == b"old"


def test_restore_into_running_server_is_served_at_once(
    fresh_demo: Service, fresh_api: httpx.Client, sound: Path
) -> None:
    before = _answers(fresh_api)
    _clone(fresh_api, "Later")
    assert fresh_api.delete("/dialler/campaigns/campaign", params={"name": SOURCE}).status_code == 200
    assert _answers(fresh_api) != before
    assert _freiton("restore", sound, fresh_demo.database) == (0, "", "")
    assert _answers(fresh_api) == before
    _clone(fresh_api, "Later")


def test_restore_while_being_written_leaves_it_sound(fresh_demo: Service, sound: Path, rounds: Rounds) -> None:
    with Writer(fresh_demo) as writer:
        for _ in range(rounds(2, 20)):
            writer.await_more(writer.acknowledged)
            assert _freiton("restore", sound, fresh_demo.database) == (0, "", "")
        writer.await_more(writer.acknowledged)
        last = writer.acknowledged[-1]
    assert writer.refused == []
    assert last in _served_names(fresh_demo)
    assert _freiton("check", None, fresh_demo.database) == (0, "sound\n", "")


def test_restore_where_no_database_is_makes_one(sound: Path, tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    assert _freiton("restore", sound, database) == (0, "", "")
    assert _names(database) == _names(sound)
    assert database.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".damaged")] == []


def test_restore_into_damaged_database_keeps_that_beside(
    fresh_demo: Service, fresh_api: httpx.Client, sound: Path
) -> None:
    before = _answers(fresh_api)
    garbage = os.urandom(50_000)
    _execute(fresh_demo.database, "pragma wal_checkpoint(truncate)")
    fresh_demo.database.write_bytes(garbage)
    assert _freiton("restore", sound, fresh_demo.database) == (0, "", "")
    assert fresh_demo.database.with_name("freiton.db.damaged").read_bytes() == garbage
    assert _answers(fresh_api) == before
    _clone(fresh_api, "Later")
    fresh_demo.stop()
    assert "Later" in _names(fresh_demo.database)


def _orphan_codes(file: Path) -> None:
    _execute(file, "pragma foreign_keys = off", "delete from DiallerCampaigns where ID = 500")


def _orphan_text(file: Path) -> None:
    _execute(
        file, "pragma foreign_keys = off", "insert into DiallerCampaignsResultCodesTexts values (77, 1, 'Text', null)"
    )


def _make_newer(file: Path) -> None:
    _execute(file, "pragma user_version = 999")


def _make_foreign(file: Path) -> None:
    file.unlink()
    _execute(file, "create table Other (ID integer)")


def _flip_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for position in range(len(content) - 4096, len(content)):
        content[position] ^= 0xFF
    file.write_bytes(content)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _garble(file: Path) -> None:
    file.write_bytes(b"garbage " * 4096)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


ORPHANED = "belongs to a row of {} that is not there"
DAMAGES: list[tuple[Damage, str]] = [
    (_flip_page, "its pages do not fit together: "),
    (_make_newer, "its schema has version 999, and this Freiton knows 1 to 1"),
    (_garble, "it cannot be read as a database: file is not a database"),
    (_empty, "its schema has version 0, and this Freiton knows 1 to 1"),
    (_make_foreign, "its schema has version 0, and this Freiton knows 1 to 1"),
    (_cut, "database disk image is malformed"),
    (_orphan_codes, f"of DiallerCampaignsResultCodes {ORPHANED.format('DiallerCampaigns')}"),
    (_orphan_text, f"a row of DiallerCampaignsResultCodesTexts {ORPHANED.format('DiallerCampaignsResultCodes')}"),
]


@pytest.mark.parametrize(("damage", "problem"), DAMAGES[:4])
def test_restore_damaged_file_is_refused_and_nothing_changed(
    demo: Service, api: httpx.Client, copy: Path, damage: Damage, problem: str
) -> None:
    damage(copy)
    before = _answers(api)
    code, output, error = _freiton("restore", copy, demo.database)
    assert (code, output) == (1, "")
    assert error.startswith(f"freiton: {copy} is damaged: ")
    assert problem in error
    assert error.count("\n") == 1
    assert _answers(api) == before
    assert not demo.database.with_name(f"{demo.database.name}.damaged").exists()


@pytest.mark.parametrize(("damage", "problem"), DAMAGES)
def test_check_damaged_file_says_what_is_wrong(copy: Path, damage: Damage, problem: str) -> None:
    damage(copy)
    content = copy.read_bytes()
    code, output, error = _freiton("check", None, copy)
    assert (code, output) == (1, "")
    assert error.startswith(f"freiton: {copy} is damaged: ")
    assert problem in error
    assert error.count("\n") == 1
    assert copy.read_bytes() == content


@pytest.mark.parametrize("command", ["check", "backup", "restore"])
def test_run_command_without_file_is_refused(tmp_path: Path, command: str) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    file, database = (missing, other) if command == "restore" else (other, missing)
    answer = _freiton(command, None if command == "check" else file, database)
    assert answer == (1, "", f"freiton: there is no database {missing}\n")
    assert list(tmp_path.iterdir()) == []


def test_restore_on_full_disk_is_refused_and_nothing_changed(demo: Service, api: httpx.Client, sound: Path) -> None:
    before = _answers(api)
    code, error = _run_on_full_disk("restore", str(sound), "--database", str(demo.database))
    assert (code, error) == (1, f"freiton: {demo.database} cannot be written: disk I/O error\n")
    assert _answers(api) == before


def _clone(api: httpx.Client, name: str) -> None:
    answer = api.post("/dialler/campaigns/clone", json={"source": SOURCE, "destination": name})
    assert answer.status_code == 200, answer.text


def _answers(api: httpx.Client) -> list[str]:
    paths = ("/dialler/campaigns", "/acd/groups", "/dialler/campaigns/campaign/500/resultCodes?languagesID=2")
    return [api.get(path).text for path in paths]


def _served_names(service: Service) -> set[str]:
    with service.client() as api:
        return {campaign["Name"] for campaign in api.get("/dialler/campaigns").json()["records"]}


def _names(file: Path) -> set[str]:
    return {name for (name,) in _rows(file, NAMES)}


def _rows(file: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        rows: list[Any] = database.execute(sql).fetchall()
        return rows


def _execute(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def _freiton(command: str, file: Path | None, database: Path) -> tuple[int, str, str]:
    run = run_freiton(command, *([] if file is None else [str(file)]), "--database", str(database))
    return run.returncode, run.stdout, run.stderr


def _run_on_full_disk(*arguments: str) -> tuple[int, str]:
    run = subprocess.run(
        ["sh", "-c", FULL_DISK, "sh", *FREITON, *arguments], cwd=TOP, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stderr
