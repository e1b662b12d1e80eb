"""A state machine that makes requests, and compares each answer with what the model says."""

import json
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    MultipleResults,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from data.store.maintenance import find_problems
from tests.support.call_rules import CallRules
from tests.support.conformance import CONTRACT
from tests.support.contact_rules import ContactRules
from tests.support.databases import locate
from tests.support.event_rules import GROUP_IDS, NO_GROUP
from tests.support.master_data_rules import MasterDataRules
from tests.support.model import (
    CAMPAIGNS,
    COCKPIT_VARIABLES,
    EVENTS,
    GROUPS,
    IVR_LISTS,
    LANGUAGES,
    ROUTING_APPLICATIONS,
    SERVICE_NUMBERS,
    STATUS,
    TYPES,
    USERS,
    Account,
    Campaign,
    compare,
    contain,
    entries_of,
    found,
    read_account,
    read_campaign,
    refused,
)
from tests.support.operations import OPERATIONS, Ask
from tests.support.service import Server
from tests.support.snapshots import keep_snapshot, restore_snapshot

CLIENTS = (1, 2)
NO_ID = 2**53 - 1
MISSING, NO_IVR_LIST = "Dialler campaign not found", "Network IVR list not found"
IVR_LIST_IDS = (2, 9, 22, NO_ID)
LISTS = {
    TYPES: "AcdEventTypes",
    STATUS: "AcdEventStatus",
    EVENTS: "AcdEvents",
    GROUPS: "AcdGroups",
    CAMPAIGNS: "DiallerCampaigns",
    USERS: "Users",
    SERVICE_NUMBERS: "ServiceNumbers",
    COCKPIT_VARIABLES: "CockpitVariables",
    ROUTING_APPLICATIONS: "RoutingApplications",
    IVR_LISTS: "NetworkIVRLists",
    **{entries_of(list_id): "NetworkIVRListsEntries" for list_id in IVR_LIST_IDS},
}
SCHEMAS = CONTRACT.raw_schema["components"]["schemas"]
DEMO_NAMES = ("Campaign 1000", "Kundenzufriedenheit Herbst", "Newsletter-Reaktivierung", "Spring Renewals")
NEAR_NAMES = (
    *("campaign 1000", "CAMPAIGN 1000", "Campaign 100", "Campaign 10000"),
    *("Campaign 1000 ", "Campaign%1000", "Campaign_1000", "Campaign"),
)
ODD_NAMES = ("%", "_", "Öl", "öl", "O\u0308l", "Ol", "Straße", "STRASSE", "\uff5e", "\U0001f600")
NAMES = st.sampled_from(DEMO_NAMES) | st.sampled_from(NEAR_NAMES + ODD_NAMES)
TEXTS = (
    st.sampled_from(("1000", "cAMPAIGN", "support", "%", "_", "*", "ö", "Ö", "o\u0308", "ss", "ß", " ", "e")) | NAMES
)
USER_DATA = st.sampled_from((None, "", "KZ-2026", 'Ü\u0308\n"'))
ACCOUNTS = st.sampled_from(CLIENTS)
PAGES = {
    path: st.fixed_dictionaries(
        {"orderBy": st.sampled_from(SCHEMAS[f"{name}OrderBy"]["enum"]), "ascending": st.booleans()},
        optional={
            "filter": st.just("") | TEXTS.map(partial(contain, path)),
            "limitStart": st.integers(0, 8) | st.just(NO_ID),
            "limitPageSize": st.integers(-1, 8) | st.just(NO_ID),
        },
    )
    for path, name in LISTS.items()
}
OTHER_PAGES = st.one_of(*(st.tuples(st.just(path), page) for path, page in PAGES.items() if path != CAMPAIGNS))


