"""The database as the contestants use it: the same SQL for all of them, on pysqlite3 as in Freiton itself."""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pysqlite3 as sqlite3

from tests.bench.contestants import fields

BASE = "/rest/v1.0/{ClientsID}"
DATABASE = "BENCH_DATABASE"

Row = dict[str, Any]

DOCUMENTED = (
    *("ContactPreviewTime", "nMaxParallelLines", "bCloseContactsOnIncomingCallsMatchCallerID", "dtTo", "LanguagesID"),
    *("bCallerIDActive", "Name", "ID", "UserData", "ClientsID", "AbortOnNoTelNumberResultCodesID"),
    "IncomingCallResultCodesID",
)
CAMPAIGN = (*DOCUMENTED, *fields.FURTHER)
BOOLEANS = ("bCloseContactsOnIncomingCallsMatchCallerID", "bCallerIDActive", *fields.BOOLEANS)
FIND = "select ID from DiallerCampaigns where ClientsID = ? and Name = ?"
SETTINGS = [name for name in DOCUMENTED if name not in ("ID", "ClientsID", "Name", "UserData")]
COPY, COPY_AS_FREITON = (
    f"""
    insert into DiallerCampaigns (ClientsID, Name, NameFolded, UserData, {copied})
    select ClientsID, :name, :folded, :user_data, {copied} from DiallerCampaigns where ID = :original
    """
    for copied in (", ".join([*SETTINGS, *fields.FURTHER]), ", ".join([*SETTINGS, "Extra"]))
)
COPY_CODES = """
    insert into DiallerCampaignsResultCodes (
        DiallerCampaignsID, DiallerResultCodesTypesID, ExportKey, bDone, bAborted, bDelay, bAppointment, bAllowDelete,
        bAgentBound, TimeOffset, Extra
    )
    select
        :copy, DiallerResultCodesTypesID, ExportKey, bDone, bAborted, bDelay, bAppointment, bAllowDelete, bAgentBound,
        TimeOffset, Extra
    from DiallerCampaignsResultCodes where DiallerCampaignsID = :original order by ID
"""
PAIRS = """
    with First as (select min(ID) as ID from DiallerCampaignsResultCodes where DiallerCampaignsID = :copy),
    Pairs as (
        select Codes.ID as CodesID, First.ID - 1 + row_number() over (order by Codes.ID) as CopiesID
        from First cross join DiallerCampaignsResultCodes as Codes where DiallerCampaignsID = :original
    )
"""
COPY_TEXTS = f"""
    {PAIRS} insert into DiallerCampaignsResultCodesTexts (
        DiallerCampaignsResultCodesID, LanguagesID, Content, DiallerResultCodesTypesContent
    )
    select CopiesID, LanguagesID, Content, DiallerResultCodesTypesContent
    from Pairs join DiallerCampaignsResultCodesTexts on DiallerCampaignsResultCodesID = CodesID
"""
REFER_TO_COPIES = f"""
    {PAIRS} update DiallerCampaigns set
        AbortOnNoTelNumberResultCodesID = (select CopiesID from Pairs where CodesID = AbortOnNoTelNumberResultCodesID),
        IncomingCallResultCodesID = (select CopiesID from Pairs where CodesID = IncomingCallResultCodesID)
    where ID = :copy
"""

_local = threading.local()
_writer = threading.Lock()


class NotFound(LookupError):
    """There is no such campaign."""


class NotUnique(ValueError):
    """The name is taken."""


def connection() -> Any:
    """Return this thread's connection to the database that the environment names."""
    if not hasattr(_local, "connection"):
        opened = sqlite3.connect(os.environ[DATABASE], isolation_level=None)
        opened.executescript(
            "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;"
            "pragma busy_timeout = 5000; pragma cache_size = -16384;"
        )
        _local.connection = opened
    return _local.connection


def list_tokens() -> dict[str, int]:
    """Return the valid tokens: their SHA-256 and the client account."""
    return dict(connection().execute("select Hash, ClientsID from Tokens where dtRevoked is null"))


def is_valid(tokens: dict[str, int], token: str, clients_id: int) -> bool:
    """Return whether a bearer token belongs to a client account."""
    return tokens.get(sha256(token.encode()).hexdigest()) == clients_id


def list_event_types() -> list[Row]:
    """Return all event types."""
    rows = connection().execute("select ShortText, ID from AcdEventTypes order by ID")
    return [{"ShortText": text, "ID": number} for text, number in rows]


def get_campaign(clients_id: int, campaign_id: int) -> Row:
    """Return a client's campaign.

    :raises NotFound: the client has none with that ID.
    """
    rows = _read_campaigns("ClientsID = ? and ID = ?", (clients_id, campaign_id))
    if not rows:
        raise NotFound
    return rows[0]


