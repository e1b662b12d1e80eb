"""Triggers with which a test slows down or fails what a server writes, on either engine."""

from pathlib import Path
from typing import NamedTuple

from tests.support.databases import connect, is_postgresql

# Makes the time that SQLite takes for a statement longer; it cannot sleep.
WORK = "select count(*) from (select 1 from DiallerContacts as A, DiallerContacts as B limit {})"
ROWS_PER_SECOND = 5_000_000
FUNCTION = "create or replace function {0}_trigger() returns trigger language plpgsql as $$ begin {1}; end $$"


class Trigger(NamedTuple):
    """A trigger that fails or slows down each change of a row.

    :param name: its name, in lower case.
    :param event: what it is called before, such as `insert`.
    :param table: the table of the rows.
    :param condition: SQL condition on `new` and `old`; changes for which it is false are left alone.
    :param seconds: about how long a change takes; 0 if it fails.
    """

    name: str
    event: str
    table: str
    condition: str = "true"
    seconds: float = 0

    def create(self, database: Path) -> None:
        """Create it, in the place of one with its name.

        :param database: the path that names the database.
        """
        self.drop(database)
        head = f"create trigger {self.name} before {self.event} on {self.table}"
        with connect(database) as connection:
            if not is_postgresql():
                action = WORK.format(int(self.seconds * ROWS_PER_SECOND)) if self.seconds else "select raise(abort, 'no')"
                connection.execute(f"{head} when ({self.condition}) begin {action}; end")
                return
            returned = "old" if self.event == "delete" else "new"
            action = f"perform pg_sleep({self.seconds}); return {returned}" if self.seconds else "raise exception 'no'"
            connection.execute(FUNCTION.format(self.name, action))
            connection.execute(f"{head} for each row when ({self.condition}) execute function {self.name}_trigger()")

    def drop(self, database: Path) -> None:
        """Drop it, if it is there.

        :param database: the path that names the database.
        """
        with connect(database) as connection:
            connection.execute(
                f"drop trigger if exists {self.name}" + (f" on {self.table}" if is_postgresql() else "")
            )
