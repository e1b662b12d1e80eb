"""Triggers with which a test slows down or fails what a server writes, on either engine."""

from pathlib import Path
from typing import NamedTuple

from tests.support.databases import connect, is_postgresql

# SQLite cannot sleep.
JOINED = ", ".join(f"DiallerContacts as {name}" for name in "ABCD")
WORK = f"select count(*) from (select 1 from {JOINED} limit {{}})"
ROWS_PER_SECOND = 5_000_000
FUNCTION = "create or replace function {0}_trigger() returns trigger language plpgsql as $$ begin {1}; end $$"


class Trigger(NamedTuple):
    """A trigger that fails each change of a row, or does something else with it.

    :param name: its name, in lower case.
    :param event: when it is called, such as `before insert`.
    :param table: the table of the rows.
    :param condition: SQL condition on `new` and `old`; changes for which it is false are left alone.
    :param seconds: about how long a change takes; 0 if it fails.
    :param statement: what is run instead.
    """

    name: str
    event: str
    table: str
    condition: str = "true"
    seconds: float = 0
    statement: str = ""

    def create(self, database: Path) -> None:
        """Create it, in the place of one with its name.

        :param database: the path that names the database.
        """
        self.drop(database)
        head = f"create trigger {self.name} {self.event} on {self.table} for each row when ({self.condition})"
        with connect(database) as connection:
            if is_postgresql():
                returned = "old" if self.event.endswith("delete") else "new"
                body = f"{self._choose('perform pg_sleep({})', 1, 'raise exception {}')}; return {returned}"
                connection.execute(FUNCTION.format(self.name, body))
                connection.execute(f"{head} execute function {self.name}_trigger()")
            else:
                body = self._choose(WORK, ROWS_PER_SECOND, "select raise(abort, {})")
                connection.execute(f"{head} begin {body}; end")

    def drop(self, database: Path) -> None:
        """Drop it, if it is there.

        :param database: the path that names the database.
        """
        place = f" on {self.table}" if is_postgresql() else ""
        with connect(database) as connection:
            connection.execute(f"drop trigger if exists {self.name}{place}")

    def _choose(self, work: str, per_second: int, failure: str) -> str:
        if self.seconds:
            return work.format(f"{self.seconds * per_second:.3f}")
        return self.statement or failure.format("'secret'")
