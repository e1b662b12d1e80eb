"""A connector's first steps with the models of datamodel-code-generator over httpx."""

import os

import httpx
from client import (
    AcdGroupList,
    CallList,
    CockpitVariableSet,
    DiallerCampaignClone,
    DiallerCampaignFound,
    DiallerContactFound,
    DiallerContactImport,
    DiallerResultCodeFound,
    Done,
    ErrorAnswer,
    RoutingApplicationResult,
    UserFound,
    UserList,
)

URL = f"{os.environ['FREITON_URL']}/1"
api = httpx.Client(base_url=URL, headers={"Authorization": f"Bearer {os.environ['FREITON_TOKEN']}"})

groups = AcdGroupList.model_validate_json(api.get("/acd/groups").content)
assert groups.count == len(groups.records) == 40

page = api.get("/acd/groups", params={"limitPageSize": 1})
assert [group.name for group in AcdGroupList.model_validate_json(page.content).records] == ["Abrechnung Firmenkunden"]
following = AcdGroupList.model_validate_json(api.get(page.url.join(page.links["next"]["url"])).content)
assert [group.name for group in following.records] == ["Abrechnung Privatkunden"]

users = UserList.model_validate_json(api.get("/users").content)
assert users.count == len(users.records) == 22
user = UserFound.model_validate_json(api.get("/users/user/17").content)
assert user.records[0].uid == "Fischer"
nobody = ErrorAnswer.model_validate_json(api.get("/users/user/1").content)
assert nobody == ErrorAnswer(status=404, error="User not found")

calls = CallList.model_validate_json(api.get("/calls").content)
assert (calls.count, calls.records[0].b_outbound) == (4, 0)
hold = f"/calls/{calls.records[0].ufn}/hold"
assert Done.model_validate_json(api.get(hold).content) == Done(status=200)
conflict = ErrorAnswer.model_validate_json(api.get(hold).content)
assert conflict == ErrorAnswer(status=409, error="Call is held: only a call that is connected can be held")

api.patch("/cockpitVariables/cockpitVariable/192/setValue", params={"value": 7})
changed = api.patch("/cockpitVariables/cockpitVariable/192/setValue", params={"value": 7})
assert CockpitVariableSet.model_validate_json(changed.content).result == 3

run = api.post("/routingApplications/run/2793", json={"caller": {"number": 493023125112}})
variables = RoutingApplicationResult.model_validate_json(run.content).records
assert [(variable.name, variable.value) for variable in variables] == [("caller.number", "493023125112")]

found = DiallerCampaignFound.model_validate_json(
    api.get("/dialler/campaigns/campaign", params={"name": "campaign"}).content
)
assert [(campaign.id, campaign.name) for campaign in found.records] == [(500, "Campaign 1000")]

for language, content in [(1, "Completed"), (2, "Abgeschlossen")]:
    answer = api.get("/dialler/campaigns/campaign/535/resultCodes", params={"languagesID": language})
    codes = DiallerResultCodeFound.model_validate_json(answer.content)
    assert (codes.count, codes.records[0].content) == (7, content)

body = DiallerCampaignClone(source="Campaign 1000", destination="My New Campaign", user_data="UserData Field Contents")
request = body.model_dump(mode="json", by_alias=True)
cloned = DiallerCampaignFound.model_validate_json(api.post("/dialler/campaigns/clone", json=request).content)
clone = cloned.records[0]
assert (clone.name, clone.user_data) == ("My New Campaign", "UserData Field Contents")
refused = ErrorAnswer.model_validate_json(api.post("/dialler/campaigns/clone", json=request).content)
assert refused == ErrorAnswer(status=409, error="Dialler campaign already exists")

contact = DiallerContactImport(
    dialler_campaigns_id=clone.id, user_data="CON7001", name="Mustermann", phone_number1="+4989123456"
)
request = contact.model_dump(mode="json", by_alias=True)
imported = DiallerContactFound.model_validate_json(api.post("/dialler/contacts/import", json=request).content)
stored = imported.records[0]
assert (imported.count, stored.dialler_campaigns_id, stored.user_data) == (1, clone.id, "CON7001")
assert (stored.name, stored.phone_number1) == ("Mustermann", "+4989123456")
assert DiallerContactFound.model_validate_json(api.get(f"/dialler/contacts/{stored.id}").content) == imported

got = DiallerCampaignFound.model_validate_json(api.get(f"/dialler/campaigns/{clone.id}").content)
assert got == cloned
deleted = Done.model_validate_json(api.delete(f"/dialler/campaigns/campaign/{clone.id}").content)
assert deleted == Done(status=200)
missing = ErrorAnswer.model_validate_json(api.get(f"/dialler/campaigns/{clone.id}").content)
assert missing == ErrorAnswer(status=404, error="Dialler campaign not found")

unknown = httpx.get(f"{URL}/acd/groups", headers={"Authorization": "Bearer wrong"})
assert ErrorAnswer.model_validate_json(unknown.content) == ErrorAnswer(
    status=401, error="Bearer token or ClientsID is not valid"
)
