"""Campaigns with all that belongs to them, and what a clone of one must look like."""

from dataclasses import dataclass
from typing import Any

import httpx

Record = dict[str, Any]

LANGUAGES = (1, 2)
REFERENCES = ("AbortOnNoTelNumberResultCodesID", "IncomingCallResultCodesID")


@dataclass(frozen=True)
class Campaign:
    """A campaign.

    :param record: the campaign itself.
    :param codes: its result codes, in each of the languages.
    """

    record: Record
    codes: tuple[list[Record], ...]

    def cloned(self, name: str, user_data: str | None, campaign_id: int, code_ids: list[int]) -> "Campaign":
        """Return what a clone of this campaign must be, given the IDs that it got."""
        ids = dict(zip((code["ID"] for code in self.codes[0]), code_ids, strict=True))
        references = {field: ids.get(self.record[field]) for field in REFERENCES}
        return Campaign(
            {**self.record, "Name": name, "ID": campaign_id, "UserData": user_data, **references},
            tuple([_cloned_code(code, ids[code["ID"]], campaign_id) for code in codes] for codes in self.codes),
        )


def read_campaign(client: httpx.Client, record: Record) -> Campaign:
    """Return a campaign with the result codes that a server gives for it.

    :param client: a client of the API.
    :param record: the campaign itself.
    """
    return Campaign(record, tuple(_read_codes(client, record["ID"], language) for language in LANGUAGES))


def is_clone(campaign: Campaign, original: Campaign) -> bool:
    """Return whether a campaign is a clone of another, whole, without UserData."""
    code_ids = [code["ID"] for code in campaign.codes[0]]
    if len(code_ids) != len(original.codes[0]):
        return False
    return campaign == original.cloned(campaign.record["Name"], None, campaign.record["ID"], code_ids)


def _cloned_code(code: Record, code_id: int, campaign_id: int) -> Record:
    return {
        **code,
        "ID": code_id,
        "ShortText": f"DiallerCampaignsResultCodes.{code_id}",
        "DiallerCampaignsID": campaign_id,
    }


def _read_codes(client: httpx.Client, campaign_id: int, languages_id: int) -> list[Record]:
    answer = client.get(f"/dialler/campaigns/campaign/{campaign_id}/resultCodes", params={"languagesID": languages_id})
    assert answer.status_code == 200, answer.text
    records: list[Record] = answer.json()["records"]
    return records
