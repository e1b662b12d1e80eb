"""A connector's first steps with the client of openapi-python-client."""

import os
import re

from client import AuthenticatedClient
from client.api.acd_groups import list_acd_groups
from client.api.calls import hold_call, list_calls
from client.api.cockpit_variables import set_cockpit_variable_value
from client.api.dialler_campaigns import (
    clone_dialler_campaign,
    delete_dialler_campaign,
    find_dialler_campaigns,
    get_dialler_campaign,
    list_dialler_result_codes,
)
from client.api.dialler_contacts import get_dialler_contact, import_dialler_contact
from client.api.routing_applications import run_routing_application
from client.api.users import get_user, list_users
from client.models import (
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
    LanguagesID,
    RoutingApplicationResult,
    RoutingApplicationVariables,
    UserFound,
    UserList,
)

URL = os.environ["FREITON_URL"]
client = AuthenticatedClient(URL, os.environ["FREITON_TOKEN"])

groups = list_acd_groups.sync(1, client=client)
assert isinstance(groups, AcdGroupList)
assert groups.count == len(groups.records) == 40

page = list_acd_groups.sync_detailed(1, client=client, limit_page_size=1)
assert isinstance(page.parsed, AcdGroupList)
assert [group.name for group in page.parsed.records] == ["Abrechnung Firmenkunden"]
link = re.search('cursor=([^&>]+)>; rel="next"', page.headers["Link"])
assert link
following = list_acd_groups.sync(1, client=client, limit_page_size=1, cursor=link[1])
assert isinstance(following, AcdGroupList)
assert [group.name for group in following.records] == ["Abrechnung Privatkunden"]

users = list_users.sync(1, client=client)
assert isinstance(users, UserList)
assert users.count == len(users.records) == 22
user = get_user.sync(1, 17, client=client)
assert isinstance(user, UserFound)
assert user.records[0].uid == "Fischer"
assert get_user.sync(1, 1, client=client) == ErrorAnswer(404, "User not found")

calls = list_calls.sync(1, client=client)
assert isinstance(calls, CallList)
assert calls.count == len(calls.records) == 4
ufn = calls.records[0].ufn
assert hold_call.sync(1, ufn, client=client) == Done(200)
conflict = hold_call.sync(1, ufn, client=client)
assert conflict == ErrorAnswer(409, "Call is held: only a call that is connected can be held")

set_cockpit_variable_value.sync(1, 192, client=client, value=7)
changed = set_cockpit_variable_value.sync(1, 192, client=client, value=7)
assert changed == CockpitVariableSet(3, "Cockpit variable has this value already", 200)

variables = RoutingApplicationVariables.from_dict({"caller": {"number": 493023125112}})
run = run_routing_application.sync(1, 2793, client=client, body=variables)
assert isinstance(run, RoutingApplicationResult)
assert [(variable.name, variable.value) for variable in run.records] == [("caller.number", "493023125112")]

found = find_dialler_campaigns.sync(1, client=client, name="campaign")
assert isinstance(found, DiallerCampaignFound)
assert [(campaign.id, campaign.name) for campaign in found.records] == [(500, "Campaign 1000")]

for language, content in [(LanguagesID.ENGLISH, "Completed"), (LanguagesID.GERMAN, "Abgeschlossen")]:
    codes = list_dialler_result_codes.sync(1, 535, client=client, languages_id=language)
    assert isinstance(codes, DiallerResultCodeFound)
    assert (codes.count, codes.records[0].content) == (7, content)

body = DiallerCampaignClone(source="Campaign 1000", destination="My New Campaign", user_data="UserData Field Contents")
cloned = clone_dialler_campaign.sync(1, client=client, body=body)
assert isinstance(cloned, DiallerCampaignFound)
clone = cloned.records[0]
assert (clone.name, clone.user_data) == ("My New Campaign", "UserData Field Contents")
refused = clone_dialler_campaign.sync(1, client=client, body=body)
assert refused == ErrorAnswer(409, "Dialler campaign already exists")

contact = DiallerContactImport("Mustermann", clone.id, user_data="CON7001", phone_number_1="+4989123456")
imported = import_dialler_contact.sync(1, client=client, body=contact)
assert isinstance(imported, DiallerContactFound)
stored = imported.records[0]
assert (imported.count, stored.dialler_campaigns_id, stored.user_data) == (1, clone.id, "CON7001")
assert (stored.name, stored.phone_number_1) == ("Mustermann", "+4989123456")
assert get_dialler_contact.sync(1, stored.id, client=client) == imported

assert get_dialler_campaign.sync(1, clone.id, client=client) == cloned
assert delete_dialler_campaign.sync(1, clone.id, client=client) == Done(200)
assert get_dialler_campaign.sync(1, clone.id, client=client) == ErrorAnswer(404, "Dialler campaign not found")

stranger = AuthenticatedClient(URL, "wrong")
assert list_acd_groups.sync(1, client=stranger) == ErrorAnswer(401, "Bearer token or ClientsID is not valid")
