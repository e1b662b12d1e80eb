"""The page of the sandbox works in a browser: each button, by mouse and by keyboard, for everybody, offline."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import DESK, NARROW, Opened, press, visit
from tests.support.campaigns import SOURCE, ask_to_clone, clone
from tests.support.sandbox import SandboxService, World

pytestmark = pytest.mark.browser

SCREENSHOT = Path(__file__).parents[1] / "sandbox.png"
HOSTILE = "<img src=x onerror=alert(1)>"
PAGES = ["", "?world={id}", "request?world={id}&number=2", "data?world={id}", "coverage?world={id}", "coverage"]
# The window of the picture.
PICTURE = (1280, 1060)


def test_clock_is_frozen_set_advanced_and_run(opened: Opened) -> None:
    clock = opened.page.locator("#clock")
    expect(clock).to_contain_text("running")
    opened.use("Freeze clock", "The clock is frozen.")
    expect(clock).to_contain_text("frozen")
    opened.page.get_by_label("Set to (UTC)").fill("2030-01-02T03:04:05")
    opened.use("Set clock", "The clock is set.")
    expect(clock).to_contain_text("2030-01-02T03:04:05.000 UTC, frozen")
    opened.page.get_by_label("Advance by seconds").fill("0.5")
    opened.use("Advance clock", "The clock is advanced.")
    expect(clock).to_contain_text("2030-01-02T03:04:05.500 UTC, frozen")
    opened.use("Run clock", "The clock runs.")
    expect(clock).to_contain_text("UTC, running")
    expect(clock).to_contain_text("2030-01-02T03:04:08.")


def test_snapshot_is_taken_restored_and_deleted(opened: Opened, world: World) -> None:
    opened.page.get_by_role("textbox", name="Name").fill("after login")
    opened.use("Take snapshot", "The snapshot is taken.")
    expect(opened.table("Table of snapshots")).to_contain_text(["after login"])
    with world.client() as api:
        clone(api, "Winter")
        opened.use("Restore after login", "The world is as in the snapshot after login.")
        assert "Winter" not in api.get("/dialler/campaigns").text
    opened.use("Delete after login", "The snapshot after login is deleted.")
    expect(opened.page.locator("#snapshots")).to_contain_text("No snapshots.")


def test_failure_is_armed_met_and_disarmed(opened: Opened, world: World) -> None:
    page, rows = opened.page, opened.table("Table of failures")
    page.get_by_role("combobox", name="Operation").select_option("cloneDiallerCampaign")
    page.get_by_role("combobox", name="When").select_option("after the write")
    opened.use("Arm failure", "The failure is armed.")
    page.get_by_role("combobox", name="What happens").select_option("connection dropped")
    opened.use("Arm failure", "The failure is armed.")
    expect(rows).to_contain_text(["status 503 after the write request 1 0 0", "connection dropped"])
    with world.client() as api:
        assert ask_to_clone(api, SOURCE, "Winter").status_code == 503
    expect(rows).to_contain_text(["request 1, spent 1 1", "connection dropped"])
    opened.act(rows.first.get_by_role("button"))
    expect(rows).to_have_count(1)
    opened.use("Disarm all failures", "All failures are disarmed.")
    expect(page.locator("#failures")).to_contain_text("No failures are armed.")


def test_journal_is_pushed_paused_and_cleared(opened: Opened, world: World) -> None:
    page, rows = opened.page, opened.page.locator("#entries tr")
    expect(page.get_by_text("No requests.")).to_be_visible()
    pause = page.get_by_role("button", name="Pause")
    with world.client() as api:
        api.get("/acd/groups")
        expect(rows).to_contain_text(["listAcdGroups"])
        expect(page.locator("#heard")).to_contain_text("GET /rest/v1.0/1/acd/groups, listAcdGroups, 200")
        expect(page.locator("#summary")).to_contain_text("Requests1")
        opened.act(pause)
        expect(pause).to_have_attribute("aria-pressed", "true")
        api.get("/acd/groups?colour=red")
        page.wait_for_timeout(500)
        expect(rows).to_have_count(1)
        opened.act(pause)
    expect(rows).to_contain_text(["not valid colour: is not a parameter", "listAcdGroups"])
    opened.use("Clear journal", "The journal is empty.")
    expect(page.get_by_text("No requests.")).to_be_visible()


def test_world_is_reset_and_deleted(opened: Opened, world: World) -> None:
    with world.client() as api:
        clone(api, "Winter")
        opened.use("Reset world", "The world is as its fixture again.")
        assert "Winter" not in api.get("/dialler/campaigns").text
    opened.act(opened.page.get_by_role("button", name="Delete world"))
    expect(opened.visited.heading("Worlds")).to_be_visible()
    expect(opened.page.get_by_role("table")).not_to_contain_text(world.described["id"])


def test_world_that_others_delete_is_announced(opened: Opened, world: World) -> None:
    # The stream is open when an entry has come.
    with world.client() as api:
        api.get("/acd/groups")
    expect(opened.page.locator("#entries tr")).to_have_count(1)
    world.ask("DELETE")
    expect(opened.page.get_by_text("The world was deleted.")).to_be_visible()
    opened.visited.troubles = [each for each in opened.visited.troubles if "404" not in each]


def test_worlds_are_made_reset_and_deleted_in_list(chromium: Browser, sandbox: SandboxService) -> None:
    with visit(chromium, sandbox.url, "/sandbox/") as visited:
        page = visited.page
        page.get_by_label("Fixture").select_option("empty")
        press(page.get_by_role("button", name="Make a world"))
        expect(visited.heading("Clock")).to_be_visible()
        made = page.url.partition("world=")[2]
        page.get_by_role("link", name="Worlds").click()
        opened = Opened(visited, press)
        opened.use(f"Reset world {made}", f"World {made} is reset.")
        opened.use(f"Delete world {made}", f"World {made} is deleted.")
        expect(page.get_by_role("table")).not_to_contain_text(made)


def test_refusal_is_told_at_field(opened: Opened) -> None:
    field = opened.page.get_by_label("How many")
    field.fill("3000000000")
    opened.act(opened.page.get_by_role("button", name="Arm failure"))
    expect(opened.page.locator("#message")).to_contain_text("count: must be")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("1")
    opened.page.get_by_role("combobox", name="Operation").select_option("listAcdGroups")
    opened.page.get_by_role("combobox", name="What happens").select_option("status 409")
    opened.act(opened.page.get_by_role("button", name="Arm failure"))
    expect(opened.page.locator("#message")).to_contain_text("status: must be documented")
    # Chromium reports each answer that is an error.
    opened.visited.troubles = [each for each in opened.visited.troubles if "400" not in each]


def test_buttons_are_reached_by_tab_and_keep_focus(chromium: Browser, sandbox: SandboxService, world: World) -> None:
    world.ask("POST", "/snapshots/one")
    for _ in range(2):
        world.ask("POST", "/failures", json={"drop": True})
    with visit(chromium, sandbox.url, f"/sandbox/?world={world.described['id']}") as visited:
        page = visited.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.matches('button') && document.activeElement.outerHTML"))
        assert {each.evaluate("node => node.outerHTML") for each in page.get_by_role("button").all()} <= reached
        press(page.get_by_role("button", name="Freeze clock"))
        expect(page.get_by_role("button", name="Run clock")).to_be_focused()
        disarm = page.get_by_role("button", name=re.compile("Disarm failure"))
        press(disarm.first)
        expect(disarm).to_have_count(1)
        expect(disarm).to_be_focused()
        press(page.get_by_role("button", name="Delete one"))
        expect(page.get_by_role("region", name="Table of snapshots")).to_be_focused()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "narrow"])
def test_page_fits_and_can_be_used_by_everybody(
    chromium: Browser, sandbox: SandboxService, world: World, size: tuple[int, int], dark: bool
) -> None:
    world.ask("POST", "/snapshots/one")
    world.ask("POST", "/failures", json={"status": 409, "operationId": "cloneDiallerCampaign"})
    with world.client() as api:
        ask_to_clone(api, SOURCE, "Winter")
        api.get("/acd/groups?colour=red")
    for path in PAGES:
        url = f"/sandbox/{path.format(id=world.described['id'])}"
        with visit(chromium, sandbox.url, url, size, dark=dark) as visited:
            expect(visited.page.locator("h1")).to_be_visible()
            assert visited.page.evaluate("document.documentElement.scrollWidth") == size[0], path
            back = visited.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (int(re.findall(r"\d+", back)[0]) < 64) is dark
            assert visited.find_barriers() == {}, path


def test_page_without_scripts_shows_all_but_its_buttons(
    chromium: Browser, sandbox: SandboxService, world: World
) -> None:
    world.ask("POST", "/snapshots/one")
    with world.client() as api:
        api.get("/acd/groups")
    with visit(chromium, sandbox.url, f"/sandbox/?world={world.described['id']}", scripts=False) as visited:
        expect(visited.page.get_by_text("This page needs JavaScript for its buttons")).to_be_visible()
        expect(visited.page.get_by_text("listAcdGroups").last).to_be_visible()
        expect(visited.page.get_by_role("rowheader", name="one")).to_be_visible()
        assert all(button.is_disabled() for button in visited.page.get_by_role("button").all())


def test_hostile_names_that_are_pushed_are_shown_as_text(opened: Opened, world: World) -> None:
    with world.client() as api:
        httpx.get(f"{api.base_url}{HOSTILE}", headers=api.headers)
        clone(api, HOSTILE)
    expect(opened.page.locator("#entries tr")).to_have_count(2)
    expect(opened.page.locator("#entries")).to_contain_text(HOSTILE)
    opened.page.get_by_role("link", name="Data", exact=True).click()
    expect(opened.page.get_by_role("table")).to_contain_text(HOSTILE)
    assert opened.page.locator("img").count() == 0


def test_picture_of_page_is_drawn(chromium: Browser, sandbox: SandboxService) -> None:
    path = "/sandbox/v1/worlds/default"
    with httpx.Client(base_url=sandbox.url, verify=False) as control:
        for method, below in [("POST", "/reset"), ("POST", "/journal/clear"), ("POST", "/snapshots/after%20login")]:
            control.request(method, path + below).raise_for_status()
        rule = {"operationId": "cloneDiallerCampaign", "status": 503, "when": "after"}
        control.post(f"{path}/failures", json=rule).raise_for_status()
    with visit(chromium, sandbox.url, "/sandbox/?world=default", PICTURE) as visited, sandbox.client() as api:
        api.get("/dialler/campaigns?limitPageSize=50")
        for _ in range(2):
            ask_to_clone(api, "Kundenzufriedenheit Herbst", "Winter")
        api.post("/dialler/campaigns/clone", json={"destination": "Winter"})
        expect(visited.page.locator("#entries tr")).to_have_count(4)
        expect(visited.page.locator("#failures")).to_contain_text("spent")
        visited.page.screenshot(path=SCREENSHOT, animations="disabled")
    assert SCREENSHOT.stat().st_size < 300_000
