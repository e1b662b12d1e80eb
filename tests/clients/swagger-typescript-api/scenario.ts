// A connector's first steps with the fetch client of swagger-typescript-api.
import assert from "node:assert/strict";
import { Api, LanguagesID } from "./client/api";

const api = new Api<string>({
  baseUrl: process.env.FREITON_URL,
  securityWorker: (token) => ({ headers: { Authorization: `Bearer ${token}` } }),
});
api.setSecurityData(process.env.FREITON_TOKEN ?? "");

async function assertFails(call: Promise<unknown>, status: number, error: string): Promise<void> {
  const refused: unknown = await call.catch((reason: unknown) => reason);
  assert.ok(refused instanceof Response && "error" in refused);
  assert.deepEqual(refused.error, { status, error });
}

const groups = await api.acdGroups.listAcdGroups(1);
assert.equal(groups.data.count, 40);

const page = await api.acdGroups.listAcdGroups(1, { limitPageSize: 1 });
assert.equal(page.data.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = page.headers.get("Link")?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await api.acdGroups.listAcdGroups(1, { limitPageSize: 1, cursor });
assert.equal(next.data.records[0]?.Name, "Abrechnung Privatkunden");

const found = await api.diallerCampaigns.findDiallerCampaigns(1, { name: "campaign" });
assert.deepEqual(found.data.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [
  [LanguagesID.English, "Completed"],
  [LanguagesID.German, "Abgeschlossen"],
] as const) {
  const codes = await api.diallerCampaigns.listDiallerResultCodes(1, 535, { languagesID });
  assert.equal(codes.data.count, 7);
  assert.equal(codes.data.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await api.diallerCampaigns.cloneDiallerCampaign(1, body);
const clone = cloned.data.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
await assertFails(api.diallerCampaigns.cloneDiallerCampaign(1, body), 409, "Dialler campaign already exists");

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await api.diallerContacts.importDiallerContact(1, contact);
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const stored = await api.diallerContacts.getDiallerContact(1, imported.data.records[0]?.ID ?? 0);
assert.deepEqual(stored.data, imported.data);

const got = await api.diallerCampaigns.getDiallerCampaign(1, clone.ID);
assert.deepEqual(got.data, cloned.data);
const deleted = await api.diallerCampaigns.deleteDiallerCampaign(1, clone.ID);
assert.deepEqual(deleted.data, { status: 200 });
await assertFails(api.diallerCampaigns.getDiallerCampaign(1, clone.ID), 404, "Dialler campaign not found");

const users = await api.users.listUsers(1);
assert.equal(users.data.count, 22);
const user = await api.users.getUser(1, 17);
assert.equal(user.data.records[0]?.UID, "Fischer");
await assertFails(api.users.getUser(1, 1), 404, "User not found");
const calls = await api.calls.listCalls(1);
assert.equal(calls.data.count, 4);
const ufn = calls.data.records[0]?.UFN ?? "";
assert.deepEqual((await api.calls.holdCall(1, ufn)).data, { status: 200 });
await assertFails(api.calls.holdCall(1, ufn), 409, "Call is held: only a call that is connected can be held");
await api.cockpitVariables.setCockpitVariableValue(1, 192, { value: 7 });
const set = await api.cockpitVariables.setCockpitVariableValue(1, 192, { value: 7 });
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const run = await api.routingApplications.runRoutingApplication(1, 2793, { caller: { number: 493023125112 } });
assert.deepEqual(run.data.records, [{ Name: "caller.number", Value: "493023125112" }]);

api.setSecurityData("wrong");
await assertFails(api.acdGroups.listAcdGroups(1), 401, "Bearer token or ClientsID is not valid");
