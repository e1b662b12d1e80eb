// A connector's first steps with the TypeScript client of OpenAPI Generator.
import assert from "node:assert/strict";
import {
  ACDGroupsApi,
  CallsApi,
  CockpitVariablesApi,
  Configuration,
  DiallerCampaignsApi,
  DiallerContactsApi,
  LanguagesID,
  ResponseError,
  RoutingApplicationsApi,
  UsersApi,
} from "./client";

const basePath = process.env.FREITON_URL;
const configuration = new Configuration({ basePath, accessToken: process.env.FREITON_TOKEN ?? "" });
const acdGroups = new ACDGroupsApi(configuration);
const campaigns = new DiallerCampaignsApi(configuration);
const contacts = new DiallerContactsApi(configuration);
const users = new UsersApi(configuration);
const calls = new CallsApi(configuration);
const clientsID = 1;

async function assertFails(call: Promise<unknown>, status: number, error: string): Promise<void> {
  const refused: unknown = await call.catch((reason: unknown) => reason);
  assert.ok(refused instanceof ResponseError);
  assert.deepEqual(await refused.response.json(), { status, error });
}

const groups = await acdGroups.listAcdGroups({ clientsID });
assert.equal(groups.count, 40);

const page = await acdGroups.listAcdGroupsRaw({ clientsID, limitPageSize: 1 });
assert.equal((await page.value()).records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = page.raw.headers.get("Link")?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await acdGroups.listAcdGroups({ clientsID, limitPageSize: 1, cursor });
assert.equal(next.records[0]?.Name, "Abrechnung Privatkunden");

const found = await campaigns.findDiallerCampaigns({ clientsID, name: "campaign" });
assert.deepEqual(found.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [
  [LanguagesID.English, "Completed"],
  [LanguagesID.German, "Abgeschlossen"],
] as const) {
  const codes = await campaigns.listDiallerResultCodes({ clientsID, diallerCampaignsID: 535, languagesID });
  assert.equal(codes.count, 7);
  assert.equal(codes.records[0]?.Content, content);
}

const diallerCampaignClone = {
  source: "Campaign 1000",
  destination: "My New Campaign",
  userData: "UserData Field Contents",
};
const cloned = await campaigns.cloneDiallerCampaign({ clientsID, diallerCampaignClone });
const campaign = cloned.records[0];
assert.ok(campaign);
assert.equal(campaign.Name, "My New Campaign");
assert.equal(campaign.UserData, "UserData Field Contents");
const again = campaigns.cloneDiallerCampaign({ clientsID, diallerCampaignClone });
await assertFails(again, 409, "Dialler campaign already exists");

const diallerCampaignsID = campaign.ID;
const diallerContactImport = {
  DiallerCampaignsID: diallerCampaignsID,
  UserData: "CON7001",
  Name: "Mustermann",
  PhoneNumber1: "+4989123456",
};
const imported = await contacts.importDiallerContact({ clientsID, diallerContactImport });
assert.partialDeepStrictEqual(imported, { count: 1, records: [diallerContactImport] });
const diallerContactsID = imported.records[0]?.ID ?? 0;
assert.deepEqual(await contacts.getDiallerContact({ clientsID, diallerContactsID }), imported);

assert.deepEqual(await campaigns.getDiallerCampaign({ clientsID, diallerCampaignsID }), cloned);
assert.equal((await campaigns.deleteDiallerCampaign({ clientsID, diallerCampaignsID })).status, 200);
await assertFails(campaigns.getDiallerCampaign({ clientsID, diallerCampaignsID }), 404, "Dialler campaign not found");

assert.equal((await users.listUsers({ clientsID })).count, 22);
assert.equal((await users.getUser({ clientsID, usersID: 17 })).records[0]?.UID, "Fischer");
await assertFails(users.getUser({ clientsID, usersID: 1 }), 404, "User not found");
const ongoing = await calls.listCalls({ clientsID });
assert.equal(ongoing.count, 4);
const uFN = ongoing.records[0]?.UFN ?? "";
assert.equal((await calls.holdCall({ clientsID, uFN })).status, 200);
await assertFails(calls.holdCall({ clientsID, uFN }), 409, "Call is held: only a call that is connected can be held");
const variable = { clientsID, cockpitVariablesID: 192, value: 7 };
await new CockpitVariablesApi(configuration).setCockpitVariableValue(variable);
const set = await new CockpitVariablesApi(configuration).setCockpitVariableValue(variable);
assert.deepEqual(set, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const requestBody = { caller: { number: 493023125112 } };
const application = { clientsID, routingApplicationsID: 2793, requestBody };
const run = await new RoutingApplicationsApi(configuration).runRoutingApplication(application);
assert.deepEqual(run.records, [{ Name: "caller.number", Value: "493023125112" }]);

const stranger = new ACDGroupsApi(new Configuration({ basePath, accessToken: "wrong" }));
await assertFails(stranger.listAcdGroups({ clientsID }), 401, "Bearer token or ClientsID is not valid");
