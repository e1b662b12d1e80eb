// A connector's first steps with the Zod schemas of openapi-zod-client and the client of Zodios, which checks all answers.
import assert from "node:assert/strict";
import { isErrorFromAlias } from "@zodios/core";
import { createApiClient } from "./client/api";

const { FREITON_URL = "", FREITON_TOKEN } = process.env;
const connect = (token?: string) =>
  createApiClient(FREITON_URL, { axiosConfig: { headers: { Authorization: `Bearer ${token}` } } });
const api = connect(FREITON_TOKEN);
const params = { ClientsID: 1 };

// The methods return no header fields.
let link: string | undefined;
api.axios.interceptors.response.use((answer) => {
  link = answer.headers.link;
  return answer;
});

const groups = await api.listAcdGroups({ params });
assert.equal(groups.count, 40);

const page = await api.listAcdGroups({ params, queries: { limitPageSize: 1 } });
assert.equal(page.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = link?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await api.listAcdGroups({ params, queries: { limitPageSize: 1, cursor } });
assert.equal(next.records[0]?.Name, "Abrechnung Privatkunden");

const found = await api.findDiallerCampaigns({ params, queries: { name: "campaign" } });
assert.deepEqual(found.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [[1, "Completed"], [2, "Abgeschlossen"]] as const) {
  const codes = await api.listDiallerResultCodes({
    params: { ...params, DiallerCampaignsID: 535 },
    queries: { languagesID },
  });
  assert.equal(codes.count, 7);
  assert.equal(codes.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await api.cloneDiallerCampaign(body, { params });
const clone = cloned.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
const refused: unknown = await api.cloneDiallerCampaign(body, { params }).catch((reason: unknown) => reason);
assert.ok(isErrorFromAlias(api.api, "cloneDiallerCampaign", refused));
assert.deepEqual(refused.response.data, { status: 409, error: "Dialler campaign already exists" });

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await api.importDiallerContact(contact, { params });
assert.partialDeepStrictEqual(imported, { count: 1, records: [contact] });
const DiallerContactsID = imported.records[0]?.ID ?? 0;
assert.deepEqual(await api.getDiallerContact({ params: { ...params, DiallerContactsID } }), imported);

const campaign = { params: { ...params, DiallerCampaignsID: clone.ID } };
assert.deepEqual(await api.getDiallerCampaign(campaign), cloned);
assert.deepEqual(await api.deleteDiallerCampaign(undefined, campaign), { status: 200 });
const missing: unknown = await api.getDiallerCampaign(campaign).catch((reason: unknown) => reason);
assert.ok(isErrorFromAlias(api.api, "getDiallerCampaign", missing));
assert.deepEqual(missing.response.data, { status: 404, error: "Dialler campaign not found" });

const users = await api.listUsers({ params });
assert.equal(users.count, 22);
const user = await api.getUser({ params: { ...params, UsersID: 17 } });
assert.equal(user.records[0]?.UID, "Fischer");
const nobody: unknown = await api
  .getUser({ params: { ...params, UsersID: 1 } })
  .catch((reason: unknown) => reason);
assert.ok(isErrorFromAlias(api.api, "getUser", nobody));
assert.deepEqual(nobody.response.data, { status: 404, error: "User not found" });

const calls = await api.listCalls({ params });
assert.equal(calls.count, 4);
const call = { params: { ...params, UFN: calls.records[0]?.UFN ?? "" } };
assert.deepEqual(await api.holdCall(call), { status: 200 });
const conflict: unknown = await api.holdCall(call).catch((reason: unknown) => reason);
assert.ok(isErrorFromAlias(api.api, "holdCall", conflict));
assert.deepEqual(conflict.response.data, { status: 409, error: "Call is held: only a call that is connected can be held" });

const variable = { params: { ...params, CockpitVariablesID: 192 }, queries: { value: 7 } };
await api.setCockpitVariableValue(undefined, variable);
assert.equal((await api.setCockpitVariableValue(undefined, variable)).result, 3);
const application = { params: { ...params, routingApplicationsID: 2793 } };
const run = await api.runRoutingApplication({ caller: { number: 493023125112 } }, application);
assert.deepEqual(run.records, [{ Name: "caller.number", Value: "493023125112" }]);

const unknown: unknown = await connect("wrong").listAcdGroups({ params }).catch((reason: unknown) => reason);
assert.ok(isErrorFromAlias(api.api, "listAcdGroups", unknown));
assert.deepEqual(unknown.response.data, { status: 401, error: "Bearer token or ClientsID is not valid" });
