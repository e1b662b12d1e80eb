// A connector's first steps with the axios client of OpenAPI Generator.
import assert from "node:assert/strict";
import { isAxiosError } from "axios";
import {
  ACDGroupsApi,
  CallsApi,
  CockpitVariablesApi,
  Configuration,
  DiallerCampaignsApi,
  DiallerContactsApi,
  LanguagesID,
  RoutingApplicationsApi,
  UsersApi,
} from "./client";

const basePath = process.env.FREITON_URL;
const configuration = new Configuration({ basePath, accessToken: process.env.FREITON_TOKEN });
const acdGroups = new ACDGroupsApi(configuration);
const campaigns = new DiallerCampaignsApi(configuration);
const contacts = new DiallerContactsApi(configuration);
const users = new UsersApi(configuration);
const calls = new CallsApi(configuration);

async function assertFails(call: Promise<unknown>, status: number, error: string): Promise<void> {
  const refused: unknown = await call.catch((reason: unknown) => reason);
  assert.ok(isAxiosError(refused));
  assert.deepEqual(refused.response?.data, { status, error });
}

const listGroups = (pageSize?: number, cursor?: string) =>
  acdGroups.listAcdGroups(1, undefined, undefined, pageSize, undefined, undefined, cursor);

const groups = await listGroups();
assert.equal(groups.data.count, 40);

const page = await listGroups(1);
assert.equal(page.data.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = String(page.headers.link).match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await listGroups(1, cursor);
assert.equal(next.data.records[0]?.Name, "Abrechnung Privatkunden");

const found = await campaigns.findDiallerCampaigns(1, "campaign");
assert.deepEqual(found.data.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [
  [LanguagesID.English, "Completed"],
  [LanguagesID.German, "Abgeschlossen"],
] as const) {
  const codes = await campaigns.listDiallerResultCodes(1, 535, languagesID);
  assert.equal(codes.data.count, 7);
  assert.equal(codes.data.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await campaigns.cloneDiallerCampaign(1, body);
const clone = cloned.data.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
await assertFails(campaigns.cloneDiallerCampaign(1, body), 409, "Dialler campaign already exists");

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await contacts.importDiallerContact(1, contact);
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const stored = await contacts.getDiallerContact(1, imported.data.records[0]?.ID ?? 0);
assert.deepEqual(stored.data, imported.data);

assert.deepEqual((await campaigns.getDiallerCampaign(1, clone.ID)).data, cloned.data);
assert.deepEqual((await campaigns.deleteDiallerCampaign(1, clone.ID)).data, { status: 200 });
await assertFails(campaigns.getDiallerCampaign(1, clone.ID), 404, "Dialler campaign not found");

assert.equal((await users.listUsers(1)).data.count, 22);
assert.equal((await users.getUser(1, 17)).data.records[0]?.UID, "Fischer");
await assertFails(users.getUser(1, 1), 404, "User not found");
const ongoing = await calls.listCalls(1);
assert.equal(ongoing.data.count, 4);
const ufn = ongoing.data.records[0]?.UFN ?? "";
assert.deepEqual((await calls.holdCall(1, ufn)).data, { status: 200 });
await assertFails(calls.holdCall(1, ufn), 409, "Call is held: only a call that is connected can be held");
await new CockpitVariablesApi(configuration).setCockpitVariableValue(1, 192, 7);
const set = await new CockpitVariablesApi(configuration).setCockpitVariableValue(1, 192, 7);
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const applications = new RoutingApplicationsApi(configuration);
const run = await applications.runRoutingApplication(1, 2793, { caller: { number: 493023125112 } });
assert.deepEqual(run.data.records, [{ Name: "caller.number", Value: "493023125112" }]);

const stranger = new ACDGroupsApi(new Configuration({ basePath, accessToken: "wrong" }));
await assertFails(stranger.listAcdGroups(1), 401, "Bearer token or ClientsID is not valid");
