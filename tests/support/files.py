"""Database files to back up, restore and check: how they are read, run, and broken."""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlite_utils import Database

from data.store.sqlite.schema import newest_version
from tests.support.databases import connect, is_postgresql, writing
from tests.support.service import FREITON, TOP, Service, run_freiton

FULL_DISK = 'ulimit -f 2048; exec "$@"'
LARGER = "update DiallerCampaigns set UserData = printf('%.1000000c', 'x')"
PATHS = ("/dialler/campaigns", "/acd/groups", "/dialler/campaigns/campaign/500/resultCodes?languagesID=2")
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1"
SEQUENCE = "select seq from sqlite_sequence where name = '{}'"
NAMES = "select Name from DiallerCampaigns where ClientsID = 1"
# With the number of groups, and a text that makes each of them longer.
ADD_GROUPS = """
    insert into AcdGroups (ClientsID, Name, NameFolded, Extra, TarifAnnouncementWavesID)
    with recursive Numbers (n) as (select 1 union all select n + 1 from Numbers where n < {})
    select 1, 'Long ' || (n * 7919 % 10007), 'long ' || (n * 7919 % 10007), '{{"Filler":"{}"}}',
        nullif(n % 3, 0)
    from Numbers
"""

Damage = Callable[[Path], None]


def _running(*statements: str) -> Damage:
    return lambda file: execute(file, statements)


def _replace(file: Path) -> None:
    file.unlink()
    execute(file, ["create table Other (ID integer)"])


def flip_page(file: Path) -> None:
    """Damage a database's last page."""
    content = file.read_bytes()
    file.write_bytes(content[:-4096] + bytes(byte ^ 0xFF for byte in content[-4096:]))


def garble(file: Path) -> None:
    """Make a file one that is no database."""
    file.write_bytes(b"garbage " * 4096)


NO_KEYS = "pragma foreign_keys = off"
ORPHAN = "insert into DiallerCampaignsResultCodesTexts values (77, 1, 'Text', null)"
OTHER_VERSION = f"its schema has version {{}}, and this Freiton knows 1 to {newest_version()}"
ORPHANED = "belongs to a row of {} that is not there"
DAMAGES: dict[str, tuple[Damage, str]] = {
    "flipped page": (flip_page, "its pages do not fit together: "),
    "newer": (_running("pragma user_version = 999"), OTHER_VERSION.format(999)),
    "garbage": (garble, "it cannot be read as a database: file is not a database"),
    "empty": (partial(os.truncate, length=0), OTHER_VERSION.format(0)),
    "another's database": (_replace, OTHER_VERSION.format(0)),
    "cut": (partial(os.truncate, length=65_536), "database disk image is malformed"),
    "orphan codes": (
        _running(NO_KEYS, "delete from DiallerCampaigns where ID = 500"),
        f" of DiallerCampaignsResultCodes {ORPHANED.format('DiallerCampaigns')}",
    ),
    "orphan text": (
        _running(NO_KEYS, ORPHAN),
        f"a row of DiallerCampaignsResultCodesTexts {ORPHANED.format('DiallerCampaignsResultCodes')}",
    ),
}


def check_refusal(answer: tuple[int, str, str], file: Path, problem: str) -> None:
    """Check that a command refused a damaged file in one line that says what is wrong with it."""
    code, output, error = answer
    assert (code, output) == (1, "")
    assert error.startswith(f"freiton: {file} is damaged: ")
    assert problem in error
    assert error.count("\n") == 1


def read_answers(api: httpx.Client) -> list[str]:
    """Return what a server answers."""
    return [api.get(path).text for path in PATHS]


def read_served_names(service: Service) -> set[str]:
    """Return the names of the campaigns that a server has."""
    with service.client() as api:
        return {campaign["Name"] for campaign in api.get("/dialler/campaigns").json()["records"]}


def read_names(file: Path) -> set[str]:
    """Return the names of the campaigns that are in a file."""
    return {name for (name,) in read_rows(file, NAMES)}


def read_rows(database: Path, sql: str) -> list[Any]:
    """Return the rows of a query in a database."""
    with connect(database, read_only=True) as connection:
        rows: list[Any] = connection.execute(sql).fetchall()
        return rows


def read_last_id(database: Path, table: str) -> int:
    """Return the highest ID that a table has given."""
    sql = "select Last from Sequences where Name = '{}'" if is_postgresql() else SEQUENCE
    ((last,),) = read_rows(database, sql.format(table))
    return int(last)


def read_contents(database: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables, but for the mark of the log, which the first write after a start may renew."""
    if is_postgresql():
        return _read_tables(database)
    with Database(database) as opened:
        return {table.name: list(table.rows) for table in opened.tables if table.name != "WriteAheadLog"}


def _read_tables(database: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables of a PostgreSQL database, in an order of their values."""
    with connect(database) as connection:
        contents = {}
        for (name,) in connection.execute(TABLES).fetchall():
            rows = connection.execute(f"select * from {name} as Read order by Read::text")
            columns = [column.name for column in rows.description]
            contents[name] = [dict(zip(columns, row, strict=True)) for row in rows]
        return contents


def execute(database: Path, statements: Iterable[str]) -> None:
    """Run statements on a database."""
    with connect(database) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the write lock of a database."""
    with writing(database):
        yield


def damage(database: Path) -> None:
    """Overwrite a quarter of a database, behind its middle."""
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(os.urandom(size // 4))


def run_maintenance(command: str, file: Path | None, database: Path) -> tuple[int, str, str]:
    """Run `freiton backup`, `restore` or `check` and return exit code, output and error."""
    run = run_freiton(command, *([] if file is None else [str(file)]), "--database", str(database))
    return run.returncode, run.stdout, run.stderr


def run_on_full_disk(*arguments: str) -> tuple[int, str]:
    """Run the command line where no file may grow beyond 1 MiB and return exit code and error."""
    run = subprocess.run(
        ["sh", "-c", FULL_DISK, "sh", *FREITON, *arguments], cwd=TOP, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stderr
