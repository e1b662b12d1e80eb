"""Errors: what the store raises about a record, a query, or the database."""


class NotFound(LookupError):
    """The record that was asked for does not exist."""


class Conflict(ValueError):
    """The state of the record does not allow the change."""


class NotUnique(Conflict):
    """The name or ID is taken."""


class Unavailable(RuntimeError):
    """The database cannot be used now, but may be later: locked, full, read-only or gone."""


class Unfinished(RuntimeError):
    """A query took longer than its limit; see `Limit`."""


class Refused(ValueError):
    """The file is not a database that this version can serve."""
