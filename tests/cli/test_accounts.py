"""Client accounts and their tokens are added, listed and revoked on the command line; a secret is shown once."""

import re
from binascii import crc32
from pathlib import Path

import pytest

from tests.support.command import assert_fails, succeed
from tests.support.files import read_contents
from tests.support.service import run_freiton

FAILING_CALLS = [
    (["client", "add", "Musterfirma GmbH"], "Musterfirma GmbH"),
    (["client", "add", "Another", "--id", "4711"], "4711"),
    (["token", "add", "--client", "9"], "client 9"),
    (["token", "revoke", "99"], "token 99"),
]


def add_token(database: Path, name: str) -> str:
    return succeed("token", "add", "--client", "4711", "--name", name, "--database", database).removesuffix("\n")


def list_tokens(database: Path) -> list[list[str]]:
    return [line.split("\t") for line in succeed("token", "list", "--database", database).splitlines()]


@pytest.mark.parametrize("name", ["", "two\nlines", "tab\tstop", "\x1b[31m", "\N{ZERO WIDTH SPACE}"])
def test_add_client_with_name_that_is_no_line_ends_with_two(name: str, tmp_path: Path) -> None:
    assert_fails(run_freiton("client", "add", name, cwd=tmp_path), 2, "NAME")
    assert list(tmp_path.iterdir()) == []


def test_add_token_with_name_that_is_no_line_ends_with_two(database: Path) -> None:
    before = list_tokens(database)
    arguments = ("token", "add", "--client", "4711", "--name", "two\nlines", "--database", str(database))
    assert_fails(run_freiton(*arguments), 2, "--name")
    assert list_tokens(database) == before


@pytest.mark.sqlite
def test_list_from_damaged_database_ends_with_one_line(database: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    succeed("backup", damaged, "--database", database)
    content = damaged.read_bytes()
    root = content.index(b"Musterfirma GmbH") // 4096 * 4096
    damaged.write_bytes(content[:root] + bytes(range(1, 101)) + content[root + 100 :])
    assert_fails(run_freiton("client", "list", "--database", str(damaged)), 1, "is damaged", "freiton check")


@pytest.mark.parametrize(("arguments", "culprit"), FAILING_CALLS)
def test_fail_ends_with_one_and_names_the_culprit(arguments: list[str], culprit: str, database: Path) -> None:
    assert_fails(run_freiton(*arguments, "--database", str(database)), 1, culprit)
    assert succeed("client", "list", "--database", database) == "4711\tMusterfirma GmbH\n"


def test_add_clients_gives_ids_that_go_on(tmp_path: Path) -> None:
    added = [
        succeed("client", "add", *arguments, cwd=tmp_path)
        for arguments in (["Musterfirma GmbH"], ["Zweite Österreich AG", "--id", "4711"], ["Third"])
    ]
    assert added == ["1\n", "4711\n", "4712\n"]
    assert succeed("client", "list", cwd=tmp_path) == "1\tMusterfirma GmbH\n4711\tZweite Österreich AG\n4712\tThird\n"


def test_add_token_prints_secret_with_its_checksum(database: Path) -> None:
    token = add_token(database, "checksum")
    assert re.fullmatch("frt_[0-9a-f]{48}", token)
    assert token[44:] == f"{crc32(token[4:44].encode()):08x}"
    assert add_token(database, "checksum") != token


def test_list_tokens_never_shows_the_secret(database: Path) -> None:
    secret = add_token(database, "secret").removeprefix("frt_")[:40]
    number, client, added, revoked, name = list_tokens(database)[-1]
    assert number.isdecimal()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", added)
    assert (client, revoked, name) == ("4711", "-", "secret")
    assert secret not in succeed("token", "list", "--database", database)
    assert all(secret.encode() not in file.read_bytes() for file in database.parent.iterdir())
    assert secret not in repr(read_contents(database))


def test_revoke_token_works_once(database: Path) -> None:
    add_token(database, "revoked")
    number, client, added, _, name = list_tokens(database)[-1]
    assert succeed("token", "revoke", number, "--database", database) == ""
    (after,) = [token for token in list_tokens(database) if token[0] == number]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", after[3])
    assert [*after[:3], after[4]] == [number, client, added, name]
    assert_fails(run_freiton("token", "revoke", number, "--database", str(database)), 1, f"token {number}")
    assert after in list_tokens(database)
