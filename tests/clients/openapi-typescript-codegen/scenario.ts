// A connector's first steps with the axios client of openapi-typescript-codegen.
import assert from "node:assert/strict";
import axios from "axios";
import {
  AcdGroupsService,
  ApiError,
  CallsService,
  CockpitVariablesService,
  DiallerCampaignsService,
  DiallerContactsService,
  LanguagesID,
  OpenAPI,
  RoutingApplicationsService,
  UsersService,
} from "./client";

OpenAPI.BASE = process.env.FREITON_URL ?? "";
OpenAPI.TOKEN = process.env.FREITON_TOKEN;

// The methods return no header fields.
let link: string | undefined;
axios.interceptors.response.use((answer) => {
  link = answer.headers.link;
  return answer;
});

async function assertFails(call: Promise<unknown>, status: number, error: string): Promise<void> {
  const refused: unknown = await call.catch((reason: unknown) => reason);
  assert.ok(refused instanceof ApiError);
  assert.deepEqual(refused.body, { status, error });
}

const listGroups = (pageSize?: number, cursor?: string) =>
  AcdGroupsService.listAcdGroups(1, undefined, undefined, pageSize, undefined, undefined, cursor);

const groups = await listGroups();
assert.equal(groups.count, 40);

const page = await listGroups(1);
assert.equal(page.records[0]?.Name, "Abrechnung Firmenkunden");
const next = await listGroups(1, link?.match(/cursor=([^&>]+)>; rel="next"/)?.[1]);
assert.equal(next.records[0]?.Name, "Abrechnung Privatkunden");

const found = await DiallerCampaignsService.findDiallerCampaigns(1, "campaign");
assert.deepEqual(found.records.map(({ ID, Name }) => [ID, Name]), [[500, "Campaign 1000"]]);

for (const [languagesID, content] of [
  [LanguagesID.English, "Completed"],
  [LanguagesID.German, "Abgeschlossen"],
] as const) {
  const codes = await DiallerCampaignsService.listDiallerResultCodes(1, 535, languagesID);
  assert.equal(codes.count, 7);
  assert.equal(codes.records[0]?.Content, content);
}

const body = { source: "Campaign 1000", destination: "My New Campaign", userData: "UserData Field Contents" };
const cloned = await DiallerCampaignsService.cloneDiallerCampaign(1, body);
const clone = cloned.records[0];
assert.ok(clone);
assert.equal(clone.Name, "My New Campaign");
assert.equal(clone.UserData, "UserData Field Contents");
await assertFails(DiallerCampaignsService.cloneDiallerCampaign(1, body), 409, "Dialler campaign already exists");

const contact = { DiallerCampaignsID: clone.ID, UserData: "CON7001", Name: "Mustermann", PhoneNumber1: "+4989123456" };
const imported = await DiallerContactsService.importDiallerContact(1, contact);
assert.partialDeepStrictEqual(imported, { count: 1, records: [contact] });
const stored = await DiallerContactsService.getDiallerContact(1, imported.records[0]?.ID ?? 0);
assert.deepEqual(stored, imported);

assert.deepEqual(await DiallerCampaignsService.getDiallerCampaign(1, clone.ID), cloned);
assert.deepEqual(await DiallerCampaignsService.deleteDiallerCampaign(1, clone.ID), { status: 200 });
await assertFails(DiallerCampaignsService.getDiallerCampaign(1, clone.ID), 404, "Dialler campaign not found");

assert.equal((await UsersService.listUsers(1)).count, 22);
assert.equal((await UsersService.getUser(1, 17)).records[0]?.UID, "Fischer");
await assertFails(UsersService.getUser(1, 1), 404, "User not found");
const calls = await CallsService.listCalls(1);
assert.equal(calls.count, 4);
const ufn = calls.records[0]?.UFN ?? "";
assert.deepEqual(await CallsService.holdCall(1, ufn), { status: 200 });
await assertFails(CallsService.holdCall(1, ufn), 409, "Call is held: only a call that is connected can be held");
await CockpitVariablesService.setCockpitVariableValue(1, 192, 7);
const set = await CockpitVariablesService.setCockpitVariableValue(1, 192, 7);
assert.deepEqual(set, { result: 3, error: "Cockpit variable has this value already", status: 200 });
const run = await RoutingApplicationsService.runRoutingApplication(1, 2793, { caller: { number: 493023125112 } });
assert.deepEqual(run.records, [{ Name: "caller.number", Value: "493023125112" }]);

OpenAPI.TOKEN = "wrong";
await assertFails(listGroups(), 401, "Bearer token or ClientsID is not valid");
