"""Snapshots: the content of a database, which it gets back while it is being served."""

from pathlib import Path

from data.store import maintenance
from tests.support.databases import is_postgresql, writing

# The tables of the database that are to be kept, with their columns that are not generated.
TABLES = """
    select relname, string_agg(quote_ident(attname), ', ') from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
        and attgenerated = ''
    group by 1
"""
# Neither triggers nor references are looked at.
AS_REPLICA = "set local session_replication_role = replica"


def keep_snapshot(database: Path, backup: Path) -> None:
    """Keep the content of a database.

    :param database: the path that names it.
    :param backup: the file of the backup, of a SQLite file; PostgreSQL keeps it in the database itself.
    """
    if not is_postgresql():
        maintenance.backup(database, backup)
        return
    with writing(database) as connection:
        connection.execute("create schema kept")
        for table, columns in connection.execute(TABLES).fetchall():
            connection.execute(f'create table kept."{table}" as select {columns} from public."{table}"')
        connection.execute("commit")


def restore_snapshot(database: Path, backup: Path) -> None:
    """Give a database the content that was kept.

    :param database: the path that names it.
    :param backup: the file of the backup.
    """
    if not is_postgresql():
        maintenance.restore(backup, database)
        return
    with writing(database) as connection:
        connection.execute(AS_REPLICA)
        for table, columns in connection.execute(TABLES).fetchall():
            connection.execute(f'delete from public."{table}"')
            connection.execute(f'insert into public."{table}" ({columns}) select {columns} from kept."{table}"')
        connection.execute("commit")
