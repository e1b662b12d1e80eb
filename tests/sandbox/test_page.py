"""The page of the sandbox shows all that there is, and runs nothing that it shows."""

import re

import httpx
import pytest

from handlers.sandbox.page.views import LATEST
from tests.support.campaigns import SOURCE, ask_to_clone, clone
from tests.support.dialler import make_contact, play, run
from tests.support.pages import Text, visit
from tests.support.sandbox import World

HOSTILE = "<script>alert('x')</script>\"&"
CAMPAIGN = 535


def test_show_worlds_lists_each_world(world: World) -> None:
    text = str(Text(world.control.get("/sandbox/").text))
    assert world.described["id"] in text
    assert "Reset Delete" in text
    assert re.search(r"default demo \S+ real time", text)


def test_show_worlds_without_slash_is_redirected(world: World) -> None:
    answer = world.control.get("/sandbox")
    assert (answer.status_code, answer.headers["Location"]) == (307, "sandbox/")


def test_show_world_shows_what_was_done_to_it(world: World) -> None:
    world.ask("POST", "/clock/freeze")
    world.ask("PUT", "/clock", json={"now": "2030-01-02T03:04:05.678"})
    world.ask("POST", "/snapshots/after%20login")
    rule = {"operationId": "cloneDiallerCampaign", "when": "after", "status": 503, "delay": 0.1}
    world.ask("POST", "/failures", json=rule)
    world.ask("POST", "/failures", json={"method": "GET", "path": "/acd/groups", "share": 0.5, "drop": True})
    world.ask("POST", "/failures", json={"cut": True, "first": 2, "count": 3})
    with world.client() as api:
        ask_to_clone(api, SOURCE, "Winter")
    text = str(visit(world))
    assert "2030-01-02T03:04:05.678 UTC, frozen" in text
    assert "after login" in text
    assert " cloneDiallerCampaign status 503, 0.1 s late after the write request 1, spent 1 1" in text
    assert " GET /acd/groups connection dropped before the write all from request 1, share 0.5 0 0" in text
    assert " any operation answer cut off after the write requests 2 to 4 0 0" in text
    assert "/rest/v1.0/1/dialler/campaigns/clone cloneDiallerCampaign 503" in text
    assert re.search(r"failure \d+: status 503, 0.1 s late", text)
    assert world.described["accounts"][0]["token"] in text


def test_show_world_shows_verdicts_of_latest_requests(world: World) -> None:
    with world.client() as api:
        for _ in range(LATEST):
            api.get("/acd/groups?limitPageSize=1")
        api.get("/acd/groups?colour=red")
    text = str(visit(world))
    assert "not valid colour: is not a parameter of this operation #/query/colour" in text
    assert "/acd/groups?limitPageSize=1 listAcdGroups 200 " in text
    assert len(re.findall(r"/rest/v1.0/1/acd/groups", text)) == LATEST


def test_show_request_shows_request_and_answer(world: World) -> None:
    with world.client() as api:
        api.post("/dialler/campaigns/clone", json={"destination": HOSTILE})
        api.get("/dialler/campaigns/535")
    text = str(visit(world, "request", number=1))
    assert "not valid source: is missing" in text
    assert "alert('x')" in text
    assert '{"status":400,"error":"source: is missing"}' in text
    assert "valid" in str(visit(world, "request", number=2))


def test_show_request_that_preferred_a_failure_shows_it(world: World) -> None:
    with world.client() as api:
        api.get("/acd/groups", headers={"Prefer": "code=503"})
    assert "failure preferred: status 503" in str(visit(world))
    assert "Failure preferred: status 503" in str(visit(world, "request", number=1))


def test_show_request_that_failed_shows_failure(world: World) -> None:
    world.ask("POST", "/failures", json={"drop": True})
    with world.client() as api, pytest.raises(httpx.TransportError):
        api.get("/acd/groups")
    text = str(visit(world, "request", number=1))
    assert "no answer" in text
    assert re.search(r"Failure \d+: connection dropped", text)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("campaigns", "535 Kundenzufriedenheit Herbst"),
        ("contacts", "DiallerCampaignsID"),
        ("history", "No records"),
        ("events", "AcdEventTypesID"),
        ("groups", "Abrechnung Firmenkunden"),
        ("event-types", "Records 1 to"),
        ("event-status", "Records 1 to"),
    ],
)
def test_show_data_shows_table(world: World, table: str, expected: str) -> None:
    assert expected in str(visit(world, "data", table=table))


def test_show_data_of_other_account_shows_its_records(world: World) -> None:
    assert "Abrechnung Firmenkunden" not in str(visit(world, "data", table="groups", account=2))


