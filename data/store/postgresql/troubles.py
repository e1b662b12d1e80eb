"""Troubles: the errors of the store for those of PostgreSQL (its appendix "Error Codes")."""

import psycopg
from psycopg import errors

from data.store.errors import EngineError, NotUnique, Unavailable, Unfinished

# The session has ended, or its server cannot be written to any more: another session may do better.
CUT = (
    *(errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow, errors.DatabaseDropped),
    *(errors.IdleInTransactionSessionTimeout, errors.ReadOnlySqlTransaction, psycopg.InterfaceError),
)


class Disconnected(Unavailable):
    """The session has ended, or its server is no primary any more."""


def find_trouble(error: psycopg.Error) -> Exception:
    """Return the error of the store for one of psycopg.

    :param error: the error.
    """
    # The other lines repeat the statement.
    message = next(iter(str(error).splitlines()), type(error).__name__)
    if is_cut(error):
        return Disconnected(message)
    match error:
        case errors.UniqueViolation():
            return NotUnique(message)
        case errors.QueryCanceled():
            return Unfinished(message)
        case psycopg.OperationalError():
            return Unavailable(message)
    return EngineError(message)


def is_cut(error: psycopg.Error) -> bool:
    """Return whether an error means that the session has ended, or that its server is no primary any more.

    :param error: the error; without a code of the server, the connection was lost.
    """
    is_lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return is_lost or isinstance(error, CUT)
