"""What can be wrong with a record, a query, or the database."""


class NotFound(LookupError):
    """The record that was asked for does not exist."""


class Conflict(ValueError):
    """The record is in a state that does not allow it."""


class NotUnique(Conflict):
    """The name is taken."""


class Unavailable(RuntimeError):
    """The database cannot be used now, but may be later: locked, full, read-only or gone."""


class Unfinished(RuntimeError):
    """A query took longer than its block allows; see `Limit`."""


class Refused(ValueError):
    """The file is not a database that this version can serve."""
