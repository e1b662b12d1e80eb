"""Imports that take several steps, held in the middle so that a test can act meanwhile."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from data.imports import REMOTE_STEP_SIZE, STEP_SIZE
from tests.support.contacts import NDJSON, Record, contact, post_file, to_ndjson
from tests.support.databases import is_postgresql
from tests.support.files import read_rows
from tests.support.hostile import CONTACTS, post_to
from tests.support.raw import connect
from tests.support.service import Service
from tests.support.triggers import Trigger
from tests.support.waiting import await_

TARGET = CONTACTS + b"/import/batch?overwriteDuplicates=true"
# The contacts of a step, which takes half a second with the trigger. It acts on one in ten: PostgreSQL sleeps whole
# milliseconds, and longer where the machine is busy.
STEP = REMOTE_STEP_SIZE if is_postgresql() else STEP_SIZE
SLOW = Trigger("slow", "before insert", "DiallerContacts", "new.UserData like '%0'", seconds=5 / STEP)
# More than a test needs.
MANY = max(3_000, 12 * STEP)
HIDDEN = "select count(*) from DiallerContacts where ID not in (select ID from DiallerContactsPresent)"
UPLOADS = "select count(*) from DiallerContactsUploads"
PENDING = f"{UPLOADS} where bPublished = 1 or nStepped = 0"
VIEW = "select sql from sqlite_schema where name = 'DiallerContactsPresent'"

Importing = Future[httpx.Response]


def make_contacts(campaign: int, numbers: Iterable[int], **fields: str) -> list[Record]:
    """Return contacts, each with user data of its own."""
    return [contact(campaign, UserData=f"L{campaign}-{number}", Name=f"N{number}", **fields) for number in numbers]


def count(database: Path, sql: str) -> int:
    """Return the number that a query gives."""
    ((number,),) = read_rows(database, sql)
    return int(number)


def await_settled(database: Path) -> None:
    """Wait until nothing is left of imports that have ended."""
    await_(lambda: count(database, UPLOADS) == 0)
    if is_postgresql():
        assert read_rows(database, "select ID from DiallerContactsStaged") == []
    else:
        assert_nothing_staged(database)
    assert read_rows(database, "select * from DiallerContactsArrivals") == []
    assert count(database, HIDDEN) == 0


def assert_nothing_staged(database: Path) -> None:
    """Fail unless the tables and the view of imports in a SQLite file are as the migration made them."""
    ((view,),) = read_rows(database, VIEW)
    assert view == (
        "CREATE VIEW DiallerContactsPresent as\nselect * from DiallerContacts"
        " where DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges)"
    )
    assert read_rows(database, "select name from sqlite_schema where name like '%Upload%' and type = 'table'") == [
        ("DiallerContactsUploads",)
    ]


@contextmanager
def importing(api: httpx.Client, database: Path, contacts: list[Record], **params: str) -> Iterator[Importing]:
    """Import contacts, be slow about it during the block, and end behind it; the block begins in the middle.

    :param contacts: of which the last ones are new.
    """
    SLOW.create(database)
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(post_file, api, to_ndjson(contacts), **params)
        try:
            await_(lambda: answer.done() or count(database, HIDDEN) > 0)
            yield answer
        finally:
            SLOW.drop(database)


@contextmanager
def begin_import(service: Service, contacts: list[Record]) -> Iterator[None]:
    """Send contacts to be imported, those with the same user data overwritten, and do not wait for the answer."""
    with connect(service.url) as connection:
        connection.sendall(post_to(TARGET, to_ndjson(contacts), NDJSON.encode()))
        yield
