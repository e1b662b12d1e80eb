"""IDs of StatisticsPartA, by which connectors join: telephone calls and those of the dialler share one sequence."""

from data import store

# Each keeps the highest ID that it has given.
CALLS, HISTORY = "Calls", "DiallerContactsHistory"
# Where a call can be: one that is going on, one that has ended, and one of the dialler.
TABLES = (CALLS, "StatisticsPartA", HISTORY)


def choose() -> int:
    """Return the ID of a new call; it is called in the transaction that stores the call."""
    current = store.current()
    return max(current.find_last_id(CALLS), current.find_last_id(HISTORY)) + 1


def require_free(call_id: int, owner: str) -> None:
    """Do nothing if an ID is that of no call, or of one in the table where it is to be stored.

    :param call_id: the ID.
    :param owner: the table.
    :raises store.NotUnique: another table has a call with the ID.
    """
    for table in TABLES:
        if table != owner and store.query(f"select 1 from {table} where ID = :id", id=call_id):
            raise store.NotUnique("ID: is that of another call")
