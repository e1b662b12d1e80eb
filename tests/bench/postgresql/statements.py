"""The statements of the contestants, in the form that psycopg's raw cursors and asyncpg take: `$1` for a parameter."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from data.store.postgresql.statements import translate
from data.store.postgresql.transactions import BEGIN
from data.store.texts import render_moment
from tests.bench.contestants import storage

GROUP = (
    *("QueueMusicID4Sec", "SupervisorAggregationSkill5ID", "DistributionAlgorithmID", "ServiceLevelSeconds", "ID"),
    *("Name", "ClientsID", "QueueOffhookAnnouncementID", "bPositionAnnouncement3", "TarifAnnouncementWavesID"),
    "bCallRedirectionAfterNumberAnnouncement",
)
EVENT = (
    *("ID", "ClientsID", "AcdEventTypesID", "AcdEventStatusID", "AcdGroupsID", "UsersID", "Sender", "Receiver"),
    *("Subject", "Body", "CrmURL", "UserData", "ChatConnectorsID", "SkillsValue1", "SkillsValue2", "SkillsValue3"),
    *("dtCreated", "dtLastModified"),
)
NUMBERS = range(1, 7)
# Field of a contact to its type, in the order of the answer.
CONTACT: Mapping[str, Any] = {
    **dict.fromkeys(("ID", "ClientsID", "DiallerCampaignsID"), int),
    **dict.fromkeys(("UserData", "Client", "Service", "ReferenceNumber", "Name", "FirstName", "Salutation"), str),
    **dict.fromkeys(("Title", "Company", "Address", "PostalCode", "City", "Country", "Region", "AccountOwner"), str),
    **dict.fromkeys(("AccountBank", "AccountNationalBankCode", "AccountBIC", "AccountNumber", "AccountIBAN"), str),
    "Amount": float,
    **dict.fromkeys((f"PhoneNumber{number}" for number in NUMBERS), str),
    **dict.fromkeys(("FaxNumber", "Email", "Website", "Comment", "ExternalSystemLink", "Model", "Tag"), str),
    "RandomSortOrder": int,
    **dict.fromkeys(("ReservedUsersUID", "FollowUpUsersUID", "dtImported", "dtNextTry", "dtLocked"), str),
    **dict.fromkeys(("DiallerCampaignsResultCodesID", "LastAcdAgentEndReasonsID"), int),
    "bLastResultMailbox": bool,
    **dict.fromkeys((f"bPhoneNumber{number}Invalid" for number in NUMBERS), bool),
    **dict.fromkeys((f"nTriesPhoneNumber{number}" for number in NUMBERS), int),
    **dict.fromkeys((f"nPhoneNumber{number}LastCause" for number in NUMBERS), int),
    **dict.fromkeys((f"PhoneNumber{number}LastAcdAgentEndReasonsID" for number in NUMBERS), int),
}
CREATED = (
    *("AcdEventTypesID", "AcdGroupsID", "UsersID", "Sender", "Receiver", "Subject", "Body", "CrmURL", "UserData"),
)


def _raw(sql: str, *names: str) -> str:
    """Return SQL with `$1` for the parameter of the first name, and so on."""
    for place, name in enumerate(names, 1):
        sql = sql.replace(f":{name}", f"${place}::{'text' if name in TEXTS else 'bigint'}")
    return translate(sql)


TEXTS = ("destination", "user_data", "folded", "moment")
# Of the lock that makes writers take turns; the drivers begin the transactions themselves.
LOCK_WRITERS = BEGIN.removeprefix("begin; ")
FIND_TOKEN = translate("select ClientsID from Tokens where Hash = $1 and dtRevoked is null")
FIND_GROUP = translate(f"select {', '.join(GROUP)} from AcdGroups where ClientsID = $1 and ID = $2")
FIND_CAMPAIGN = translate(
    f"select {', '.join(storage.DOCUMENTED)} from DiallerCampaigns where ClientsID = $1 and ID = $2"
)
COUNT_CONTACTS = translate("select nContacts from DiallerContactsTotals where ClientsID = $1")
LIST_CONTACTS = translate(
    f"select {', '.join(CONTACT)} from DiallerContacts where ClientsID = $1 order by ID limit $2 offset $3"
)
FIND_NEWEST = translate(
    "select (select dtCreated from AcdEvents where ClientsID = $1 order by dtCreated desc limit 1) as Moment"
)
ADD_EVENT = translate(
    f"insert into AcdEvents (ClientsID, AcdEventStatusID, dtCreated, dtLastModified, {', '.join(CREATED)})"
    f" values ($1, 20, $2, $2, {', '.join(f'${place}' for place in range(3, 3 + len(CREATED)))})"
    f" returning {', '.join(EVENT)}"
)
FIND_NAMED = translate("select ID from DiallerCampaigns where ClientsID = $1 and Name = $2")
_SETTINGS = ", ".join([*storage.SETTINGS, "Extra"])
COPY_CAMPAIGN = _raw(
    f"insert into DiallerCampaigns (ClientsID, Name, NameFolded, UserData, {_SETTINGS})"
    f" select ClientsID, :destination, :folded, :user_data, {_SETTINGS} from DiallerCampaigns where ID = :original"
    " returning ID",
    *("destination", "folded", "user_data", "original"),
)
COPY_PARTS = [
    _raw(sql, "original", "copy") for sql in (storage.COPY_CODES, storage.COPY_TEXTS, storage.REFER_TO_COPIES)
]


def now() -> str:
    """Return the time in UTC in the form of records."""
    return render_moment(datetime.now(UTC))


def hash_token(token: str) -> str:
    """Return what the database stores of a token."""
    return sha256(token.encode()).hexdigest()


def found(*records: Mapping[str, Any]) -> dict[str, Any]:
    """Return the envelope of records that were found."""
    return {"records": records, "count": len(records), "status": 200}


def page(records: Sequence[Mapping[str, Any]], start: int, size: int) -> dict[str, Any]:
    """Return the envelope of a page of a list in the order of its IDs."""
    asked = {"filter": "", "limitStart": start, "limitPageSize": size, "orderBy": "ID", "ascending": True}
    return {**asked, **found(*records)}