class World:
    """The server that all runs share, and what it holds at the start of each.

    :param service: the server.
    :param backup: a file to reset it from.
    """

    def __init__(self, service: Server, backup: Path) -> None:
        self.database = service.database
        self.backup = backup
        self.runs = self.steps = self.requests = 0
        self.api = {client: service.client(client) for client in CLIENTS}
        self.foreign = {client: service.client(client, f"freiton-demo-{3 - client}") for client in CLIENTS}
        for account, name in zip(cycle(CLIENTS), (*NEAR_NAMES[::2], *ODD_NAMES), strict=False):
            clone = {"source": "Campaign 1000", "destination": name, "userData": name.lower()}
            assert self.api[account].post("/dialler/campaigns/clone", json=clone).status_code == 200
        self.start = {client: read_account(self.api[client]) for client in CLIENTS}
        for client in (*self.api.values(), *self.foreign.values()):
            client.event_hooks["request"].append(self._count)
        keep_snapshot(self.database, backup)

    def begin(self) -> dict[int, Account]:
        """Reset the server and return what it holds."""
        self.runs += 1
        restore_snapshot(self.database, self.backup)
        return {client: account.copy() for client, account in self.start.items()}

    def close(self) -> None:
        """Close the connections."""
        for client in (*self.api.values(), *self.foreign.values()):
            client.close()

    def _count(self, _: httpx.Request) -> None:
        self.requests += 1


