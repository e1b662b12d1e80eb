"""A connector's first steps with aiopenapi3, which reads the contract from the server at run time."""

import os
import re
from operator import itemgetter
from typing import Any
from urllib.parse import urljoin

import httpx2
from aiopenapi3 import OpenAPI
from aiopenapi3.errors import HTTPClientError


def connect(token: str) -> Any:
    """Return the operations of the service, as the owner of a token may use them."""
    contract = urljoin(os.environ["FREITON_URL"], "/openapi.json")
    api = OpenAPI.load_sync(contract, session_factory=httpx2.Client)
    # The first server of the contract is the one that it comes from; the client would take any.
    api._server_select = itemgetter(0)
    api.authenticate(bearerAuth=token)
    return api._


def refused(operation: Any, **arguments: Any) -> tuple[int, str]:
    """Return the status and the error with which the service refuses a call."""
    try:
        operation(**arguments)
    except HTTPClientError as refusal:
        return refusal.status_code, refusal.data.error
    raise AssertionError("not refused")


api = connect(os.environ["FREITON_TOKEN"])
client = {"ClientsID": 1}

groups = api.listAcdGroups(parameters=client)
assert groups.count == len(groups.records) == 40

headers, page = api.listAcdGroups(parameters={**client, "limitPageSize": 1}, return_headers=True)
assert [group.Name for group in page.records] == ["Abrechnung Firmenkunden"]
link = re.search('cursor=([^&>]+)>; rel="next"', headers["Link"])
assert link
following = api.listAcdGroups(parameters={**client, "limitPageSize": 1, "cursor": link[1]})
assert [group.Name for group in following.records] == ["Abrechnung Privatkunden"]

users = api.listUsers(parameters=client)
assert users.count == len(users.records) == 22
user = api.getUser(parameters={**client, "UsersID": 17})
assert user.records[0].UID == "Fischer"
assert refused(api.getUser, parameters={**client, "UsersID": 1}) == (404, "User not found")

calls = api.listCalls(parameters=client)
assert (calls.count, calls.records[0].UFN) == (4, "20220708113318-410001")
call = {**client, "UFN": calls.records[0].UFN}
assert api.holdCall(parameters=call).status == 200
assert refused(api.holdCall, parameters=call) == (409, "Call is held: only a call that is connected can be held")

api.setCockpitVariableValue(parameters={**client, "CockpitVariablesID": 192, "value": 7})
changed = api.setCockpitVariableValue(parameters={**client, "CockpitVariablesID": 192, "value": 7})
assert (changed.result, changed.error) == (3, "Cockpit variable has this value already")

application = {**client, "routingApplicationsID": 2793}
run = api.runRoutingApplication(parameters=application, data={"caller": {"number": 493023125112}})
assert [(variable.Name, variable.Value) for variable in run.records] == [("caller.number", "493023125112")]

found = api.findDiallerCampaigns(parameters={**client, "name": "campaign"})
assert [(campaign.ID, campaign.Name) for campaign in found.records] == [(500, "Campaign 1000")]

for language, content in [(1, "Completed"), (2, "Abgeschlossen")]:
    codes = api.listDiallerResultCodes(parameters={**client, "DiallerCampaignsID": 535, "languagesID": language})
    assert (codes.count, codes.records[0].Content) == (7, content)

body = {"source": "Campaign 1000", "destination": "My New Campaign", "userData": "UserData Field Contents"}
cloned = api.cloneDiallerCampaign(parameters=client, data=body)
clone = cloned.records[0]
assert (clone.Name, clone.UserData) == ("My New Campaign", "UserData Field Contents")
assert refused(api.cloneDiallerCampaign, parameters=client, data=body) == (409, "Dialler campaign already exists")

contact = {
    "DiallerCampaignsID": clone.ID,
    "UserData": "CON7001",
    "Name": "Mustermann",
    "PhoneNumber1": "+4989123456",
}
imported = api.importDiallerContact(parameters=client, data=contact)
stored = imported.records[0]
assert (imported.count, {field: getattr(stored, field) for field in contact}) == (1, contact)
assert api.getDiallerContact(parameters={**client, "DiallerContactsID": stored.ID}) == imported

path = {**client, "DiallerCampaignsID": clone.ID}
assert api.getDiallerCampaign(parameters=path) == cloned
assert api.deleteDiallerCampaign(parameters=path).status == 200
assert refused(api.getDiallerCampaign, parameters=path) == (404, "Dialler campaign not found")

stranger = connect("wrong")
assert refused(stranger.listAcdGroups, parameters=client) == (401, "Bearer token or ClientsID is not valid")
