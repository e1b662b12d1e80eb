"""What a client account holds, and what the service must answer from it, in plain Python."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

import httpx

Record = dict[str, Any]

LANGUAGES = (1, 2)
REFERENCES = ("AbortOnNoTelNumberResultCodesID", "IncomingCallResultCodesID")
TYPES, STATUS, GROUPS = "/acd/events/types", "/acd/events/status", "/acd/groups"
USERS, SERVICE_NUMBERS, COCKPIT_VARIABLES = "/users", "/serviceNumbers", "/cockpitVariables"
ROUTING_APPLICATIONS, IVR_LISTS, CALLS = "/routingApplications", "/networkIVRLists", "/calls"
EVENTS, CAMPAIGNS, CONTACTS = "/acd/events", "/dialler/campaigns", "/dialler/contacts"
CONTAINING = re.compile(r"contains\(\w+,'(.*)'\)", re.DOTALL)
LISTS = (
    *(TYPES, STATUS, EVENTS, GROUPS, CAMPAIGNS, CONTACTS, USERS),
    *(SERVICE_NUMBERS, COCKPIT_VARIABLES, ROUTING_APPLICATIONS, IVR_LISTS, CALLS),
)
# What a list is sorted by, and filtered by, if not by the name.
SORTED = {TYPES: "ID", STATUS: "ID", EVENTS: "dtCreated", USERS: "UID", SERVICE_NUMBERS: "Name2"}
FILTERED = {TYPES: "ShortText", STATUS: "ShortText", EVENTS: "Subject", USERS: "UID"}
EVENT_FIELDS = (
    *("ID", "ClientsID", "AcdEventTypesID", "AcdEventStatusID", "AcdGroupsID", "UsersID", "Sender", "Receiver"),
    *("Subject", "Body", "CrmURL", "UserData", "ChatConnectorsID", "SkillsValue1", "SkillsValue2", "SkillsValue3"),
    *("dtCreated", "dtLastModified"),
)
NEW = 20


@dataclass(frozen=True)
class Campaign:
    """A campaign.

    :param record: the campaign itself.
    :param codes: its result codes, in each of the languages.
    """

    record: Record
    codes: tuple[list[Record], ...]

    @property
    def code_ids(self) -> list[int]:
        """The IDs of its result codes."""
        return [code["ID"] for code in self.codes[0]]

    def clone(self, name: str, user_data: str | None, campaign_id: int, code_ids: list[int]) -> "Campaign":
        """Return what a clone of this campaign must be, given the IDs that it got."""
        ids = dict(zip(self.code_ids, code_ids, strict=True))
        references = {field: ids.get(self.record[field]) for field in REFERENCES}
        return Campaign(
            {**self.record, "Name": name, "ID": campaign_id, "UserData": user_data, **references},
            tuple([_clone_code(code, ids[code["ID"]], campaign_id) for code in codes] for codes in self.codes),
        )


class Account:
    """What a client account holds.

    :param lists: the records behind each list, by its path, but those of the campaigns and contacts.
    :param campaigns: the campaigns by ID.
    :param contacts: the contacts by ID.
    """

    def __init__(
        self, lists: Mapping[str, list[Record]], campaigns: Mapping[int, Campaign], contacts: Mapping[int, Record]
    ) -> None:
        self.lists = {path: list(records) for path, records in lists.items()}
        self.campaigns = dict(campaigns)
        self.contacts = dict(contacts)

    def copy(self) -> "Account":
        """Return an account that holds the same."""
        return Account(self.lists, self.campaigns, self.contacts)

    def delete_campaign(self, campaign_id: int) -> None:
        """Take a campaign away, with its contacts."""
        del self.campaigns[campaign_id]
        self.contacts = {
            contact_id: contact
            for contact_id, contact in self.contacts.items()
            if contact["DiallerCampaignsID"] != campaign_id
        }

    def with_user_data(self, user_data: str) -> list[Record]:
        """Return the contacts with exactly this user data, in ID order."""
        return [contact for _, contact in sorted(self.contacts.items()) if contact["UserData"] == user_data]

    def named(self, name: str) -> Campaign | None:
        """Return the campaign of exactly this name."""
        return next((campaign for campaign in self.campaigns.values() if campaign.record["Name"] == name), None)

    def listed(self, path: str, query: Mapping[str, Any]) -> Record:
        """Return the answer of a list."""
        page = self.page(path, query)
        return {
            "filter": query.get("filter", ""),
            "limitStart": query.get("limitStart", 0),
            "limitPageSize": query.get("limitPageSize", -1),
            "records": page,
            "count": len(page),
            "orderBy": query.get("orderBy", SORTED.get(path, "Name")),
            "ascending": query.get("ascending", True),
            "status": 200,
        }

    def get(self, path: str, record_id: int) -> Record | None:
        """Return the record with an ID of the list with a path."""
        return next((record for record in self.lists[path] if record["ID"] == record_id), None)

    def replace(self, path: str, record: Record) -> None:
        """Put a record in the place of the one with its ID."""
        self.lists[path] = [record if old["ID"] == record["ID"] else old for old in self.lists[path]]

    def has_group(self, group_id: int) -> bool:
        """Tell whether the account has a group."""
        return self.get(GROUPS, group_id) is not None

    def has_user(self, user_id: int | None) -> bool:
        """Tell whether the account has a user; None is no user, which it need not have."""
        return user_id is None or self.get(USERS, user_id) is not None

    def page(self, path: str, query: Mapping[str, Any]) -> list[Record]:
        """Return the records of a list that are asked for."""
        records = self._records(path, query)
        containing = CONTAINING.fullmatch(query.get("filter", ""))
        text = _fold(containing[1].replace("''", "'")) if containing else ""
        field = query.get("orderBy", SORTED.get(path, "Name"))
        start, size = query.get("limitStart", 0), query.get("limitPageSize", -1)
        matching = [record for record in records if text in _fold(record[FILTERED.get(path, "Name")])]
        matching.sort(key=lambda record: _rank(record, field), reverse=not query.get("ascending", True))
        return matching[start:] if size < 0 else matching[start : start + size]

    def _records(self, path: str, query: Mapping[str, Any]) -> list[Record]:
        if path == CAMPAIGNS:
            return [campaign.record for campaign in self.campaigns.values()]
        if path == CONTACTS:
            campaign = query.get("diallerCampaignsID")
            return [contact for contact in self.contacts.values() if campaign in (None, contact["DiallerCampaignsID"])]
        return self.lists[path]


def compare(answer: httpx.Response, expected: Record) -> None:
    """Fail unless the answer is the expected one, as text, so that the order of keys counts, and true is not 1."""
    assert (answer.status_code, json.dumps(answer.json())) == (expected["status"], json.dumps(expected))


def new_event(clients_id: int, body: Record, event_id: int, moment: str) -> Record:
    """Return what a new event must be, given the ID and the moment that it got."""
    own = {"ID": event_id, "ClientsID": clients_id, "AcdEventStatusID": NEW, "dtCreated": moment}
    return {**dict.fromkeys(EVENT_FIELDS), **body, **own, "dtLastModified": moment}


def contain(path: str, text: str) -> str:
    """Return the filter of a list for the records whose name, or key, contains a text."""
    quoted = text.replace("'", "''")
    return f"contains({FILTERED.get(path, 'Name')},'{quoted}')"


def found(records: list[Record]) -> Record:
    """Return the answer that has these records."""
    return {"records": records, "count": len(records), "status": 200}


def refused(status: int, error: str) -> Record:
    """Return the answer of a request that fails."""
    return {"status": status, "error": error}


def entries_of(list_id: int) -> str:
    """Return the path of the entries of a network IVR list."""
    return f"{IVR_LISTS}/{list_id}"


def read_account(client: httpx.Client) -> Account:
    """Return what a server has of a client account."""
    lists = {path: client.get(path).json()["records"] for path in LISTS}
    entries = [entries_of(record["ID"]) for record in lists[IVR_LISTS]]
    lists |= {path: client.get(path).json()["records"] for path in entries}
    contacts = {record["ID"]: record for record in lists.pop(CONTACTS)}
    campaigns = {record["ID"]: read_campaign(client, record) for record in lists.pop(CAMPAIGNS)}
    return Account(lists, campaigns, contacts)


def read_campaign(client: httpx.Client, record: Record) -> Campaign:
    """Return a campaign with the result codes that a server has of it.

    :param record: the campaign itself.
    """
    path = f"/dialler/campaigns/campaign/{record['ID']}/resultCodes"
    answers = [client.get(path, params={"languagesID": language}) for language in LANGUAGES]
    return Campaign(record, tuple(answer.json()["records"] for answer in answers))


def _clone_code(code: Record, code_id: int, campaign_id: int) -> Record:
    own = {"ID": code_id, "ShortText": f"DiallerCampaignsResultCodes.{code_id}", "DiallerCampaignsID": campaign_id}
    return code | own


def _rank(record: Record, field: str) -> tuple[Any, ...]:
    value = record[field]
    return (0, record["ID"]) if value is None else (1, value, record["ID"])


def _fold(text: str) -> str:
    return normalize("NFC", normalize("NFD", text).casefold())
