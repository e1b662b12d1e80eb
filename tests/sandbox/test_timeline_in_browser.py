"""Timelines, outgoing calls and the dialler work in a browser, by mouse and by keyboard, for everybody."""

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browser import DESK, NARROW, Opened, visit
from tests.support.connectors import Connector, Reply
from tests.support.contacts import post_file, to_ndjson
from tests.support.dialler import make_contact, play, run
from tests.support.outgoing import find, register
from tests.support.sandbox import EVENT, SandboxService, World

pytestmark = pytest.mark.browser

OF_RECORDS = [
    *("timeline?world={id}&contact={contact}", "timeline?world={id}&event={event}", "outgoing?world={id}"),
    *("outgoing?world={id}&call={call}", "dialler?world={id}", "data?world={id}&table=history"),
]


def find_option(select: Locator, text: str) -> str:
    """Return the value of the option whose name has a text."""
    value = select.locator("option", has_text=text).get_attribute("value")
    assert value
    return value


def test_call_is_played_from_timeline(opened: Opened, world: World) -> None:
    page = opened.page
    with world.client() as api:
        contact = make_contact(api)
    page.goto(f"{page.url.partition('?')[0]}data?world={world.described['id']}&table=contacts&start=100")
    opened.act(page.get_by_role("link", name=f"Timeline of contact {contact['ID']}"))
    expect(opened.visited.heading(f"Contact {contact['ID']}")).to_be_visible()
    outcome, items = page.get_by_role("combobox", name="Outcome"), page.locator("ol.timeline > li")
    expect(items).to_have_count(2)
    outcome.select_option("busy")
    opened.use("Play call", "The call is played.")
    expect(items).to_contain_text(["Imported", "Call 410006: busy", "Next try"])
    outcome.select_option(find_option(outcome, "WV120"))
    page.get_by_role("textbox", name="Agent").fill("anna")
    opened.use("Play call", "The call is played.")
    expect(items).to_contain_text(["Call 410006: busy", "Call 410007: answered", "Next try"])
    expect(page.locator("#record")).to_contain_text("(WV120)")
    opened.act(page.get_by_role("link", name="Request", exact=False).first)
    expect(page.get_by_text("importDiallerContact")).to_be_visible()


def test_refused_call_is_told_at_field(opened: Opened, world: World) -> None:
    page = opened.page
    page.goto(f"{page.url.partition('?')[0]}timeline?world={world.described['id']}&contact=215380")
    outcome = page.get_by_role("combobox", name="Outcome")
    outcome.select_option(find_option(outcome, "TERMIN"))
    page.get_by_role("textbox", name="Agent").fill("anna")
    opened.act(page.get_by_role("button", name="Play call"))
    expect(page.locator("#message")).to_contain_text("appointment: must be given")
    field = page.get_by_label("Appointment (UTC)")
    expect(field).to_be_focused()
    field.fill("2030-01-02T03:04:05")
    opened.use("Play call", "The call is played.")
    expect(page.locator("ol.timeline > li")).to_contain_text(["answered", "2030-01-02T03:04:05.000"])
    opened.visited.troubles = [each for each in opened.visited.troubles if "400" not in each]


def test_dialler_is_run_watched_and_stopped(opened: Opened) -> None:
    page = opened.page
    opened.act(page.get_by_role("link", name="Dialler", exact=True))
    page.get_by_label("Seed").fill("1")
    page.get_by_label("Calls", exact=True).fill("20")
    opened.use("Run dialler", "The dialler runs.")
    expect(page.locator("#run")).to_contain_text("20 of at most 20 calls")
    expect(page.locator("#run")).to_contain_text("finished: the calls are made")
    expect(page.get_by_role("button", name="Stop run")).to_have_count(0)
    expect(opened.table("What calls have counted")).not_to_have_count(0)


def test_run_is_stopped(opened: Opened, world: World) -> None:
    page = opened.page
    # So many contacts that the run does not end before it is stopped.
    with world.client() as api:
        rows = ({"Name": "N", "PhoneNumber1": f"+49891{number:06}"} for number in range(20_000))
        assert post_file(api, to_ndjson(rows), diallerCampaignsID=538).status_code == 200
    opened.act(page.get_by_role("link", name="Dialler", exact=True))
    page.get_by_label("Calls", exact=True).fill("1000000")
    opened.use("Run dialler", "The dialler runs.")
    opened.use("Stop run", "The run is stopped.")
    expect(page.locator("#run")).to_contain_text("stopped: it was stopped")


def test_outgoing_call_leads_to_event_and_back(opened: Opened, world: World, connector: Connector) -> None:
    register(world, connector)
    with world.client() as api:
        event = api.post("/acd/events/create", json=EVENT).json()["records"][0]
    (made,) = world.ask("GET", "/outgoing/calls").json()["calls"]
    find(world, made["id"])
    page = opened.page
    opened.act(page.get_by_role("link", name="Outgoing calls", exact=True))
    opened.act(opened.table("The latest calls").get_by_role("link", name=str(made["id"]), exact=True))
    opened.act(page.get_by_role("link", name=f"Timeline of event {event['ID']}"))
    expect(opened.visited.heading(f"ACD event {event['ID']}")).to_be_visible()
    opened.act(page.get_by_role("link", name=f"Outgoing call {made['id']}"))
    expect(opened.table("Table of attempts")).to_contain_text(["createCallback"])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "narrow"])
def test_pages_of_records_fit_and_can_be_used_by_everybody(
    chromium: Browser, sandbox: SandboxService, world: World, connector: Connector, size: tuple[int, int], dark: bool
) -> None:
    register(world, connector)
    connector.answer = lambda _: Reply(201)
    with world.client() as api:
        contact = make_contact(api, UserData="U" * 64)
        event = api.post("/acd/events/create", json=EVENT).json()["records"][0]
        api.get(f"/dialler/contacts/{contact['ID']}?colour=red")
    play(world, contact["ID"], "busy", agent="a" * 200)
    run(world, tries=20, seed=1)
    # That of the event, and those of the calls of the dialler.
    made = [find(world, each["id"])["id"] for each in world.ask("GET", "/outgoing/calls").json()["calls"]]
    assert len(made) > 20
    given = {"id": world.described["id"], "contact": contact["ID"], "event": event["ID"], "call": made[0]}
    for path in OF_RECORDS:
        with visit(chromium, sandbox.url, f"/sandbox/{path.format(**given)}", size, dark=dark) as visited:
            expect(visited.page.locator("h1")).to_be_visible()
            assert visited.page.evaluate("document.documentElement.scrollWidth") == size[0], path
            assert visited.find_barriers() == {}, path
