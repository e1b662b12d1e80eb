// A connector's first steps with the fetch client of Hey API.
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
  listAcdGroups,
  listCalls,
  listDiallerResultCodes,
  listUsers,
  runRoutingApplication,
  setCockpitVariableValue,
} from "./client";
import { client } from "./client/client.gen";

client.setConfig({ baseUrl: process.env.FREITON_URL, auth: () => process.env.FREITON_TOKEN });
const path = { ClientsID: 1 };

const groups = await listAcdGroups({ path });
assert.equal(groups.data?.count, 40);

const page = await listAcdGroups({ path, query: { limitPageSize: 1 } });
assert.equal(page.data?.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = page.response?.headers.get("Link")?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await listAcdGroups({ path, query: { limitPageSize: 1, cursor } });
assert.equal(next.data?.records[0]?.Name, "Abrechnung Privatkunden");

const found = await findDiallerCampaigns({ path, query: { name: "campaign" } });
assert.deepEqual(found.data?.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [[1, "Completed"], [2, "Abgeschlossen"]] as const) {
  const codes = await listDiallerResultCodes({ path: { ...path, DiallerCampaignsID: 535 }, query: { languagesID } });
  assert.equal(codes.data?.count, 7);
  assert.equal(codes.data?.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await cloneDiallerCampaign({ path, body });
const clone = cloned.data?.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
const refused = await cloneDiallerCampaign({ path, body });
assert.deepEqual(refused.error, { status: 409, error: "Dialler campaign already exists" });

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await importDiallerContact({ path, body: contact });
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const DiallerContactsID = imported.data?.records[0]?.ID ?? 0;
const stored = await getDiallerContact({ path: { ...path, DiallerContactsID } });
assert.deepEqual(stored.data, imported.data);

const clonePath = { ...path, DiallerCampaignsID: clone.ID };
const got = await getDiallerCampaign({ path: clonePath });
assert.deepEqual(got.data, cloned.data);
const deleted = await deleteDiallerCampaign({ path: clonePath });
assert.deepEqual(deleted.data, { status: 200 });
const missing = await getDiallerCampaign({ path: clonePath });
assert.deepEqual(missing.error, { status: 404, error: "Dialler campaign not found" });

const users = await listUsers({ path });
assert.equal(users.data?.count, 22);
const user = await getUser({ path: { ...path, UsersID: 17 } });
assert.equal(user.data?.records[0]?.UID, "Fischer");
const nobody = await getUser({ path: { ...path, UsersID: 1 } });
assert.deepEqual(nobody.error, { status: 404, error: "User not found" });
const calls = await listCalls({ path });
assert.equal(calls.data?.count, 4);
const callPath = { ...path, UFN: calls.data?.records[0]?.UFN ?? "" };
const held = await holdCall({ path: callPath });
assert.deepEqual(held.data, { status: 200 });
const conflict = await holdCall({ path: callPath });
assert.deepEqual(conflict.error, { status: 409, error: "Call is held: only a call that is connected can be held" });
const variable = { ...path, CockpitVariablesID: 192 };
await setCockpitVariableValue({ path: variable, query: { value: 7 } });
const set = await setCockpitVariableValue({ path: variable, query: { value: 7 } });
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const application = { ...path, routingApplicationsID: 2793 };
const run = await runRoutingApplication({ path: application, body: { caller: { number: 493023125112 } } });
assert.deepEqual(run.data?.records, [{ Name: "caller.number", Value: "493023125112" }]);

const unknown = await listAcdGroups({ path, auth: "wrong" });
assert.deepEqual(unknown.error, { status: 401, error: "Bearer token or ClientsID is not valid" });