def list_campaigns(
    clients_id: int, filter_: str = "", order_by: str = "Name", ascending: bool = True, start: int = 0, size: int = -1
) -> list[Row]:
    """Return a page of a client's campaigns.

    :param filter_: `contains(Field,'text')` or `Field eq 'text'`.
    :raises ValueError: the filter or the order is none of these.
    """
    condition, value = _compile(filter_)
    if order_by not in CAMPAIGN:
        raise ValueError(order_by)
    order = "asc" if ascending else "desc"
    end = f"order by {order_by} {order}, ID {order} limit ? offset ?"
    return _read_campaigns(f"ClientsID = ? and {condition} {end}", (clients_id, *value, size, start))


def count_campaigns(clients_id: int, filter_: str = "") -> int:
    """Return how many campaigns all pages have together."""
    condition, value = _compile(filter_)
    sql = f"select count(*) from DiallerCampaigns where ClientsID = ? and {condition}"
    ((count,),) = connection().execute(sql, (clients_id, *value))
    return int(count)


def clone(clients_id: int, source: str, destination: str, user_data: str | None = None) -> Row:
    """Copy a campaign with its result codes and return the copy.

    :raises NotFound: the client has no campaign of the name `source`.
    :raises NotUnique: the client has one of the name `destination`.
    """
    with _transaction() as cursor:
        return get_campaign(clients_id, _copy(cursor, COPY, clients_id, source, destination, user_data))


def clone_as_freiton(clients_id: int, source: str, destination: str) -> Row:
    """Do the same in Freiton's own database and return the copy as JSON text, with its ID.

    :raises NotFound: the client has no campaign of the name `source`.
    :raises NotUnique: the client has one of the name `destination`.
    """
    with _transaction() as cursor:
        copy = _copy(cursor, COPY_AS_FREITON, clients_id, source, destination, None)
        ((record,),) = cursor.execute(
            "select Record from DiallerCampaigns where ClientsID = ? and ID = ?", (clients_id, copy)
        )
        return {"ID": copy, "Record": record}


def clone_together(clients_id: int, source: str, destinations: Sequence[str]) -> list[int]:
    """Clone several times in one transaction, in Freiton's own database, and return the IDs of the copies."""
    with _transaction() as cursor:
        return [_copy(cursor, COPY_AS_FREITON, clients_id, source, name, None) for name in destinations]


def delete(clients_id: int, campaign_id: int) -> None:
    """Delete a campaign with its result codes and contacts.

    :raises NotFound: the client has none with that ID.
    """
    with _transaction() as cursor:
        deleted = cursor.execute(
            "delete from DiallerCampaigns where ClientsID = ? and ID = ?", (clients_id, campaign_id)
        )
        if not deleted.rowcount:
            raise NotFound
        cursor.execute("delete from DiallerContacts where DiallerCampaignsID = ?", (campaign_id,))


def list_envelope(records: Sequence[Any], order_by: str, **page: Any) -> Row:
    """Return the documented answer of a list.

    :param page: what was asked for, where it is not the default.
    """
    asked = {"filter": "", "limitStart": 0, "limitPageSize": -1, "ascending": True, **page}
    return {**asked, "records": records, "count": len(records), "orderBy": order_by, "status": 200}


def found_envelope(records: list[Row]) -> Row:
    """Return the documented answer of the records that were asked for."""
    return {"records": records, "count": len(records), "status": 200}


@contextmanager
def _transaction() -> Iterator[Any]:
    cursor = connection().cursor()
    with _writer:
        cursor.execute("begin immediate")
        try:
            yield cursor
            cursor.execute("commit")
        finally:
            if cursor.connection.in_transaction:
                cursor.execute("rollback")


def _compile(filter_: str) -> tuple[str, tuple[str, ...]]:
    if not filter_:
        return "true", ()
    for pattern, condition in (
        (r"contains\((\w+),'([^']*)'\)", "instr(lower({}), lower(?)) > 0"),
        (r"(\w+) eq '([^']*)'", "{} = ?"),
    ):
        match = re.fullmatch(pattern, filter_)
        if match and match[1] in CAMPAIGN:
            return condition.format(match[1]), (match[2],)
    raise ValueError(filter_)


def _copy(cursor: Any, statement: str, clients_id: int, source: str, destination: str, user_data: str | None) -> int:
    original = cursor.execute(FIND, (clients_id, source)).fetchone()
    if original is None:
        raise NotFound
    if cursor.execute(FIND, (clients_id, destination)).fetchone():
        raise NotUnique
    values = {"name": destination, "folded": destination.casefold(), "user_data": user_data}
    copy: int = cursor.execute(statement, {**values, "original": original[0]}).lastrowid
    for further in (COPY_CODES, COPY_TEXTS, REFER_TO_COPIES):
        cursor.execute(further, {"original": original[0], "copy": copy})
    return copy


def _read_campaigns(where: str, values: tuple[Any, ...]) -> list[Row]:
    rows = connection().execute(f"select {', '.join(CAMPAIGN)} from DiallerCampaigns where {where}", values)
    campaigns = [dict(zip(CAMPAIGN, row, strict=True)) for row in rows]
    for campaign in campaigns:
        for name in BOOLEANS:
            campaign[name] = None if campaign[name] is None else bool(campaign[name])
    return campaigns
