"""The engine PostgreSQL: a database on a server, for several service processes on several hosts.

Imported by `data.store` only when a database is named by a URL, because it needs psycopg, and by tests.
"""

from data.store.postgresql.store import PostgreSQLStore as PostgreSQLStore
