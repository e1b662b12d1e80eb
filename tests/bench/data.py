"""`make bench-data`: what a large database costs, side by side with a small one and with bare SQLite.

Each figure is a ratio of two things measured in turn in one run, medians of several rounds, with its limit.
"""

import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from data import campaigns, store
from handlers.files.contacts import CSV
from tests.bench.database import NUMBERS, build
from tests.bench.figures import Figure, print_figures
from tests.support.service import Service
from tests.support.sqlite import connection

LARGE = {"contacts": 10_000_000, "campaigns": 10_000, "events": 100_000}
SMALL = {"contacts": 1_000, "campaigns": 10, "events": 1_000}
ROUNDS = 15
PAGE = "/dialler/contacts?limitPageSize=100"
IMPORT = "/dialler/contacts/import/batch?diallerCampaignsID=1"
JUMP = 1_000_000
REST_SECONDS = 0.1
IMPORTED = 100_000
CODES = 1_000
RESULT_CODES = f"""
    {NUMBERS}
    insert into DiallerCampaignsResultCodes (
        DiallerCampaignsID, DiallerResultCodesTypesID, ExportKey, bDone, bAborted, bDelay, bAppointment, bAllowDelete
    )
    select 3, 1, 'Key ' || N, 1, 0, 0, 0, 1 from Numbers
"""
TEXTS = """
    insert into DiallerCampaignsResultCodesTexts (DiallerCampaignsResultCodesID, LanguagesID, Content)
    select ID, 1, ExportKey from DiallerCampaignsResultCodes where DiallerCampaignsID = 3
"""
# Of a whole list, sent or read.
PART = 64 * 1024
ROWS_READ = (
    f"select * from DiallerContacts where ClientsID = 1 and Extra = '{{}}' order by Name, ID limit 100 offset {JUMP}"
)


