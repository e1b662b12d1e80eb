"""A backup is whole whatever goes on, a restored one is served at once, and `freiton check` says what is wrong."""

import os
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.store import sqlite3
from tests.service import FREITON, TOP, Service, run_freiton
from tests.writer import SOURCE, Writer

FULL_DISK = 'ulimit -f 2048; exec "$@"'
LARGER = "update DiallerCampaigns set UserData = printf('%.1000000c', 'x')"
PATHS = ("/dialler/campaigns", "/acd/groups", "/dialler/campaigns/campaign/500/resultCodes?languagesID=2")
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
        for _ in range(rounds(1, 20)):
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


def test_back_up_on_full_disk_is_refused_and_leaves_old_backup(copy: Path) -> None:
    _execute(copy, [LARGER])
    old = copy.with_name("old.db")
    old.write_bytes(b"old")
    code, error = _run_on_full_disk("backup", str(old), "--database", str(copy))
    assert (code, error) == (1, f"freiton: {old} cannot be written: disk I/O error\n")
    assert old.read_bytes() == b"old"
    assert not old.with_name("old.db.part").exists()


def test_back_up_damaged_database_is_refused_and_leaves_old_backup(copy: Path) -> None:
    old = copy.with_name("old.db")
    old.write_bytes(b"old")
    _flip_page(copy)
    _check_refusal(_freiton("backup", old, copy), copy, "its pages do not fit together: ")
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
        for _ in range(rounds(1, 20)):
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


def test_restore_into_damaged_file_keeps_that_beside(copy: Path, sound: Path) -> None:
    _garble(copy)
    garbage = copy.read_bytes()
    assert _freiton("restore", sound, copy) == (0, "", "")
    assert _names(copy) == _names(sound)
    assert copy.with_name("copy.db.damaged").read_bytes() == garbage


def test_restore_into_damaged_database_that_is_served_keeps_that_beside(
    fresh_demo: Service, fresh_api: httpx.Client, sound: Path
) -> None:
    before = _answers(fresh_api)
    _execute(fresh_demo.database, ["pragma wal_checkpoint(truncate)"])
    _garble(fresh_demo.database)
    garbage = fresh_demo.database.read_bytes()
    assert _freiton("restore", sound, fresh_demo.database) == (0, "", "")
    assert fresh_demo.database.with_name("freiton.db.damaged").read_bytes() == garbage
    assert _answers(fresh_api) == before
    _clone(fresh_api, "Later")
    fresh_demo.stop()
    assert "Later" in _names(fresh_demo.database)


def _run(*statements: str) -> Damage:
    return lambda file: _execute(file, statements)


def _replace(file: Path) -> None:
    file.unlink()
    _execute(file, ["create table Other (ID integer)"])


def _flip_page(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-4096] + bytes(byte ^ 0xFF for byte in content[-4096:]))


def _garble(file: Path) -> None:
    file.write_bytes(b"garbage " * 4096)


NO_KEYS = "pragma foreign_keys = off"
ORPHAN = "insert into DiallerCampaignsResultCodesTexts values (77, 1, 'Text', null)"
OTHER_VERSION = "its schema has version {}, and this Freiton knows 1 to 1"
ORPHANED = "belongs to a row of {} that is not there"
DAMAGES: dict[str, tuple[Damage, str]] = {
    "flipped page": (_flip_page, "its pages do not fit together: "),
    "newer": (_run("pragma user_version = 999"), OTHER_VERSION.format(999)),
    "garbage": (_garble, "it cannot be read as a database: file is not a database"),
    "empty": (partial(os.truncate, length=0), OTHER_VERSION.format(0)),
    "another's database": (_replace, OTHER_VERSION.format(0)),
    "cut": (partial(os.truncate, length=65_536), "database disk image is malformed"),
    "orphan codes": (
        _run(NO_KEYS, "delete from DiallerCampaigns where ID = 500"),
        f" of DiallerCampaignsResultCodes {ORPHANED.format('DiallerCampaigns')}",
    ),
    "orphan text": (
        _run(NO_KEYS, ORPHAN),
        f"a row of DiallerCampaignsResultCodesTexts {ORPHANED.format('DiallerCampaignsResultCodes')}",
    ),
}


@pytest.mark.parametrize("kind", ["flipped page", "newer", "garbage", "empty"])
def test_restore_damaged_file_is_refused_and_nothing_changed(
    demo: Service, api: httpx.Client, copy: Path, kind: str
) -> None:
    damage, problem = DAMAGES[kind]
    damage(copy)
    before = _answers(api)
    _check_refusal(_freiton("restore", copy, demo.database), copy, problem)
    assert _answers(api) == before
    assert not demo.database.with_name(f"{demo.database.name}.damaged").exists()


@pytest.mark.parametrize("kind", DAMAGES)
def test_check_damaged_file_says_what_is_wrong(copy: Path, kind: str) -> None:
    damage, problem = DAMAGES[kind]
    damage(copy)
    content = copy.read_bytes()
    _check_refusal(_freiton("check", None, copy), copy, problem)
    assert copy.read_bytes() == content


@pytest.mark.parametrize("command", ["check", "backup", "restore"])
def test_run_command_without_file_is_refused(tmp_path: Path, command: str) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    file, database = (missing, other) if command == "restore" else (other, missing)
    answer = _freiton(command, None if command == "check" else file, database)
    assert answer == (1, "", f"freiton: there is no database {missing}\n")
    assert list(tmp_path.iterdir()) == []


def test_restore_on_full_disk_is_refused_and_nothing_changed(demo: Service, api: httpx.Client, copy: Path) -> None:
    _execute(copy, [LARGER])
    before = _answers(api)
    code, error = _run_on_full_disk("restore", str(copy), "--database", str(demo.database))
    assert (code, error) == (1, f"freiton: {demo.database} cannot be written: disk I/O error\n")
    assert _answers(api) == before


def _check_refusal(answer: tuple[int, str, str], file: Path, problem: str) -> None:
    code, output, error = answer
    assert (code, output) == (1, "")
    assert error.startswith(f"freiton: {file} is damaged: ")
    assert problem in error
    assert error.count("\n") == 1


def _clone(api: httpx.Client, name: str) -> None:
    answer = api.post("/dialler/campaigns/clone", json={"source": SOURCE, "destination": name})
    assert answer.status_code == 200, answer.text


def _answers(api: httpx.Client) -> list[str]:
    return [api.get(path).text for path in PATHS]


def _served_names(service: Service) -> set[str]:
    with service.client() as api:
        return {campaign["Name"] for campaign in api.get("/dialler/campaigns").json()["records"]}


def _names(file: Path) -> set[str]:
    return {name for (name,) in _rows(file, NAMES)}


def _rows(file: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        rows: list[Any] = database.execute(sql).fetchall()
        return rows


def _execute(file: Path, statements: Iterable[str]) -> None:
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
