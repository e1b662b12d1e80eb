// A connector's first steps with the fetch client of orval.
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
  LanguagesID,
  listAcdGroups,
  listCalls,
  listDiallerResultCodes,
  listUsers,
  runRoutingApplication,
  setCockpitVariableValue,
} from "./client/api";

const token = { headers: { Authorization: `Bearer ${process.env.FREITON_TOKEN}` } };

const groups = await listAcdGroups(1, {}, token);
assert.ok(groups.status === 200);
assert.equal(groups.data.count, 40);

const page = await listAcdGroups(1, { limitPageSize: 1 }, token);
assert.ok(page.status === 200);
assert.equal(page.data.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = page.headers.get("Link")?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await listAcdGroups(1, { limitPageSize: 1, cursor }, token);
assert.ok(next.status === 200);
assert.equal(next.data.records[0]?.Name, "Abrechnung Privatkunden");

const found = await findDiallerCampaigns(1, { name: "campaign" }, token);
assert.ok(found.status === 200);
assert.deepEqual(found.data.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [
  [LanguagesID.English, "Completed"],
  [LanguagesID.German, "Abgeschlossen"],
] as const) {
  const codes = await listDiallerResultCodes(1, 535, { languagesID }, token);
  assert.ok(codes.status === 200);
  assert.equal(codes.data.count, 7);
  assert.equal(codes.data.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await cloneDiallerCampaign(1, body, token);
assert.ok(cloned.status === 200);
const clone = cloned.data.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
const refused = await cloneDiallerCampaign(1, body, token);
assert.deepEqual(refused.data, { status: 409, error: "Dialler campaign already exists" });

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await importDiallerContact(1, contact, {}, token);
assert.ok(imported.status === 200);
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const stored = await getDiallerContact(1, imported.data.records[0]?.ID ?? 0, token);
assert.deepEqual(stored.data, imported.data);

const got = await getDiallerCampaign(1, clone.ID, token);
assert.deepEqual(got.data, cloned.data);
const deleted = await deleteDiallerCampaign(1, clone.ID, token);
assert.deepEqual(deleted.data, { status: 200 });
const missing = await getDiallerCampaign(1, clone.ID, token);
assert.deepEqual(missing.data, { status: 404, error: "Dialler campaign not found" });

const users = await listUsers(1, {}, token);
assert.ok(users.status === 200);
assert.equal(users.data.count, 22);
const user = await getUser(1, 17, token);
assert.ok(user.status === 200);
assert.equal(user.data.records[0]?.UID, "Fischer");
const nobody = await getUser(1, 1, token);
assert.deepEqual(nobody.data, { status: 404, error: "User not found" });
const calls = await listCalls(1, token);
assert.ok(calls.status === 200);
assert.equal(calls.data.count, 4);
const UFN = calls.data.records[0]?.UFN ?? "";
const held = await holdCall(1, UFN, token);
assert.deepEqual(held.data, { status: 200 });
const conflict = await holdCall(1, UFN, token);
assert.deepEqual(conflict.data, { status: 409, error: "Call is held: only a call that is connected can be held" });
await setCockpitVariableValue(1, 192, { value: 7 }, token);
const set = await setCockpitVariableValue(1, 192, { value: 7 }, token);
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const run = await runRoutingApplication(1, 2793, { caller: { number: 493023125112 } }, token);
assert.ok(run.status === 200);
assert.deepEqual(run.data.records, [{ Name: "caller.number", Value: "493023125112" }]);

const unknown = await listAcdGroups(1, {}, { headers: { Authorization: "Bearer wrong" } });
assert.deepEqual(unknown.data, { status: 401, error: "Bearer token or ClientsID is not valid" });