@pytest.mark.parametrize("table", ["contacts", "result-codes"])
def test_show_data_of_campaign_shows_its_records(world: World, table: str) -> None:
    text = str(visit(world, "data", table=table, campaign=CAMPAIGN))
    assert re.search(rf"Records 1 to \d+ of \d+, of campaign {CAMPAIGN}", text)


def test_show_data_in_pages_shows_each_record_once(world: World) -> None:
    contacts = "".join(f'{{"Name":"N{number}","PhoneNumber1":"+49891{number:04}"}}\n' for number in range(120))
    with world.client() as api:
        campaign = clone(api, "Winter")
        params = {"diallerCampaignsID": str(campaign), "onError": "abort"}
        imported = {"Content-Type": "application/x-ndjson"}
        api.post("/dialler/contacts/import/batch", params=params, content=contacts, headers=imported)
    pages = [str(visit(world, "data", table="contacts", campaign=campaign, start=start)) for start in (0, 50, 100)]
    names = [name for page in pages for name in re.findall(r"\bN\d+\b", page)]
    assert sorted(names) == sorted(f"N{number}" for number in range(120))
    assert ["Next records" in page for page in pages] == [True, True, False]
    assert ["Previous records" in page for page in pages] == [False, True, True]
    assert "No records after the first 500" in str(visit(world, "data", start=500))


def test_show_data_of_changed_world_shows_change(world: World) -> None:
    with world.client() as api:
        clone(api, HOSTILE)
    page = visit(world, "data")
    assert HOSTILE in str(page)
    assert page.elements.count("script") == 1


def test_tables_link_to_timelines(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api)
    play(world, contact["ID"], "busy")
    base = f"timeline?world={world.described['id']}&account=1"
    campaign = contact["DiallerCampaignsID"]
    assert f"{base}&contact={contact['ID']}" in visit(world, "data", table="contacts", campaign=campaign).links
    assert f"{base}&contact={contact['ID']}" in visit(world, "data", table="history").links
    assert f"{base}&event=3001" in visit(world, "data", table="events").links


def test_dialler_page_shows_run_and_counters(world: World) -> None:
    assert "The dialler has not run in this world. Counters No calls have been counted" in str(visit(world, "dialler"))
    run(world, tries=20, seed=1)
    text = str(visit(world, "dialler"))
    assert "20 of at most 20 calls State finished: the calls are made Client account 1 Seed 1" in text
    assert "What calls have counted" in text
    assert "No calls have been counted" in str(visit(world, "dialler", account=2))


def test_show_coverage_shows_what_was_met(world: World) -> None:
    with world.client() as api:
        api.get("/acd/groups?orderBy=Name")
    text = str(visit(world, "coverage"))
    assert "listAcdGroups GET /rest/v1.0/{ClientsID}/acd/groups" in text
    assert "200 1 304 never" in text
    assert "query/orderBy 1" in text
    assert "The requests of all worlds" in str(Text(world.control.get("/sandbox/coverage").text))


@pytest.mark.parametrize(
    ("path", "query", "status", "error"),
    [
        ("", {"world": "nowhere"}, 404, "World not found"),
        ("data", {"world": HOSTILE}, 404, "World not found"),
        ("coverage", {"world": "nowhere"}, 404, "World not found"),
        ("request", {"number": "7"}, 404, "Request not found"),
        ("request", {"number": "-1"}, 400, "number: must be an integer"),
        ("data", {"table": HOSTILE}, 404, "Table not found"),
        ("data", {"account": 99}, 404, "Client account not found"),
        ("data", {"table": "contacts", "campaign": 1}, 404, "Dialler campaign not found"),
        ("data", {"table": "result-codes"}, 400, "campaign: is missing"),
        ("data", {"start": "9" * 20}, 400, "start: must be an integer"),
    ],
)
def test_show_what_does_not_exist_is_refused_as_page(
    world: World, path: str, query: dict[str, str | int], status: int, error: str
) -> None:
    page = visit(world, path, status, **query)
    assert error in str(page)
    assert "All worlds" in str(page)
    assert page.elements.count("script") == 1


@pytest.mark.parametrize("path", ["", "data", "coverage"])
def test_page_runs_and_styles_nothing_within(world: World, path: str) -> None:
    answer = world.control.get(f"/sandbox/{path}", params={"world": world.described["id"]})
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = Text(answer.text)
    assert "style" not in page.elements
    assert [name for name in page.attributes if name == "style" or name.startswith("on")] == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", answer.text) == []


@pytest.mark.parametrize(("name", "kind"), [("page.js", "text/javascript"), ("page.css", "text/css")])
def test_file_of_page_is_served(world: World, name: str, kind: str) -> None:
    answer = world.control.get(f"/sandbox/{name}").raise_for_status()
    assert answer.headers["Content-Type"].startswith(kind)
