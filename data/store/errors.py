"""Errors: what the store raises about a record, a query, or the database."""


class NotFound(LookupError):
    """The record that was asked for does not exist."""


class Conflict(ValueError):
    """The state of the record does not allow the change."""


class NotUnique(Conflict):
    """The name or ID is taken."""


class Unavailable(RuntimeError):
    """The database cannot be used now, but may be later: locked, full, read-only or gone."""


class OutcomeUnknown(Unavailable):
    """The database went away while it committed a change: whether the change is stored is not known."""


class Undone(RuntimeError):
    """A transaction was undone because a block inside it failed; see `Store.atomic`."""


class Unfinished(RuntimeError):
    """A query took longer than its limit; see `Limit`."""


class EngineError(RuntimeError):
    """A statement failed for another reason: the database is damaged, or its tables are not those of this version."""


class Refused(ValueError):
    """It is not a database that this version can serve."""
