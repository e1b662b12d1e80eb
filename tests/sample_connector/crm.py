"""A small CRM: the customers with what came of them, their calls, and who is to be called back.

All times have their time zone.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from nightly import Customer

TABLES = """
create table if not exists customers
    (number text primary key, name text not null, phone text not null, result text, next_try text, tries integer);
create table if not exists calls
    (line text primary key, call integer not null, customer text, agent text, began text not null, ended text not null);
create table if not exists tasks
    (event integer primary key, phone text not null, subject text not null, note text, received text not null);
"""


class Result(NamedTuple):
    """What came of a customer.

    :param result: the result, in the words of the CRM; None while there is none.
    :param next_try: when the customer is called next; None for never, or as soon as possible.
    :param tries: how often the customer was called.
    """

    result: str | None
    next_try: datetime | None
    tries: int


class Call(NamedTuple):
    """A line of the statistics of a call.

    :param id: ID of the call; a call can have several lines.
    :param customer: number of the customer, if it is known.
    :param agent: the user name of the agent, if there was one.
    :param began: when the call began.
    :param ended: when it ended.
    """

    id: int
    customer: str | None
    agent: str | None
    began: datetime
    ended: datetime


class Task(NamedTuple):
    """Somebody is to be called back.

    :param event: ID of the event in the contact centre.
    :param phone: the number to call.
    :param subject: what it is about.
    :param note: what else was said.
    :param received: when the caller called.
    """

    event: int
    phone: str
    subject: str
    note: str | None
    received: datetime


class Crm:
    """The CRM. What it is told twice, it stores once.

    :param path: its file, which is made if there is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run(*((each, ()) for each in TABLES.split(";")))

    def add_customers(self, customers: Iterable[Customer]) -> None:
        """Add customers.

        :param customers: the customers.
        """
        sql = "insert or ignore into customers (number, name, phone) values (?, ?, ?)"
        self._run(*((sql, each) for each in customers))

    def list_customers(self) -> list[Customer]:
        """Return the customers, by number."""
        return [Customer(*row) for row in self._query("select number, name, phone from customers order by number")]

    def save_result(self, number: str, result: Result) -> None:
        """Store what came of a customer.

        :param number: number of the customer.
        :param result: what came of it.
        """
        moment = result.next_try and result.next_try.isoformat()
        self._run(
            (
                "update customers set result = ?, next_try = ?, tries = ? where number = ?",
                (result.result, moment, result.tries, number),
            )
        )

    def list_results(self) -> dict[str, Result]:
        """Return what came of each customer, by number."""
        rows = self._query("select number, result, next_try, tries from customers where tries is not null")
        return {number: Result(result, _read(moment), tries) for number, result, moment, tries in rows}

    def save_call(self, line: Mapping[str, Any], call: Call) -> None:
        """Store a line of the statistics of a call.

        :param line: the line as it came: all of it is its key, for a call can have several.
        :param call: what is in it.
        """
        row = (json.dumps(line, sort_keys=True), *call[:3], call.began.isoformat(), call.ended.isoformat())
        self._run(("insert or ignore into calls values (?, ?, ?, ?, ?, ?)", row))

    def list_calls(self) -> list[Call]:
        """Return the lines of all calls, by the ID of the call."""
        rows = self._query("select call, customer, agent, began, ended from calls order by call")
        return [
            Call(call, customer, agent, datetime.fromisoformat(began), datetime.fromisoformat(ended))
            for call, customer, agent, began, ended in rows
        ]

    def save_task(self, task: Task) -> None:
        """Store that somebody is to be called back.

        :param task: what is to be done.
        """
        self._run(("insert or ignore into tasks values (?, ?, ?, ?, ?)", (*task[:4], task.received.isoformat())))

    def list_tasks(self) -> list[Task]:
        """Return what is to be done, in the order of the events."""
        rows = self._query("select event, phone, subject, note, received from tasks order by event")
        return [
            Task(event, phone, subject, note, datetime.fromisoformat(received))
            for event, phone, subject, note, received in rows
        ]

    def _run(self, *statements: tuple[str, Iterable[Any]]) -> None:
        # One transaction, which is on disk before the contact centre gets its answer.
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for sql, parameters in statements:
                connection.execute(sql, tuple(parameters))

    def _query(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql).fetchall()


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
