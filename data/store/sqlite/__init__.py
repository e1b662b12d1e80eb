"""The engine SQLite: one file on this machine, the default.

Imported by `data.store` only, and by tests that look at the file.
"""

from data.store.sqlite.connections import sqlite3 as sqlite3
from data.store.sqlite.store import SQLiteStore as SQLiteStore