class Client:
    """A client of a server, on one connection."""

    def __init__(self, service: Service, token: str) -> None:
        self.service = service
        self.connection = HTTPConnection(str(urlsplit(service.url).netloc), timeout=600)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.count = 0

    def open(self, method: str, path: str, body: str | None = None) -> HTTPResponse:
        """Send a request and return its answer, of which the header has come.

        It is another one each time, so that no answer that was kept serves it.
        """
        self.count += 1
        headers = {**self.headers, "X-Request-Number": str(self.count)}
        self.connection.request(method, f"/rest/v1.0/1{path}", body, headers)
        answer = self.connection.getresponse()
        assert answer.status == 200, answer.read()
        return answer

    def send(self, method: str, path: str, body: str | None = None) -> None:
        """Send a request and read its answer."""
        self.open(method, path, body).read()

    def read(self, path: str) -> Callable[[], None]:
        """Return the work of reading an answer to its end."""

        def work() -> None:
            answer = self.open("GET", path)
            while answer.read(PART):
                pass

        return work

    def read_beginning(self, path: str) -> Callable[[], None]:
        """Return the work of reading the first part of an answer, on a new connection."""

        def work() -> None:
            self.open("GET", path).read(1)

        return work

    def walk(self, path: str) -> Callable[[], None]:
        """Return the work of reading the next page each time, and the first one again after the last."""
        target = path

        def work() -> None:
            nonlocal target
            answer = self.open("GET", target)
            answer.read()
            link, more, _ = str(answer.headers["Link"]).partition('>; rel="next"')
            target = path.partition("?")[0] + link.rpartition("<")[2] if more else path

        return work

    def read_peak(self) -> int:
        """Return the most memory that the server has had, in KiB."""
        status = Path(f"/proc/{self.service.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])


def measure(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(first: Callable[[], object], second: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return how much longer the first takes than the second, each run in turn."""
    times = [(measure(first), measure(second)) for _ in range(rounds)]
    return median(time for time, _ in times) / median(time for _, time in times)


def compare_pages(large: Client, small: Client) -> Iterator[Figure]:
    """A page at first, the next ones page by page, and one far behind."""
    for what, path in (("contacts", PAGE), ("events", PAGE.replace("dialler/contacts", "acd/events"))):
        yield Figure(f"first page of 100 {what}", compare(large.read(path), small.read(path), 100), 2)
        yield Figure(f"next pages of 100 {what}", compare(large.walk(path), small.walk(path), 100), 2)
    jump = large.read(f"{PAGE}&limitStart={JUMP}")
    yield Figure("jump to row 1,000,000, against reading the rows before", compare(jump, _ask(ROWS_READ), 5), 0.1)
    skipping = compare(jump, _ask(ROWS_READ.replace(" and Extra = '{}'", "")), 5)
    print(f"for comparison: jump to row 1,000,000, against skipping in the bare index: {skipping:.2f}")


def compare_search() -> Iterator[Figure]:
    """A partial name among 10,000 campaigns."""
    for text in ("12345", "nothing"):
        scan = _ask(f"select count(*) from DiallerCampaigns where instr(NameFolded, '{text}')")
        yield Figure(f"search for '{text}' in 10,000 names", compare(partial(campaigns.find, 1, text), scan, 50), 1.5)


def compare_import(folder: Path) -> Iterator[Figure]:
    """Contacts that are imported, against bare SQLite into the same table."""
    file = folder / "contacts.csv"
    rows = [_new_contact(number) for number in range(IMPORTED)]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
    columns = ("ClientsID", "DiallerCampaignsID", "dtImported", *rows[0])
    with file.open(encoding="utf-8", newline="") as lines:
        # Read back, as it is not one text that all rows share in a file either.
        reader = csv.reader(lines, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
        values = [(1, 1, "2026-11-24T00:00:00.000", *row) for row in islice(reader, 1, None)]
    times = []
    for number in range(7):
        token = build(folder / f"ours{number}.db", SMALL)
        with Service(folder / f"ours{number}.db") as service:
            client = Client(service, token)
            client.headers["Content-Type"] = CSV
            # Once before, since the first one reads the contract.
            client.send("POST", IMPORT, "")
            ours = measure(partial(client.send, "POST", IMPORT, file.read_text(encoding="utf-8")))
        build(folder / f"bare{number}.db", SMALL)
        times.append((ours, measure(partial(_insert, columns, values))))
    ours, bare = (IMPORTED / median(column) for column in zip(*times, strict=True))
    print(f"for comparison: import {ours:,.0f} contacts/s, bare executemany {bare:,.0f} contacts/s")
    yield Figure("time of an import, against bare executemany", bare / ours, 2)


def compare_stream(large: Client, small: Client) -> Iterator[Figure]:
    """A list of a million contacts that is sent whole."""
    path = "/dialler/contacts?diallerCampaignsID=2"
    times = []
    for _ in range(ROUNDS):
        for client in (large, small):
            client.connection.close()
            # Until the server has seen that nobody reads the rest of the last one.
            time.sleep(REST_SECONDS)
        times.append((measure(large.read_beginning(path)), measure(small.read_beginning(path))))
    first = median(time for time, _ in times) / median(time for _, time in times)
    yield Figure("first byte of a list of 1,000,000, against one of 100", first, 2)
    large.connection.close()
    large.read(f"{path}&limitPageSize={JUMP // 10}")()
    before = large.read_peak()
    large.read(path)()
    yield Figure("memory after a list of 1,000,000, against one of 100,000", large.read_peak() / before, 1.1)


def compare_clone() -> Iterator[Figure]:
    """Statements of a clone with 1,000 result codes."""
    with store.atomic():
        store.execute(RESULT_CODES, count=CODES)
        store.execute(TEXTS)
    (name,) = store.query("select Name from DiallerCampaigns where ID = 3")
    statements: list[str] = []
    sqlite = connection()
    sqlite.set_trace_callback(statements.append)
    campaigns.clone(1, name["Name"], "Copy", None)
    sqlite.set_trace_callback(None)
    inserts = [statement for statement in statements if "insert into" in statement]
    yield Figure("inserts of a clone with 1,000 result codes, against its 3 tables", len(inserts) / 3, 1)


def compare_delete(large: Client) -> Iterator[Figure]:
    """A campaign with a million contacts that is deleted, and other writers meanwhile."""
    gone, small = (f"/dialler/campaigns/campaign/{number}" for number in (1, 4))
    few = measure(partial(large.send, "DELETE", small))
    while store.query("select 1 from DiallerContactsPurges"):
        time.sleep(REST_SECONDS)
    many = measure(partial(large.send, "DELETE", gone))
    clones: list[float] = []
    others: list[float] = []
    chance = random.Random(4)
    while store.query("select 1 from DiallerContactsPurges"):
        body = json.dumps({"source": "Copy", "destination": f"Copy {len(clones)}"})
        clones.append(measure(partial(large.send, "POST", "/dialler/campaigns/clone", body)))
        # At any moment of the purge, not only when it has just let a clone through.
        time.sleep(chance.uniform(0, REST_SECONDS))
        others.append(measure(_rename))
    print(f"for comparison: answer after {many * 1000:.1f} ms, {len(clones)} clones and {len(others)} other writes")
    yield Figure("answer to a deletion with 1,000,000 contacts, against one with 800", many / few, 2)
    yield Figure("longest wait of another writer beside the purge, against 100 ms", max(clones) / 0.1, 1)
    yield Figure("longest wait of another process beside the purge, against 100 ms", max(others) / 0.1, 1)


def _rename() -> None:
    with store.atomic():
        store.execute("update DiallerCampaigns set UserData = 'renamed' where ID = 5")


def _ask(sql: str) -> Callable[[], object]:
    return partial(store.query, sql)


def _new_contact(number: int) -> dict[str, Any]:
    # Half of the fields are empty, as in the large database.
    own = {"UserData": f"NEW{number}", "Name": f"Name {number * 2654435761 % 4294967296:08x}", "Amount": number + 0.5}
    own |= {"PhoneNumber1": f"+49{number}", "PhoneNumber2": f"+43{number}", "Email": f"contact{number}@example.org"}
    texts = ("Client", "Service", "ReferenceNumber", "FirstName", "Salutation", "Company", "Address", "PostalCode")
    return {**own, **dict.fromkeys((*texts, "City", "Country", "Region", "Comment", "Tag"), "Some text")}


def _insert(columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
    with store.atomic():
        store.insert_all("DiallerContacts", columns, values)


def main() -> None:
    """Build the databases, measure, and print each figure with its limit; fail if one does not keep it."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures += compare_import(folder)
        token = build(folder / "small.db", SMALL)
        with Service(folder / "small.db") as small_service:
            small = Client(small_service, token)
            token = build(folder / "large.db", LARGE)
            with Service(folder / "large.db") as large_service:
                large = Client(large_service, token)
                for part in (compare_pages(large, small), compare_search(), compare_stream(large, small)):
                    figures += part
                figures += compare_clone()
                figures += compare_delete(large)
    print_figures(figures)
    sys.exit(not all(figure.is_kept for figure in figures))


if __name__ == "__main__":
    main()
