"""A request of every operation, each about a record that client 1 of the demo has."""

from typing import Any, NamedTuple

import httpx

CLONE = {"source": "Kundenzufriedenheit Herbst", "destination": "Stolen"}


class Ask(NamedTuple):
    """A request that names something of client 1 wherever the operation can."""

    method: str
    path: str
    params: dict[str, Any] | None = None
    json: dict[str, Any] | None = None

    def of(self, client: httpx.Client) -> httpx.Response:
        """Return the answer that a client gets."""
        return client.request(self.method, self.path, params=self.params, json=self.json)


OPERATIONS = {
    "listAcdEventTypes": Ask("GET", "/acd/events/types"),
    "listAcdEventStatus": Ask("GET", "/acd/events/status"),
    "listAcdGroups": Ask("GET", "/acd/groups"),
    "getAcdGroup": Ask("GET", "/acd/groups/group/106"),
    "findAcdGroups": Ask("GET", "/acd/groups/group", {"name": "Abrechnung Firmenkunden"}),
    "listDiallerCampaigns": Ask("GET", "/dialler/campaigns"),
    "getDiallerCampaign": Ask("GET", "/dialler/campaigns/535"),
    "findDiallerCampaigns": Ask("GET", "/dialler/campaigns/campaign", {"name": "Kundenzufriedenheit Herbst"}),
    "listDiallerResultCodes": Ask("GET", "/dialler/campaigns/campaign/535/resultCodes", {"languagesID": 2}),
    "cloneDiallerCampaign": Ask("POST", "/dialler/campaigns/clone", json=CLONE),
    "deleteDiallerCampaign": Ask("DELETE", "/dialler/campaigns/campaign/535"),
    "deleteDiallerCampaignByName": Ask("DELETE", "/dialler/campaigns/campaign", {"name": "Kundenzufriedenheit Herbst"}),
}
