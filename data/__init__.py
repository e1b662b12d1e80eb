"""The storage side of Freiton: SQL over SQLite, and nothing of HTTP."""
