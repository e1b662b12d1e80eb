"""Imports: a file of contacts, against bare COPY of the same rows into a table with the same keys."""

import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import psycopg

from data.store.postgresql.statements import translate
from tests.bench.figures import Figure
from tests.bench.lineup import AUTHORIZATION, BASE
from tests.bench.postgresql.lineup import FREITON, Lineup
from tests.bench.servers import Server

LEAST = 0.5
COUNT = 100_000
SECONDS_TO_IMPORT = 600
HEADER = '"UserData";"Name";"FirstName";"Company";"City";"PhoneNumber1";"PhoneNumber2";"Email";"Comment";"Tag"\n'
# Without the columns of Freiton's own, so that it is a table of contacts with the same keys, constraints and indexes.
MAKE_BARE = "create table Bare (like DiallerContacts including all)"
ROWS = "select * from DiallerContacts where ID > :last"


class Times(NamedTuple):
    """How long an import and a COPY of the same rows take, in seconds, and the CPU time of service and database."""

    import_: float
    service: float
    database: float
    copy: float
    copied: float


def compare_imports(lineup: Lineup, rounds: int, seconds: int) -> Iterator[Figure]:
    """Return the rate of imports against that of COPY; each round adds to both tables."""
    _run(lineup, MAKE_BARE)
    taken = []
    with lineup.serve(FREITON) as (freiton,):
        for number in range(rounds):
            taken.append(_measure(lineup, freiton, make_file(number)))
            print(" ".join(f"{name} {value:.2f} s" for name, value in taken[-1]._asdict().items()), flush=True)
    ratio = median(times.copy / times.import_ for times in taken)
    yield Figure(f"rate of an import of {COUNT:,} contacts, against bare COPY", ratio, LEAST, at_least=True)
    cpu = median(times.copied / (times.service + times.database) for times in taken)
    print(f"CPU time of COPY against that of an import, service and database: {cpu:.2f}")


def make_file(number: int) -> bytes:
    """Return a CSV file of contacts.

    :param number: makes its contacts differ from those of other files.
    """
    lines = (
        f'"R{number}-{line}";"Name {line * 2654435761 % 4294967296:08x}";"First {line % 977}";"Company {line % 5000}";'
        f'"City {line % 3000}";"+49{line}";"+43{line}";"contact{line}@example.org";"Comment {line}";"Tag {line % 10}"\n'
        for line in range(COUNT)
    )
    return (HEADER + "".join(lines)).encode()


def post_file(server: Server, body: bytes) -> None:
    """Import a file of contacts to the campaign 500.

    :raises RuntimeError: it fails.
    """
    connection = server.connect()
    connection.timeout = SECONDS_TO_IMPORT
    headers = {**AUTHORIZATION, "Content-Type": "text/csv"}
    connection.request("POST", f"{BASE}/dialler/contacts/import/batch?diallerCampaignsID=500", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {text[:500]!r}")


def _measure(lineup: Lineup, server: Server, body: bytes) -> Times:
    ((last,),) = _run(lineup, "select max(ID) from DiallerContacts")
    service, database, begin = server.read_cpu(), lineup.read_cpu(), time.perf_counter()
    post_file(server, body)
    imported = time.perf_counter() - begin
    service, database = server.read_cpu() - service, lineup.read_cpu() - database
    with psycopg.connect(lineup.database) as connection, connection.cursor() as cursor:
        rows = ROWS.replace(":last", str(last))
        with cursor.copy(translate(f"copy ({rows}) to stdout")) as copy:
            data = b"".join(map(bytes, copy))
        before, begin = lineup.read_cpu(), time.perf_counter()
        with cursor.copy(translate("copy Bare from stdin")) as copy:
            copy.write(data)
        connection.commit()
        return Times(imported, service, database, time.perf_counter() - begin, lineup.read_cpu() - before)


def _run(lineup: Lineup, sql: str) -> list[tuple[int, ...]]:
    with psycopg.connect(lineup.database) as connection:
        cursor = connection.execute(translate(sql))
        return cursor.fetchall() if cursor.description else []
