"""Maintenance: the check of a PostgreSQL database, also while it is being served."""

from data.store.postgresql.store import PostgreSQLStore

FIND_PROBLEMS = """
    select 'index' as kind, indexrelid::regclass::text as name, indrelid::regclass::text as owner from pg_index
    where not indisvalid
    union all
    select 'constraint', conname, conrelid::regclass::text from pg_constraint where not convalidated
    limit 10
"""


def find_problems(url: str) -> list[str]:
    """Return the first ten problems of a database, in words; none if it is sound.

    The server keeps pages and references sound itself, so only what it was told to leave out is looked for.

    :param url: the URL of the database.
    :raises Refused: it cannot be used.
    :raises Unavailable: it cannot be used now.
    """
    with PostgreSQLStore(url) as opened:
        rows = opened.query(FIND_PROBLEMS)
    return [f"the {row['kind']} {row['name']} of {row['owner']} is not valid" for row in rows]
