"""A backup is whole whatever goes on, and nothing is backed up that is damaged."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.files import (
    LARGER,
    check_refusal,
    execute,
    flip_page,
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

CODES = (
    "select count(Codes.ID) from DiallerCampaigns as Campaigns"
    " left join DiallerCampaignsResultCodes as Codes on Codes.DiallerCampaignsID = Campaigns.ID"
    " where Campaigns.Name = 'Campaign 1000' or Campaigns.Name like 'Clone %' group by Campaigns.ID"
)

Rounds = Callable[[int, int], int]


def test_back_up_while_being_written_is_whole_and_has_all_acknowledged(
    fresh_demo: Service, tmp_path: Path, rounds: Rounds
) -> None:
    file = tmp_path / "backup.db"
    with Writer(fresh_demo) as writer:
        for _ in range(rounds(1, 20)):
            writer.await_more(writer.acknowledged)
            before = set(writer.acknowledged)
            assert run_maintenance("backup", file, fresh_demo.database) == (0, "", "")
            assert run_maintenance("check", None, file) == (0, "sound\n", "")
            assert before <= read_names(file)
            assert len(set(read_rows(file, CODES))) == 1
    assert read_names(file) <= read_served_names(fresh_demo)
    assert writer.refused == []


def test_back_up_database_of_older_version_is_as_it_is(tmp_path: Path) -> None:
    old, file = make_old(tmp_path / "old.db"), tmp_path / "backup.db"
    assert run_maintenance("backup", file, old) == (0, "", "")
    for sql in ("pragma user_version", "select * from DiallerContacts"):
        assert read_rows(file, sql) == read_rows(old, sql)


def test_back_up_leaves_one_private_file(sound: Path) -> None:
    assert [file.name for file in sound.parent.iterdir()] == [sound.name]
    assert sound.stat().st_mode & 0o777 == 0o600


def test_back_up_onto_file_replaces_it_whole(demo: Service, tmp_path: Path) -> None:
    file, left_behind = tmp_path / "backup.db", tmp_path / "backup.db.part"
    file.write_bytes(os.urandom(1_000_000))
    left_behind.write_bytes(os.urandom(1_000_000))
    assert run_maintenance("backup", file, demo.database) == (0, "", "")
    assert read_names(file) == read_served_names(demo)
    assert not left_behind.exists()


@pytest.mark.parametrize("link", [None, "symbolic"])
def test_back_up_onto_itself_is_refused(copy: Path, link: str | None) -> None:
    content, target = copy.read_bytes(), copy
    if link:
        target = copy.with_name("link.db")
        target.symlink_to(copy)
    assert run_maintenance("backup", target, copy) == (1, "", f"freiton: {target} is the database itself\n")
    assert copy.read_bytes() == content


@pytest.mark.parametrize(
    ("place", "reason"), [("missing/backup.db", "No such file or directory"), ("file/backup.db", "Not a directory")]
)
def test_back_up_to_where_nothing_can_be_made_is_refused(
    demo: Service, tmp_path: Path, place: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / place
    assert run_maintenance("backup", target, demo.database) == (
        1,
        "",
        f"freiton: {target} cannot be written: {reason}\n",
    )


def test_back_up_on_full_disk_is_refused_and_leaves_old_backup(copy: Path) -> None:
    execute(copy, [LARGER])
    old = copy.with_name("old.db")
    old.write_bytes(b"old")
    code, error = run_on_full_disk("backup", str(old), "--database", str(copy))
    assert (code, error) == (1, f"freiton: {old} cannot be written: disk I/O error\n")
    assert old.read_bytes() == b"old"
    assert not old.with_name("old.db.part").exists()


def test_back_up_damaged_database_is_refused_and_leaves_old_backup(copy: Path) -> None:
    old = copy.with_name("old.db")
    old.write_bytes(b"old")
    flip_page(copy)
    check_refusal(run_maintenance("backup", old, copy), copy, "its pages do not fit together: ")
    assert old.read_bytes() == b"old"
