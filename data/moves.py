"""Moves: everything in a database is copied to another one, on any engine, and compared table by table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

from data import purges, store

STEP = 2_000
NOT_STORED = ("Record",)
# The tables in the order in which they are filled: what a row refers to is there before it.
TABLES: dict[str, Sequence[str]] = {
    **dict.fromkeys(
        (
            *("Languages", "Clients", "Tokens", "AcdEventTypes", "AcdEventStatus", "AcdGroups", "Users"),
            *("ServiceNumbers", "CockpitVariables", "RoutingApplications", "NetworkIVRLists"),
            *("NetworkIVRListsEntries", "Calls", "AcdEvents", "AcdEventStatusChanges", "DiallerResultCodesTypes"),
            *("DiallerResultCodes", "DiallerCampaigns", "DiallerCampaignsResultCodes", "DiallerContacts"),
            *("DiallerContactsHistory", "StatisticsDiallerCampaigns", "StatisticsPartA", "AcdStatisticsPartB"),
            *("StatisticsPartB", "IdempotencyKeys"),
        ),
        ("ID",),
    ),
    "DiallerResultCodesTypesTexts": ("DiallerResultCodesTypesID", "LanguagesID"),
    "DiallerResultCodesTexts": ("DiallerResultCodesID", "LanguagesID"),
    "DiallerCampaignsResultCodesTexts": ("DiallerCampaignsResultCodesID", "LanguagesID"),
    "DiallerContactsCounts": ("ClientsID", "DiallerCampaignsID"),
    "DiallerContactsImports": ("ClientsID", "File"),
}
# Those whose IDs the engine gives.
NUMBERED = (
    *("Clients", "Tokens", "AcdGroups", "Users", "ServiceNumbers", "CockpitVariables", "RoutingApplications"),
    *("NetworkIVRLists", "NetworkIVRListsEntries", "Calls", "AcdEvents", "AcdEventStatusChanges"),
    *("DiallerCampaigns", "DiallerCampaignsResultCodes", "DiallerContacts", "DiallerContactsHistory"),
    *("StatisticsDiallerCampaigns", "AcdStatisticsPartB", "StatisticsPartB", "IdempotencyKeys"),
)

Report = Callable[[int], object]


class _Table(NamedTuple):
    """A table that is moved.

    :param name: its name.
    :param key: the columns of its primary key.
    :param columns: all its columns, those of the key first.
    """

    name: str
    key: Sequence[str]
    columns: Sequence[str]

    def read(self, after: Sequence[Any] | None) -> Iterator[list[tuple[Any, ...]]]:
        """Return the rows behind a key in its order, some at a time, of the current store.

        :param after: the values of the key; None for all rows.
        """
        key = ", ".join(self.key)
        while True:
            values = {} if after is None else {f"after_{number}": value for number, value in enumerate(after)}
            where = f"({key}) > ({', '.join(f':{name}' for name in values)})" if values else "true"
            rows = store.query(
                f"select {', '.join(self.columns)} from {self.name} where {where} order by {key} limit {STEP}", **values
            )
            if not rows:
                return
            yield [tuple(row.values()) for row in rows]
            after = [rows[-1][column] for column in self.key]

    def find_last(self) -> Sequence[Any] | None:
        """Return the key of the last row in the current store; None if there is none."""
        last = store.one(
            f"select {', '.join(self.key)} from {self.name}"
            f" order by {', '.join(f'{column} desc' for column in self.key)} limit 1"
        )
        return None if last is None else [*last.values()]

    def measure(self) -> int:
        """Return the number of rows in the current store."""
        (count,) = store.values(f"select count(*) from {self.name}")
        return int(count)


class Move:
    """A move from one database to another. It can be stopped at any time, and goes on where it was.

    :param source: the database that is moved; no server may use it until the move has ended.
    :param target: the other one; see `open_target`.
    :raises store.Refused: an import into the source has not ended.
    """

    def __init__(self, source: store.Store, target: store.Store) -> None:
        self.source, self.target = source, target
        with _patiently(source):
            purges.end_all()
            self.tables = [_describe(name, key) for name, key in TABLES.items()]
            # Each row is copied and compared.
            self.length = 2 * sum(table.measure() for table in self.tables)

    def run(self, report: Report) -> None:
        """Copy what is not copied yet, compare everything, and let the target be served.

        :param report: is called with a number of rows that are done.
        :raises store.Refused: the two databases differ then: something has written to one of them.
        """
        for table in self.tables:
            self._copy(table, report)
        for table in self.tables:
            self._compare(table, report)
        with _patiently(self.source):
            given = {name: self.source.find_last_id(name) for name in NUMBERED}
        with _patiently(self.target), store.atomic():
            for name, last in given.items():
                self.target.keep_last_id(name, last)
            self.target.mark_moving(moving=False)

    def _copy(self, table: _Table, report: Report) -> None:
        with _patiently(self.target):
            after = table.find_last()
            report(table.measure())
        with _patiently(self.source):
            for rows in table.read(after):
                with _patiently(self.target), store.atomic():
                    self.target.insert(table.name, table.columns, rows)
                report(len(rows))

    def _compare(self, table: _Table, report: Report) -> None:
        digests = []
        for of in (self.source, self.target):
            digest, count = sha256(), 0
            with _patiently(of):
                for rows in table.read(None):
                    digest.update(repr(rows).encode())
                    count += len(rows)
            digests.append((count, digest.digest()))
        if digests[0] != digests[1]:
            raise store.Refused(f"{table.name} differs after the move: is one of the databases being served?")
        report(digests[0][0])


def open_target(location: store.Location) -> store.Store:
    """Return the store of a database that is to be moved to; nothing can serve it until the move has ended.

    :param location: a new database, or one to which a move has not ended.
    :raises store.Refused: it has other content, or cannot be used.
    :raises store.Unavailable: it cannot be used now.
    """
    target = store.open_store(location, create=True, moving=True)
    try:
        with target.use(), store.atomic():
            if not target.is_moving() and store.one("select ID from Languages limit 1"):
                raise store.Refused(f"{target.name} has content already: name a new database")
            target.mark_moving(moving=True)
    except BaseException:
        target.close()
        raise
    return target


@contextmanager
def _patiently(of: store.Store) -> Iterator[None]:
    """Make a store the current one for a block whose statements may take long: a table may have millions of rows."""
    with of.use(), of.limited(store.Limit()):
        yield


def _describe(name: str, key: Sequence[str]) -> _Table:
    columns = [column for column in store.current().list_columns(name) if column not in (*key, *NOT_STORED)]
    return _Table(name, key, [*key, *columns])
