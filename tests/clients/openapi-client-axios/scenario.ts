// A connector's first steps with openapi-client-axios, which reads the contract from the server at run time, and the types
// that its typegen makes beforehand.
import assert from "node:assert/strict";
import { isAxiosError } from "axios";
import { OpenAPIClientAxios } from "openapi-client-axios";
import type { Client } from "./client/api";

const { FREITON_URL = "", FREITON_TOKEN } = process.env;
const definition = new URL("/openapi.json", FREITON_URL).href;
const connect = (token?: string): Promise<Client> =>
  new OpenAPIClientAxios({
    definition,
    withServer: { url: FREITON_URL },
    axiosConfigDefaults: { headers: { Authorization: `Bearer ${token}` } },
  }).init<Client>();

async function assertFails(call: Promise<unknown>, status: number, error: string): Promise<void> {
  const refused: unknown = await call.catch((reason: unknown) => reason);
  assert.ok(isAxiosError(refused));
  assert.deepEqual(refused.response?.data, { status, error });
}

const api = await connect(FREITON_TOKEN);
const path = { ClientsID: 1 };

const groups = await api.listAcdGroups(path);
assert.equal(groups.data.count, 40);

const page = await api.listAcdGroups({ ...path, limitPageSize: 1 });
assert.equal(page.data.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = String(page.headers.link).match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await api.listAcdGroups({ ...path, limitPageSize: 1, cursor });
assert.equal(next.data.records[0]?.Name, "Abrechnung Privatkunden");

const users = await api.listUsers(path);
assert.equal(users.data.count, 22);
const user = await api.getUser({ ...path, UsersID: 17 });
assert.equal(user.data.records[0]?.UID, "Fischer");
await assertFails(api.getUser({ ...path, UsersID: 1 }), 404, "User not found");
const calls = await api.listCalls(path);
assert.equal(calls.data.count, 4);
const call = { ...path, UFN: calls.data.records[0]?.UFN ?? "" };
assert.deepEqual((await api.holdCall(call)).data, { status: 200 });
await assertFails(api.holdCall(call), 409, "Call is held: only a call that is connected can be held");
await api.setCockpitVariableValue({ ...path, CockpitVariablesID: 192, value: 7 });
const set = await api.setCockpitVariableValue({ ...path, CockpitVariablesID: 192, value: 7 });
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const application = { ...path, routingApplicationsID: 2793 };
const run = await api.runRoutingApplication(application, { caller: { number: 493023125112 } });
assert.deepEqual(run.data.records, [{ Name: "caller.number", Value: "493023125112" }]);

const found = await api.findDiallerCampaigns({ ...path, name: "campaign" });
assert.deepEqual(found.data.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [[1, "Completed"], [2, "Abgeschlossen"]] as const) {
  const codes = await api.listDiallerResultCodes({ ...path, DiallerCampaignsID: 535, languagesID });
  assert.equal(codes.data.count, 7);
  assert.equal(codes.data.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await api.cloneDiallerCampaign(path, body);
const clone = cloned.data.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
await assertFails(api.cloneDiallerCampaign(path, body), 409, "Dialler campaign already exists");

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await api.importDiallerContact(path, contact);
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const stored = await api.getDiallerContact({ ...path, DiallerContactsID: imported.data.records[0]?.ID ?? 0 });
assert.deepEqual(stored.data, imported.data);

const campaign = { ...path, DiallerCampaignsID: clone.ID };
assert.deepEqual((await api.getDiallerCampaign(campaign)).data, cloned.data);
assert.deepEqual((await api.deleteDiallerCampaign(campaign)).data, { status: 200 });
await assertFails(api.getDiallerCampaign(campaign), 404, "Dialler campaign not found");

const stranger = await connect("wrong");
await assertFails(stranger.listAcdGroups(path), 401, "Bearer token or ClientsID is not valid");
