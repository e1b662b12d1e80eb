"""Whatever sequence of requests comes, the service answers as a plain model of it does."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unicodedata import normalize

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from data import maintenance
from tests.clones import LANGUAGES, Campaign, Record, read_campaign
from tests.conformance import CONTRACT
from tests.service import Service

CLIENTS = (1, 2)
NO_ID = 2**63 - 1
MISSING = "Dialler campaign not found"
TYPES, STATUS, GROUPS, CAMPAIGNS = LISTS = (
    "/acd/events/types",
    "/acd/events/status",
    "/acd/groups",
    "/dialler/campaigns",
)
FIELDS = {
    path: CONTRACT.raw_schema["components"]["schemas"][f"{name}OrderBy"]["enum"]
    for path, name in zip(LISTS, ("AcdEventTypes", "AcdEventStatus", "AcdGroups", "DiallerCampaigns"), strict=True)
}
DEFAULT_ORDER = {TYPES: "ID", STATUS: "ID", GROUPS: "Name", CAMPAIGNS: "Name"}
DEMO_NAMES = ("Campaign 1000", "Kundenzufriedenheit Herbst", "Newsletter-Reaktivierung", "Spring Renewals")
NEAR_NAMES = (
    "campaign 1000",
    "CAMPAIGN 1000",
    "Campaign 100",
    "Campaign 10000",
    "Campaign 1000 ",
    "Campaign%1000",
    "Campaign_1000",
    "Campaign",
    "%",
    "_",
    "Öl",
    "öl",
    "O\u0308l",
    "Ol",
    "Straße",
    "STRASSE",
    "\uff5e",
    "\U0001f600",
)
NAMES = st.sampled_from(DEMO_NAMES) | st.sampled_from(NEAR_NAMES)
TEXTS = (
    st.sampled_from(("1000", "cAMPAIGN", "support", "%", "_", "*", "ö", "Ö", "o\u0308", "ss", "ß", " ", "e")) | NAMES
)
ACCOUNTS = st.sampled_from(CLIENTS)
PAGES = st.sampled_from(LISTS).flatmap(
    lambda path: st.tuples(
        st.just(path),
        st.fixed_dictionaries(
            {},
            optional={
                "filter": TEXTS | st.just(""),
                "limitStart": st.integers(0, 8) | st.just(NO_ID),
                "limitPageSize": st.integers(-1, 8) | st.just(NO_ID),
                "orderBy": st.sampled_from(FIELDS[path]),
                "ascending": st.booleans(),
            },
        ),
    )
)
CLONE = {"source": "Campaign 1000", "destination": "Of another client"}
OPERATIONS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    *(("GET", path, {}) for path in LISTS),
    ("GET", "/acd/groups/group/106", {}),
    ("GET", "/acd/groups/group", {"params": {"name": "support"}}),
    ("GET", "/dialler/campaigns/500", {}),
    ("GET", "/dialler/campaigns/campaign", {"params": {"name": "Campaign 1000"}}),
    ("GET", "/dialler/campaigns/campaign/500/resultCodes", {"params": {"languagesID": 1}}),
    ("POST", "/dialler/campaigns/clone", {"json": CLONE}),
    ("DELETE", "/dialler/campaigns/campaign", {"params": {"name": "Campaign 1000"}}),
    ("DELETE", "/dialler/campaigns/campaign/500", {}),
)


class Account:
    """What one client account holds.

    :param lists: the records behind each list, in any order.
    :param campaigns: the campaigns by ID.
    """

    def __init__(self, lists: Mapping[str, list[Record]], campaigns: Mapping[int, Campaign]) -> None:
        self.lists = lists
        self.campaigns = dict(campaigns)

    def records(self, path: str) -> list[Record]:
        """Return the records behind a list."""
        return [campaign.record for campaign in self.campaigns.values()] if path == CAMPAIGNS else self.lists[path]

    def named(self, name: str) -> Campaign | None:
        """Return the campaign of exactly this name."""
        return next((campaign for campaign in self.campaigns.values() if campaign.record["Name"] == name), None)


class World:
    """The server that all runs share, and what it holds at the start of each.

    :param service: the server.
    :param backup: a file to reset it from.
    """

    def __init__(self, service: Service, backup: Path) -> None:
        self.database = service.database
        self.backup = backup
        self.runs = self.steps = self.requests = 0
        self.api = {client: service.client(client) for client in CLIENTS}
        self.foreign = {client: service.client(client, f"freiton-demo-{3 - client}") for client in CLIENTS}
        self.start = {client: _read_account(self.api[client]) for client in CLIENTS}
        for client in (*self.api.values(), *self.foreign.values()):
            client.event_hooks["request"].append(self._count)
        maintenance.backup(self.database, backup)

    def begin(self) -> dict[int, Account]:
        """Reset the server and return what it holds."""
        self.runs += 1
        maintenance.restore(self.backup, self.database)
        return {client: Account(account.lists, account.campaigns) for client, account in self.start.items()}

    def close(self) -> None:
        """Close the connections."""
        for client in (*self.api.values(), *self.foreign.values()):
            client.close()

    def _count(self, _: httpx.Request) -> None:
        self.requests += 1


class Model(RuleBasedStateMachine):
    """Makes requests and compares each answer with what the model says."""

    ids = Bundle("ids")

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.accounts = world.begin()
        campaigns = [campaign for account in self.accounts.values() for campaign in account.campaigns.values()]
        self.campaign_ids = {campaign.record["ID"] for campaign in campaigns}
        self.code_ids = {code["ID"] for campaign in campaigns for code in campaign.codes[0]}

    @initialize(target=ids)
    def begin(self) -> MultipleResults[int]:
        return multiple(*sorted(self.campaign_ids), NO_ID)

    @rule(client=ACCOUNTS, page=PAGES)
    def list_records(self, client: int, page: tuple[str, dict[str, Any]]) -> None:
        path, query = page
        self._expect(client, "GET", path, _listed(self.accounts[client].records(path), path, query), params=query)

    @rule(client=ACCOUNTS, group_id=st.sampled_from((101, 106, 140, 201, 203, 0, NO_ID)))
    def get_group(self, client: int, group_id: int) -> None:
        matching = [group for group in self.accounts[client].records(GROUPS) if group["ID"] == group_id]
        expected = _found(matching) if matching else _error(404, "ACD group not found")
        self._expect(client, "GET", f"/acd/groups/group/{group_id}", expected)

    @rule(client=ACCOUNTS, text=TEXTS)
    def find_groups(self, client: int, text: str) -> None:
        matching = _page(self.accounts[client].records(GROUPS), GROUPS, {"filter": text})
        self._expect(client, "GET", "/acd/groups/group", _found(matching), params={"name": text})

    @rule(client=ACCOUNTS, campaign_id=ids)
    def get_campaign(self, client: int, campaign_id: int) -> None:
        campaign = self.accounts[client].campaigns.get(campaign_id)
        expected = _found([campaign.record]) if campaign else _error(404, MISSING)
        self._expect(client, "GET", f"/dialler/campaigns/{campaign_id}", expected)

    @rule(client=ACCOUNTS, text=TEXTS)
    def find_campaigns(self, client: int, text: str) -> None:
        matching = _page(self.accounts[client].records(CAMPAIGNS), CAMPAIGNS, {"filter": text})
        self._expect(client, "GET", "/dialler/campaigns/campaign", _found(matching), params={"name": text})

    @rule(client=ACCOUNTS, campaign_id=ids, language=st.sampled_from(LANGUAGES))
    def list_result_codes(self, client: int, campaign_id: int, language: int) -> None:
        campaign = self.accounts[client].campaigns.get(campaign_id)
        expected = _found(campaign.codes[language - 1]) if campaign else _error(404, MISSING)
        path = f"/dialler/campaigns/campaign/{campaign_id}/resultCodes"
        self._expect(client, "GET", path, expected, params={"languagesID": language})

    @rule(
        target=ids,
        client=ACCOUNTS,
        source=NAMES,
        destination=NAMES,
        more=st.fixed_dictionaries({}, optional={"userData": st.sampled_from((None, "", "KZ-2026", 'Ü\u0308\n"'))}),
    )
    def clone_campaign(
        self, client: int, source: str, destination: str, more: dict[str, str | None]
    ) -> int | MultipleResults[int]:
        account = self.accounts[client]
        original = account.named(source)
        body = {"source": source, "destination": destination, **more}
        if original is None or account.named(destination):
            expected = _error(409, "Dialler campaign already exists") if original else _error(404, MISSING)
            self._expect(client, "POST", "/dialler/campaigns/clone", expected, json=body)
            return multiple()
        answer = self.world.api[client].post("/dialler/campaigns/clone", json=body)
        campaign_id: int = answer.json()["records"][0]["ID"]
        copy = read_campaign(self.world.api[client], answer.json()["records"][0])
        clone = original.cloned(destination, more.get("userData"), campaign_id, self._take_ids(copy))
        _compare(answer, _found([clone.record]))
        assert json.dumps(copy.codes) == json.dumps(clone.codes)
        account.campaigns[campaign_id] = clone
        self._compare_campaigns()
        return campaign_id

    @rule(client=ACCOUNTS, campaign_id=ids)
    def delete_campaign(self, client: int, campaign_id: int) -> None:
        self._delete(client, self.accounts[client].campaigns.get(campaign_id), f"/{campaign_id}")

    @rule(client=ACCOUNTS, name=NAMES)
    def delete_campaign_by_name(self, client: int, name: str) -> None:
        self._delete(client, self.accounts[client].named(name), "", params={"name": name})

    @rule(client=ACCOUNTS, operation=st.sampled_from(OPERATIONS))
    def ask_with_token_of_other_client(self, client: int, operation: tuple[str, str, Mapping[str, Any]]) -> None:
        method, path, options = operation
        answer = self.world.foreign[client].request(method, path, **options)
        _compare(answer, _error(401, "Bearer token or ClientsID is not valid"))
        self._compare_campaigns()

    @invariant()
    def count(self) -> None:
        self.world.steps += 1

    def _expect(self, client: int, method: str, path: str, expected: Record, **options: Any) -> None:
        _compare(self.world.api[client].request(method, path, **options), expected)

    def _delete(self, client: int, campaign: Campaign | None, step: str, **options: Any) -> None:
        expected = {"status": 200} if campaign else _error(404, MISSING)
        self._expect(client, "DELETE", f"/dialler/campaigns/campaign{step}", expected, **options)
        if campaign:
            del self.accounts[client].campaigns[campaign.record["ID"]]
            self._compare_campaigns()

    def _compare_campaigns(self) -> None:
        for client, account in self.accounts.items():
            self._expect(client, "GET", CAMPAIGNS, _listed(account.records(CAMPAIGNS), CAMPAIGNS, {}))

    def _take_ids(self, copy: Campaign) -> list[int]:
        code_ids = [code["ID"] for code in copy.codes[0]]
        for taken, given in ((self.campaign_ids, [copy.record["ID"]]), (self.code_ids, code_ids)):
            assert len(taken.union(given)) == len(taken) + len(given), f"{given} given before"
            taken.update(given)
        return code_ids


def test_any_sequence_of_requests_gives_what_model_says(
    fresh_demo: Service, tmp_path: Path, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    world = World(fresh_demo, tmp_path / "backup.db")

    class Run(Model):
        def __init__(self) -> None:
            super().__init__(world)

    steps = rounds(20, 50)
    chosen = settings(max_examples=rounds(30, 1000), stateful_step_count=steps + 1, deadline=None, database=None)
    run_state_machine_as_test(Run, settings=chosen)
    world.close()
    assert maintenance.find_problems(fresh_demo.database) == []
    figure(f"model: {world.runs} runs, {world.steps - world.runs} steps, {world.requests} requests, 0 differences")


def _read_account(client: httpx.Client) -> Account:
    lists = {path: client.get(path).json()["records"] for path in LISTS}
    campaigns = {record["ID"]: read_campaign(client, record) for record in lists.pop(CAMPAIGNS)}
    return Account(lists, campaigns)


def _listed(records: list[Record], path: str, query: Mapping[str, Any]) -> Record:
    page = _page(records, path, query)
    return {
        "filter": query.get("filter", ""),
        "limitStart": query.get("limitStart", 0),
        "limitPageSize": query.get("limitPageSize", -1),
        "records": page,
        "count": len(page),
        "orderBy": query.get("orderBy", DEFAULT_ORDER[path]),
        "ascending": query.get("ascending", True),
        "status": 200,
    }


def _page(records: list[Record], path: str, query: Mapping[str, Any]) -> list[Record]:
    text = _fold(query.get("filter", ""))
    field = query.get("orderBy", DEFAULT_ORDER[path])
    start, size = query.get("limitStart", 0), query.get("limitPageSize", -1)
    matching = [record for record in records if text in _fold(record.get("Name", record.get("ShortText")))]
    matching.sort(key=lambda record: _rank(record, field), reverse=not query.get("ascending", True))
    return matching[start:] if size < 0 else matching[start : start + size]


def _rank(record: Record, field: str) -> tuple[Any, ...]:
    value = record[field]
    return (0, record["ID"]) if value is None else (1, value, record["ID"])


def _fold(text: str) -> str:
    return normalize("NFC", normalize("NFC", text).casefold())


def _found(records: list[Record]) -> Record:
    return {"records": records, "count": len(records), "status": 200}


def _error(status: int, error: str) -> Record:
    return {"status": status, "error": error}


def _compare(answer: httpx.Response, expected: Record) -> None:
    # As text, so that the order of keys counts, and true is not 1.
    assert (answer.status_code, json.dumps(answer.json())) == (expected["status"], json.dumps(expected))