class Model(ContactRules, CallRules, MasterDataRules):
    """Makes requests and compares each answer with what the model says."""

    ids = ContactRules.ids

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.api = world.api
        self.accounts = world.begin()
        campaigns = [campaign for account in self.accounts.values() for campaign in account.campaigns.values()]
        self.names = {campaign.record["ID"]: campaign.record["Name"] for campaign in campaigns}
        self.code_ids = {code_id for campaign in campaigns for code_id in campaign.code_ids}

    @initialize(target=ids)
    def begin(self) -> MultipleResults[int]:
        return multiple(*sorted(self.names), NO_ID)

    @rule(client=ACCOUNTS, page=OTHER_PAGES)
    def list_records(self, client: int, page: tuple[str, dict[str, Any]]) -> None:
        path, query = page
        account = self.accounts[client]
        expected = account.listed(path, query) if path in account.lists else refused(404, NO_IVR_LIST)
        self.expect(client, "GET", path, expected, params=query)

    @rule(client=ACCOUNTS, query=PAGES[CAMPAIGNS])
    def list_campaigns(self, client: int, query: dict[str, Any]) -> None:
        self.expect(client, "GET", CAMPAIGNS, self.accounts[client].listed(CAMPAIGNS, query), params=query)

    @rule(client=ACCOUNTS, group_id=GROUP_IDS)
    def get_group(self, client: int, group_id: int) -> None:
        group = self.accounts[client].get(GROUPS, group_id)
        expected = found([group]) if group else refused(404, NO_GROUP)
        self.expect(client, "GET", f"/acd/groups/group/{group_id}", expected)

    @rule(client=ACCOUNTS, text=TEXTS)
    def find_groups(self, client: int, text: str) -> None:
        matching = self.accounts[client].page(GROUPS, {"filter": contain(GROUPS, text)})
        self.expect(client, "GET", "/acd/groups/group", found(matching), params={"name": text})

    @rule(client=ACCOUNTS, campaign_id=ids)
    def get_campaign(self, client: int, campaign_id: int) -> None:
        campaign = self.accounts[client].campaigns.get(campaign_id)
        expected = found([campaign.record]) if campaign else refused(404, MISSING)
        self.expect(client, "GET", f"/dialler/campaigns/{campaign_id}", expected)

    @rule(client=ACCOUNTS, text=TEXTS)
    def find_campaigns(self, client: int, text: str) -> None:
        matching = self.accounts[client].page(CAMPAIGNS, {"filter": contain(CAMPAIGNS, text)})
        self.expect(client, "GET", "/dialler/campaigns/campaign", found(matching), params={"name": text})

    @rule(client=ACCOUNTS, campaign_id=ids, language=st.sampled_from(LANGUAGES))
    def list_result_codes(self, client: int, campaign_id: int, language: int) -> None:
        campaign = self.accounts[client].campaigns.get(campaign_id)
        expected = found(campaign.codes[language - 1]) if campaign else refused(404, MISSING)
        path = f"/dialler/campaigns/campaign/{campaign_id}/resultCodes"
        self.expect(client, "GET", path, expected, params={"languagesID": language})

    @rule(
        target=ids,
        client=ACCOUNTS,
        source=ids | NAMES,
        destination=NAMES,
        more=st.fixed_dictionaries({}, optional={"userData": USER_DATA}),
    )
    def clone_campaign(
        self, client: int, source: int | str, destination: str, more: dict[str, str | None]
    ) -> int | MultipleResults[int]:
        account = self.accounts[client]
        name = source if isinstance(source, str) else self.names.get(source, "Never there")
        original = account.named(name)
        body = {"source": name, "destination": destination, **more}
        if original is None or account.named(destination):
            expected = refused(409, "Dialler campaign already exists") if original else refused(404, MISSING)
            self.expect(client, "POST", "/dialler/campaigns/clone", expected, json=body)
            return multiple()
        answer = self.world.api[client].post("/dialler/campaigns/clone", json=body)
        campaign_id: int = answer.json()["records"][0]["ID"]
        copy = read_campaign(self.world.api[client], answer.json()["records"][0])
        clone = original.clone(destination, more.get("userData"), campaign_id, self._take_ids(copy))
        compare(answer, found([clone.record]))
        assert json.dumps(copy.codes) == json.dumps(clone.codes)
        account.campaigns[campaign_id] = clone
        self._compare_campaigns()
        return campaign_id

    @rule(client=ACCOUNTS, victim=ids | NAMES)
    def delete_campaign(self, client: int, victim: int | str) -> None:
        account = self.accounts[client]
        path, query = "/dialler/campaigns/campaign", {"name": victim}
        campaign = account.named(victim) if isinstance(victim, str) else account.campaigns.get(victim)
        if isinstance(victim, int):
            path, query = f"{path}/{victim}", {}
        self.expect(client, "DELETE", path, {"status": 200} if campaign else refused(404, MISSING), params=query)
        if campaign:
            account.delete_campaign(campaign.record["ID"])
            self._compare_campaigns()
            self.compare_contacts()

    @rule(client=ACCOUNTS, ask=st.sampled_from(list(OPERATIONS.values())))
    def ask_with_token_of_other_client(self, client: int, ask: Ask) -> None:
        compare(ask.of(self.world.foreign[client]), refused(401, "Bearer token or ClientsID is not valid"))
        self._compare_campaigns()

    @invariant()
    def count(self) -> None:
        self.world.steps += 1

    def _compare_campaigns(self) -> None:
        for client, account in self.accounts.items():
            for path in (CAMPAIGNS, EVENTS):
                self.expect(client, "GET", path, account.listed(path, {}))

    def _take_ids(self, copy: Campaign) -> list[int]:
        code_ids = copy.code_ids
        assert copy.record["ID"] not in self.names
        assert len(self.code_ids.union(code_ids)) == len(self.code_ids) + len(code_ids), "an ID was given before"
        self.names[copy.record["ID"]] = copy.record["Name"]
        self.code_ids.update(code_ids)
        return code_ids


def run_model(world: World, runs: int, steps: int) -> None:
    """Make sequences of requests, and fail unless the model says each answer.

    :param world: the server.
    :param runs: how many sequences.
    :param steps: how many requests each has at most.
    """

    # A function: Hypothesis parses the source of a class, which CPython 3.11 must not do in two threads at a time.
    def begin() -> Model:
        return Model(world)

    chosen = settings(max_examples=runs, stateful_step_count=steps + 1, deadline=None, database=None)
    run_state_machine_as_test(begin, settings=chosen)  # type: ignore[arg-type]
    assert find_problems(locate(world.database)) == []
