"""Costs: what contacts take of the database server, measured at several sizes in turn."""

import random
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psycopg

from data import contacts, imports, store
from data.contact_rows import make_batch
from data.lists.pages import Page
from data.opening import open_database
from data.purges import PURGE_STEP
from tests.bench.servers import read_cpu
from tests.support.postgresql import create_database, find_program

ACCOUNTS = 10
OPERATIONS = 100
IMPORTED = 2_000
# Contacts of accounts and campaigns from 101 on, one campaign an account.
CONTACTS = """
    insert into DiallerContacts (
        ID, ClientsID, DiallerCampaignsID, UserData, Name, FirstName, Company, City, PhoneNumber1, PhoneNumber2, Email,
        Comment, Tag, dtImported
    )
    select
        N, 101 + N % :accounts, 101 + N % :accounts, 'CON' || N, 'Name ' || md5(N::text), 'First ' || N % 977,
        'Company ' || N % 5000, 'City ' || N % 3000, '+49' || N, '+43' || N, 'contact' || N || '@example.org',
        'Comment on contact ' || N, 'Tag ' || N % 10, '2026-11-24T00:00:00.000'
    from generate_series(:first::bigint, :last::bigint) as Numbers (N)
"""
PURGE = """
    delete from DiallerContacts where ID in
    (select ID from DiallerContacts where ClientsID = 101 order by ID desc limit :count)
"""
# New client accounts with one campaign each.
ADD_CLIENTS = "insert into Clients (ID, Name) select N, N::text from generate_series(101, 110) as Numbers (N)"
ADD_CAMPAIGNS = """
    insert into DiallerCampaigns (ID, ClientsID, Name)
    select N, N, N::text from generate_series(101, 110) as Numbers (N)
"""
# Few enough that a statement ends before the store gives the server up.
FILL_STEP = 20_000
FIRST = 1_000_000
SIZES = """
    select pg_table_size(:name) as heap, pg_indexes_size(:name) as indexes
"""
DEPTH = """
    select level + 1 from bt_metap('"DiallerContactsByName"')
"""

# Name of a cost to its value: CPU time of the database server in µs an operation or a contact, bytes a contact, levels.
Costs = Mapping[str, float]


class Sized:
    """A database with a number of contacts.

    :param server: URL of the database server.
    :param postmaster: the ID of its first process.
    :param count: how many contacts.
    """

    def __init__(self, server: str, postmaster: int, count: int) -> None:
        self.count, self.postmaster = count, postmaster
        self.url = create_database(server, f"contacts{count}")
        self.store = open_database(self.url)
        self.batch = 0
        with self.store.use():
            for first in range(0, count, FILL_STEP):
                last = min(first + FILL_STEP, count) - 1
                with store.atomic():
                    store.execute(CONTACTS, accounts=ACCOUNTS, first=FIRST + first, last=FIRST + last)
            store.execute(
                "insert into Clients (ID, Name) select N, N::text from generate_series(101, 110) as Numbers (N)"
            )
            store.execute(
                "insert into DiallerCampaigns (ID, ClientsID, Name) select N, N, N::text"
                " from generate_series(101, 110) as Numbers (N)"
            )
            contacts.count_all()
            vacuum(self.url)
            store.execute("create extension pageinspect")
            (size,) = store.query(SIZES, name='"DiallerContacts"')
            (levels,) = store.values(DEPTH)
        # Later, what is deleted still takes space.
        self.sizes = {
            "bytes of heap": size["heap"] / count,
            "bytes of indexes": size["indexes"] / count,
            "levels of an index": float(levels),
        }

    def measure(self) -> dict[str, float]:
        """Return all costs, measured once."""
        with self.store.use():
            return {
                **self.sizes,
                "page of 100": self._time(self._read_page),
                "lookup by user data": self._time(self._look_up),
                "contact by ID": self._time(self._get),
                "write of a contact": self._time(self._write),
                "write, in the service": self._time_service(self._write),
                "import of a contact": self._time(self._import, 1) / IMPORTED,
                "purge of a contact": self._time(self._purge, 1) / IMPORTED,
                "backup of a contact": self._back_up() / self.count,
            }

    def _time(self, operate: Callable[[], object], count: int = OPERATIONS) -> float:
        """Return the CPU time of the database server in µs an operation."""
        if count > 1:
            # Prepares the statements.
            for _ in range(3):
                operate()
        # One thread uses one session. The kernel counts the CPU time of its process in nanoseconds.
        (process,) = store.values("select pg_backend_pid()")
        clock = Path(f"/proc/{process}/schedstat")
        before = int(clock.read_text().split()[0])
        for _ in range(count):
            operate()
        return (int(clock.read_text().split()[0]) - before) / count / 1000

    def _time_service(self, operate: Callable[[], object]) -> float:
        """Return the CPU time of this process in µs an operation."""
        before = time.thread_time()
        for _ in range(OPERATIONS):
            operate()
        return (time.thread_time() - before) / OPERATIONS * 1e6

    def _choose(self) -> tuple[int, int]:
        number = FIRST + random.randrange(self.count)
        return 101 + number % ACCOUNTS, number

    def _read_page(self) -> None:
        account, _ = self._choose()
        listing = contacts.list_all(account, Page("", 0, 100, "Name", True), None)
        assert sum(chunk.size for chunk in listing.chunks) == 100

    def _look_up(self) -> None:
        account, number = self._choose()
        assert contacts.find_by_user_data(account, f"CON{number}")

    def _get(self) -> None:
        contacts.get(*self._choose())

    def _write(self) -> None:
        contacts.unlock(*self._choose())

    def _import(self) -> None:
        self.batch += 1
        rows = {
            line: {
                "DiallerCampaignsID": 101,
                "UserData": f"I{self.batch}-{line}",
                "Name": f"Name {random.random()}",
                **{field: f"{field} {line}" for field in ("FirstName", "Company", "City", "Email", "Comment", "Tag")},
                "PhoneNumber1": f"+49{line}",
                "PhoneNumber2": f"+43{line}",
            }
            for line in range(1, IMPORTED + 1)
        }
        imports.import_each(101, [make_batch(rows, {})], overwrite=False, report=len, finish=lambda: None)

    def _purge(self) -> None:
        for _ in range(IMPORTED // PURGE_STEP):
            with store.atomic():
                store.execute(PURGE, count=PURGE_STEP)

    def _back_up(self) -> float:
        """Return the CPU time of a backup in µs."""
        before = read_cpu(self.postmaster)
        command = [find_program("pg_dump"), "--format", "custom", "--compress", "0", self.url]
        subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL)
        return (read_cpu(self.postmaster) - before) * 1e6


def vacuum(url: str) -> None:
    """Clean a database up, and have its statistics made.

    :param url: URL of the database.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def measure_costs(server: str, postmaster: int, counts: tuple[int, ...], rounds: int) -> dict[int, Costs]:
    """Return the median costs at several sizes, each in its turn in each round.

    :param server: URL of the database server.
    :param postmaster: the ID of its first process.
    :param counts: numbers of contacts.
    """
    with ExitStack() as stack:
        databases = [Sized(server, postmaster, count) for count in counts]
        for database in databases:
            stack.callback(database.store.close)
        taken: dict[int, list[dict[str, float]]] = {count: [] for count in counts}
        for number in range(rounds):
            begin = time.monotonic()
            for database in random.sample(databases, len(databases)):
                taken[database.count].append(database.measure())
            print(f"round {number + 1} of {rounds}: {time.monotonic() - begin:.0f} s", flush=True)
    return {count: {name: median(each[name] for each in many) for name in many[0]} for count, many in taken.items()}
