"""A connector's first steps with the Python client of OpenAPI Generator."""

import os
import re
from collections.abc import Callable

from openapi_client import (
    ACDGroupsApi,
    ApiClient,
    ApiException,
    CallsApi,
    CockpitVariablesApi,
    Configuration,
    DiallerCampaignClone,
    DiallerCampaignsApi,
    DiallerContactImport,
    DiallerContactsApi,
    ErrorAnswer,
    LanguagesID,
    RoutingApplicationsApi,
    UsersApi,
)


def refused(call: Callable[[], object]) -> tuple[int | None, str]:
    """Return the status and the error with which the service refuses a call."""
    try:
        call()
    except ApiException as refusal:
        return refusal.status, ErrorAnswer.model_validate(refusal.data).error
    raise AssertionError("not refused")


URL = os.environ["FREITON_URL"]
client = ApiClient(Configuration(host=URL, access_token=os.environ["FREITON_TOKEN"]))
acd_groups = ACDGroupsApi(client)
campaigns = DiallerCampaignsApi(client)
contacts = DiallerContactsApi(client)

groups = acd_groups.list_acd_groups(1)
assert groups.count == len(groups.records) == 40

page = acd_groups.list_acd_groups_with_http_info(1, limit_page_size=1)
assert [group.name for group in page.data.records] == ["Abrechnung Firmenkunden"]
link = re.search('cursor=([^&>]+)>; rel="next"', (page.headers or {})["link"])
assert link
following = acd_groups.list_acd_groups(1, limit_page_size=1, cursor=link[1])
assert [group.name for group in following.records] == ["Abrechnung Privatkunden"]

users = UsersApi(client)
assert users.list_users(1).count == len(users.list_users(1).records) == 22
assert users.get_user(1, 17).records[0].uid == "Fischer"
assert refused(lambda: users.get_user(1, 1)) == (404, "User not found")

calls = CallsApi(client)
ongoing = calls.list_calls(1)
assert ongoing.count == 4
ufn = ongoing.records[0].ufn
assert calls.hold_call(1, ufn).status == 200
assert refused(lambda: calls.hold_call(1, ufn)) == (409, "Call is held: only a call that is connected can be held")

CockpitVariablesApi(client).set_cockpit_variable_value(1, 192, 7)
changed = CockpitVariablesApi(client).set_cockpit_variable_value(1, 192, 7)
assert (changed.result, changed.error) == (3, "Cockpit variable has this value already")

run = RoutingApplicationsApi(client).run_routing_application(1, 2793, {"caller": {"number": 493023125112}})
assert [(variable.name, variable.value) for variable in run.records] == [("caller.number", "493023125112")]

found = campaigns.find_dialler_campaigns(1, "campaign")
assert [(campaign.id, campaign.name) for campaign in found.records] == [(500, "Campaign 1000")]

for language, content in [(LanguagesID.English, "Completed"), (LanguagesID.German, "Abgeschlossen")]:
    codes = campaigns.list_dialler_result_codes(1, 535, language)
    assert (codes.count, codes.records[0].content) == (7, content)

body = DiallerCampaignClone(source="Campaign 1000", destination="My New Campaign", userData="UserData Field Contents")
cloned = campaigns.clone_dialler_campaign(1, body)
clone = cloned.records[0]
assert (clone.name, clone.user_data) == ("My New Campaign", "UserData Field Contents")
assert refused(lambda: campaigns.clone_dialler_campaign(1, body)) == (409, "Dialler campaign already exists")

contact = DiallerContactImport(
    DiallerCampaignsID=clone.id, UserData="CON7001", Name="Mustermann", PhoneNumber1="+4989123456"
)
imported = contacts.import_dialler_contact(1, contact)
stored = imported.records[0]
assert (imported.count, stored.dialler_campaigns_id, stored.user_data) == (1, clone.id, "CON7001")
assert (stored.name, stored.phone_number1) == ("Mustermann", "+4989123456")
assert contacts.get_dialler_contact(1, stored.id) == imported

assert campaigns.get_dialler_campaign(1, clone.id) == cloned
assert campaigns.delete_dialler_campaign(1, clone.id).status == 200
assert refused(lambda: campaigns.get_dialler_campaign(1, clone.id)) == (404, "Dialler campaign not found")

stranger = ACDGroupsApi(ApiClient(Configuration(host=URL, access_token="wrong")))
assert refused(lambda: stranger.list_acd_groups(1)) == (401, "Bearer token or ClientsID is not valid")
