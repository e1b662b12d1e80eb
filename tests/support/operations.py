"""A request of every operation, each about a record that client 1 of the demo has."""

from typing import Any, NamedTuple

import httpx

EVENT = {"AcdEventTypesID": 5, "AcdGroupsID": 106, "Sender": "anna@example.org", "Subject": "Stolen"}
IMPORT = {"DiallerCampaignsName": "Kundenzufriedenheit Herbst", "Name": "Stolen", "PhoneNumber1": "+4989123456"}
CLONE = {"source": "Kundenzufriedenheit Herbst", "destination": "Stolen"}


class Ask(NamedTuple):
    """A request that names something of client 1 wherever the operation can."""

    method: str
    path: str
    params: dict[str, Any] | None = None
    json: dict[str, Any] | None = None
    media_type: str = "application/json"

    def of(self, client: httpx.Client) -> httpx.Response:
        """Return the answer that a client gets."""
        headers = {"Content-Type": self.media_type} if self.json else {}
        return client.request(self.method, self.path, params=self.params, json=self.json, headers=headers)


OPERATIONS = {
    "listAcdEventTypes": Ask("GET", "/acd/events/types"),
    "listAcdEventStatus": Ask("GET", "/acd/events/status"),
    "listAcdEvents": Ask("GET", "/acd/events"),
    "getAcdEvent": Ask("GET", "/acd/events/event/3001"),
    "createAcdEvent": Ask("POST", "/acd/events/create", json=EVENT),
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
    "listDiallerContacts": Ask("GET", "/dialler/contacts", {"diallerCampaignsID": 535}),
    "getDiallerContacts": Ask(
        "POST", "/dialler/contacts", {"languagesID": 2}, {"UserDataList": ["CON6189"], "IDList": [215395]}
    ),
    "getDiallerContact": Ask("GET", "/dialler/contacts/215395"),
    "findDiallerContacts": Ask("GET", "/dialler/contacts/contact", {"userData": "CON6189"}),
    "deleteDiallerContact": Ask("DELETE", "/dialler/contacts/contact/215395"),
    "deleteDiallerContactByUserData": Ask("DELETE", "/dialler/contacts/contact", {"userData": "CON6189"}),
    "lockDiallerContact": Ask("POST", "/dialler/contacts/contact/215395/lock"),
    "unlockDiallerContact": Ask("DELETE", "/dialler/contacts/contact/215395/lock"),
    "importDiallerContact": Ask("POST", "/dialler/contacts/import", json=IMPORT),
    "importDiallerContacts": Ask(
        "POST", "/dialler/contacts/import/batch", json=IMPORT, media_type="application/x-ndjson"
    ),
    "listServiceNumbers": Ask("GET", "/serviceNumbers"),
    "getServiceNumber": Ask("GET", "/serviceNumbers/serviceNumber/6"),
    "listCockpitVariables": Ask("GET", "/cockpitVariables"),
    "getCockpitVariable": Ask("GET", "/cockpitVariables/cockpitVariable/192"),
    "setCockpitVariableValue": Ask("PATCH", "/cockpitVariables/cockpitVariable/192/setValue", {"value": 7}),
    "listRoutingApplications": Ask("GET", "/routingApplications"),
    "runRoutingApplication": Ask("POST", "/routingApplications/run/2793", json={"caller": "493023125112"}),
    "listNetworkIvrLists": Ask("GET", "/networkIVRLists"),
    "listNetworkIvrListEntries": Ask("GET", "/networkIVRLists/9"),
    "listCalls": Ask("GET", "/calls"),
    "answerCall": Ask("GET", "/calls/20220708113402-410002/answer"),
    "hangUpCall": Ask("GET", "/calls/20220708113431-410004/hangup"),
    "hangUpSecondLeg": Ask("GET", "/calls/20220708113417-410003/hangupLeg2"),
    "holdCall": Ask("GET", "/calls/20220708113318-410001/hold"),
    "listUsers": Ask("GET", "/users"),
    "getUser": Ask("GET", "/users/user/17"),
}
