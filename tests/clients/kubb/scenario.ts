// A connector's first steps with the fetch client of Kubb.
import assert from "node:assert/strict";
import {
  cloneDiallerCampaign,
  deleteDiallerCampaign,
  findDiallerCampaigns,
  getDiallerCampaign,
  getDiallerContact,
  getUser,
  holdCall,
  importDiallerContact,
  languagesIDEnum,
  listAcdGroups,
  listCalls,
  listDiallerResultCodes,
  listUsers,
  runRoutingApplication,
  setCockpitVariableValue,
} from "./client";
import { setConfig } from "./client/.kubb/fetch";

// The client sends JSON, but does not say so by itself.
setConfig({
  baseURL: process.env.FREITON_URL,
  headers: { Authorization: `Bearer ${process.env.FREITON_TOKEN}`, "Content-Type": "application/json" },
});
const ClientsID = 1;

const groups = await listAcdGroups({ ClientsID });
assert.equal(groups.data.count, 40);

const page = await listAcdGroups({ ClientsID, params: { limitPageSize: 1 } });
assert.equal(page.data.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = page.headers.get("Link")?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await listAcdGroups({ ClientsID, params: { limitPageSize: 1, cursor } });
assert.equal(next.data.records[0]?.Name, "Abrechnung Privatkunden");

const found = await findDiallerCampaigns({ ClientsID, params: { name: "campaign" } });
assert.deepEqual(found.data.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [
  [languagesIDEnum.English, "Completed"],
  [languagesIDEnum.German, "Abgeschlossen"],
] as const) {
  const codes = await listDiallerResultCodes({ ClientsID, DiallerCampaignsID: 535, params: { languagesID } });
  assert.equal(codes.data.count, 7);
  assert.equal(codes.data.records[0]?.Content, content);
}

const data = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await cloneDiallerCampaign({ ClientsID, data });
const clone = cloned.data.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
const refused = await cloneDiallerCampaign({ ClientsID, data });
assert.deepEqual(refused.data, { status: 409, error: "Dialler campaign already exists" });

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await importDiallerContact({ ClientsID, data: contact });
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const stored = await getDiallerContact({ ClientsID, DiallerContactsID: imported.data.records[0]?.ID ?? 0 });
assert.deepEqual(stored.data, imported.data);

const got = await getDiallerCampaign({ ClientsID, DiallerCampaignsID: clone.ID });
assert.deepEqual(got.data, cloned.data);
const deleted = await deleteDiallerCampaign({ ClientsID, DiallerCampaignsID: clone.ID });
assert.deepEqual(deleted.data, { status: 200 });
const missing = await getDiallerCampaign({ ClientsID, DiallerCampaignsID: clone.ID });
assert.equal(missing.status, 404);
assert.deepEqual(missing.data, { status: 404, error: "Dialler campaign not found" });

const users = await listUsers({ ClientsID });
assert.equal(users.data.count, 22);
const user = await getUser({ ClientsID, UsersID: 17 });
assert.equal(user.data.records[0]?.UID, "Fischer");
const nobody = await getUser({ ClientsID, UsersID: 1 });
assert.deepEqual(nobody.data, { status: 404, error: "User not found" });
const calls = await listCalls({ ClientsID });
assert.equal(calls.data.count, 4);
const UFN = calls.data.records[0]?.UFN ?? "";
const held = await holdCall({ ClientsID, UFN });
assert.deepEqual(held.data, { status: 200 });
const conflict = await holdCall({ ClientsID, UFN });
assert.deepEqual(conflict.data, { status: 409, error: "Call is held: only a call that is connected can be held" });
await setCockpitVariableValue({ ClientsID, CockpitVariablesID: 192, params: { value: 7 } });
const set = await setCockpitVariableValue({ ClientsID, CockpitVariablesID: 192, params: { value: 7 } });
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const run = await runRoutingApplication({
  ClientsID,
  routingApplicationsID: 2793,
  data: { caller: { number: 493023125112 } },
});
assert.deepEqual(run.data.records, [{ Name: "caller.number", Value: "493023125112" }]);

const unknown = await listAcdGroups({ ClientsID }, { headers: { Authorization: "Bearer wrong" } });
assert.equal(unknown.status, 401);
assert.deepEqual(unknown.data, { status: 401, error: "Bearer token or ClientsID is not valid" });
