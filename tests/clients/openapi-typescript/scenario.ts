// A connector's first steps with the types of openapi-typescript and the client of openapi-fetch.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./client/api";

const { FREITON_URL, FREITON_TOKEN } = process.env;
const api = createClient<paths>({ baseUrl: FREITON_URL, headers: { Authorization: `Bearer ${FREITON_TOKEN}` } });
const path = { ClientsID: 1 };

const groups = await api.GET("/{ClientsID}/acd/groups", { params: { path } });
assert.equal(groups.data?.count, 40);

const page = await api.GET("/{ClientsID}/acd/groups", { params: { path, query: { limitPageSize: 1 } } });
assert.equal(page.data?.records[0]?.Name, "Abrechnung Firmenkunden");
const cursor = page.response.headers.get("Link")?.match(/cursor=([^&>]+)>; rel="next"/)?.[1];
const next = await api.GET("/{ClientsID}/acd/groups", { params: { path, query: { limitPageSize: 1, cursor } } });
assert.equal(next.data?.records[0]?.Name, "Abrechnung Privatkunden");

const users = await api.GET("/{ClientsID}/users", { params: { path } });
assert.equal(users.data?.count, 22);
const user = await api.GET("/{ClientsID}/users/user/{UsersID}", { params: { path: { ...path, UsersID: 17 } } });
assert.equal(user.data?.records[0]?.UID, "Fischer");
const nobody = await api.GET("/{ClientsID}/users/user/{UsersID}", { params: { path: { ...path, UsersID: 1 } } });
assert.deepEqual(nobody.error, { status: 404, error: "User not found" });
const calls = await api.GET("/{ClientsID}/calls", { params: { path } });
assert.equal(calls.data?.count, 4);
const call = { path: { ...path, UFN: calls.data?.records[0]?.UFN ?? "" } };
const held = await api.GET("/{ClientsID}/calls/{UFN}/hold", { params: call });
assert.deepEqual(held.data, { status: 200 });
const conflict = await api.GET("/{ClientsID}/calls/{UFN}/hold", { params: call });
assert.deepEqual(conflict.error, { status: 409, error: "Call is held: only a call that is connected can be held" });
await api.PATCH("/{ClientsID}/cockpitVariables/cockpitVariable/{CockpitVariablesID}/setValue", {
  params: { path: { ...path, CockpitVariablesID: 192 }, query: { value: 7 } },
});
const set = await api.PATCH("/{ClientsID}/cockpitVariables/cockpitVariable/{CockpitVariablesID}/setValue", {
  params: { path: { ...path, CockpitVariablesID: 192 }, query: { value: 7 } },
});
assert.deepEqual(set.data, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const run = await api.POST("/{ClientsID}/routingApplications/run/{routingApplicationsID}", {
  params: { path: { ...path, routingApplicationsID: 2793 } },
  body: { caller: { number: 493023125112 } },
});
assert.deepEqual(run.data?.records, [{ Name: "caller.number", Value: "493023125112" }]);

const found = await api.GET("/{ClientsID}/dialler/campaigns/campaign", {
  params: { path, query: { name: "campaign" } },
});
assert.deepEqual(found.data?.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [[1, "Completed"], [2, "Abgeschlossen"]] as const) {
  const codes = await api.GET("/{ClientsID}/dialler/campaigns/campaign/{DiallerCampaignsID}/resultCodes", {
    params: { path: { ...path, DiallerCampaignsID: 535 }, query: { languagesID } },
  });
  assert.equal(codes.data?.count, 7);
  assert.equal(codes.data.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await api.POST("/{ClientsID}/dialler/campaigns/clone", { params: { path }, body });
const clone = cloned.data?.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
const refused = await api.POST("/{ClientsID}/dialler/campaigns/clone", { params: { path }, body });
assert.deepEqual(refused.error, { status: 409, error: "Dialler campaign already exists" });

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await api.POST("/{ClientsID}/dialler/contacts/import", { params: { path }, body: contact });
assert.partialDeepStrictEqual(imported.data, { count: 1, records: [contact] });
const DiallerContactsID = imported.data?.records[0]?.ID ?? 0;
const stored = await api.GET("/{ClientsID}/dialler/contacts/{DiallerContactsID}", {
  params: { path: { ...path, DiallerContactsID } },
});
assert.deepEqual(stored.data, imported.data);

const params = { path: { ...path, DiallerCampaignsID: clone.ID } };
const got = await api.GET("/{ClientsID}/dialler/campaigns/{DiallerCampaignsID}", { params });
assert.deepEqual(got.data, cloned.data);
const deleted = await api.DELETE("/{ClientsID}/dialler/campaigns/campaign/{DiallerCampaignsID}", { params });
assert.deepEqual(deleted.data, { status: 200 });
const missing = await api.GET("/{ClientsID}/dialler/campaigns/{DiallerCampaignsID}", { params });
assert.deepEqual(missing.error, { status: 404, error: "Dialler campaign not found" });

const headers = { Authorization: "Bearer wrong" };
const unknown = await api.GET("/{ClientsID}/acd/groups", { params: { path }, headers });
assert.deepEqual(unknown.error, { status: 401, error: "Bearer token or ClientsID is not valid" });
