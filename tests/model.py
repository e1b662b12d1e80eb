"""What a client account holds, and what the service must answer from it, in plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

import httpx

Record = dict[str, Any]

LANGUAGES = (1, 2)
REFERENCES = ("AbortOnNoTelNumberResultCodesID", "IncomingCallResultCodesID")
TYPES, STATUS, GROUPS = "/acd/events/types", "/acd/events/status", "/acd/groups"
CAMPAIGNS = "/dialler/campaigns"
DEFAULT_ORDER = {TYPES: "ID", STATUS: "ID", GROUPS: "Name", CAMPAIGNS: "Name"}


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

    :param lists: the records behind each list but that of the campaigns.
    :param campaigns: the campaigns by ID.
    """

    def __init__(self, lists: Mapping[str, list[Record]], campaigns: Mapping[int, Campaign]) -> None:
        self.lists = lists
        self.campaigns = dict(campaigns)

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
            "orderBy": query.get("orderBy", DEFAULT_ORDER[path]),
            "ascending": query.get("ascending", True),
            "status": 200,
        }

    def page(self, path: str, query: Mapping[str, Any]) -> list[Record]:
        """Return the records of a list that are asked for."""
        records = [campaign.record for campaign in self.campaigns.values()] if path == CAMPAIGNS else self.lists[path]
        text = _fold(query.get("filter", ""))
        field = query.get("orderBy", DEFAULT_ORDER[path])
        start, size = query.get("limitStart", 0), query.get("limitPageSize", -1)
        matching = [record for record in records if text in _fold(record["Name" if "Name" in record else "ShortText"])]
        matching.sort(key=lambda record: _rank(record, field), reverse=not query.get("ascending", True))
        return matching[start:] if size < 0 else matching[start : start + size]


def found(records: list[Record]) -> Record:
    """Return the answer that has these records."""
    return {"records": records, "count": len(records), "status": 200}


def refused(status: int, error: str) -> Record:
    """Return the answer of a request that fails."""
    return {"status": status, "error": error}


def read_account(client: httpx.Client) -> Account:
    """Return what a server has of a client account."""
    lists = {path: client.get(path).json()["records"] for path in DEFAULT_ORDER}
    return Account(lists, {record["ID"]: read_campaign(client, record) for record in lists.pop(CAMPAIGNS)})


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
