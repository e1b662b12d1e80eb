"""The page of the documentation works in a browser: offline, for everybody, in three languages, with a try at hand."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import browser
from tests.support.browser import DESK, PHONE, Visit, launch
from tests.support.command import carry_out
from tests.support.service import Service

pytestmark = pytest.mark.browser

SCREENSHOT = Path(__file__).parents[1] / "docs.png"
OPERATION = "#tag/acd-groups/GET/{ClientsID}/acd/groups"
# In Scalar: buttons to copy, which appear under the pointer, and lists of links that are links themselves.
OF_SCALAR = {"button-name", "label-content-name-mismatch", "scrollable-region-focusable"}
BACKGROUNDS = ("body > header", "body")
TRY = "Test Request (get /{ClientsID}/acd/groups)"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launch() as launched:
        yield launched


@contextmanager
def visit(chromium: Browser, url: str, size: tuple[int, int] = DESK, **options: Any) -> Iterator[Visit]:
    """Open the page, and fail unless everything came from where it came from and nothing was refused."""
    origin, docs, rest = url.partition("/docs")
    with browser.visit(chromium, origin, docs + rest, size, **options) as visited:
        expect(visited.heading("Freiton")).to_be_attached()
        yield visited
        visited.page.wait_for_load_state("networkidle")


def brightness(page: Page) -> int:
    """Return the brightness of the darkest part of the page's background, from 0 to 255."""
    colours = [
        page.locator(each).first.evaluate("node => getComputedStyle(node).backgroundColor") for each in BACKGROUNDS
    ]
    return min(int(part) for colour in colours for part in re.findall(r"\d+", colour)[:3])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_page_fits_and_loads_from_this_machine_alone(
    chromium: Browser, demo: Service, size: tuple[int, int], dark: bool
) -> None:
    with visit(chromium, f"{demo.url}/docs", size, dark=dark) as visited:
        assert visited.page.evaluate("document.documentElement.scrollWidth") == size[0]
        assert (brightness(visited.page) < 64) is dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "de", "fr"])
def test_page_can_be_used_by_everybody(chromium: Browser, demo: Service, lang: str, dark: bool) -> None:
    with visit(chromium, f"{demo.url}/docs?lang={lang}{OPERATION}", dark=dark) as visited:
        expect(visited.page.locator(".show-api-client-button").first).to_be_visible()
        found = visited.find_barriers()
        assert {name: nodes for name, nodes in found.items() if name not in OF_SCALAR} == {}


def test_demo_token_is_filled_in_and_request_is_answered(chromium: Browser, demo: Service) -> None:
    with visit(chromium, f"{demo.url}/docs{OPERATION}") as visited:
        visited.page.get_by_role("button", name=TRY).click()
        client = visited.page.get_by_role("dialog")
        client.get_by_role("button", name="Send Request").first.click()
        expect(client.get_by_role("link", name="200 OK")).to_be_visible()
        expect(client.get_by_text('"Abrechnung Firmenkunden"')).to_be_visible()


def test_token_that_is_typed_in_is_sent(chromium: Browser, database: Path) -> None:
    token = carry_out("token", "add", "--client", "4711", "--database", database).strip()
    with Service(database) as service, visit(chromium, f"{service.url}/docs{OPERATION}") as visited:
        expect(visited.page.get_by_text("freiton token add").first).to_be_visible()
        visited.page.get_by_role("button", name=TRY).click()
        client = visited.page.get_by_role("dialog")
        field = client.get_by_role("textbox", name="Bearer Token")
        expect(field).to_have_value("")
        field.fill(token)
        client.get_by_role("row", name="ClientsID").get_by_role("combobox").last.fill("4711")
        client.get_by_role("button", name="Send Request").first.click()
        expect(client.get_by_role("link", name="200 OK")).to_be_visible()


@pytest.mark.parametrize(("client", "line"), [("Curl", "curl"), ("Requests", "requests.get("), ("Fetch", "fetch(")])
def test_code_is_shown_for_client(chromium: Browser, demo: Service, client: str, line: str) -> None:
    with visit(chromium, f"{demo.url}/docs{OPERATION}") as visited:
        sample = visited.page.locator(".scalar-card", has=visited.page.get_by_role("button", name=TRY))
        sample.get_by_role("button", name="Shell Curl").click()
        visited.page.get_by_role("option", name=client, exact=True).first.click()
        expect(sample.get_by_text(line).first).to_be_visible()


def test_code_sends_no_parameter_that_is_optional(chromium: Browser, demo: Service) -> None:
    with visit(chromium, f"{demo.url}/docs{OPERATION}") as visited:
        sample = visited.page.locator(".scalar-card", has=visited.page.get_by_role("button", name=TRY))
        expect(sample.locator("pre")).to_have_text(
            re.compile(rf"curl {demo.url}/rest/v1.0/1/acd/groups \\\s+--header 'Authorization: Bearer \S+'\s*")
        )


def test_search_finds_operation(chromium: Browser, demo: Service) -> None:
    with visit(chromium, f"{demo.url}/docs") as visited:
        visited.page.get_by_role("button", name="Open Search").click()
        visited.page.get_by_role("combobox", name="Enter search query").fill("clone campaign")
        visited.page.get_by_role("option", name="Operation: Clone a dialler campaign").click()
        expect(visited.heading("Clone a dialler campaign")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("locale", "title", "summary", "own"),
    [
        ("en-GB", "Freiton API", "List all ACD groups", "Search"),
        ("de-DE", "Freiton-API", "Alle ACD-Gruppen auflisten", "Suchen"),
        ("fr-FR", "API Freiton", "Lister tous les groupes ACD", "Rechercher"),
    ],
)
def test_page_is_in_the_language_of_the_browser(
    chromium: Browser, demo: Service, locale: str, title: str, summary: str, own: str
) -> None:
    with visit(chromium, f"{demo.url}/docs{OPERATION}", locale=locale) as visited:
        expect(visited.page).to_have_title(title)
        expect(visited.page.locator("html")).to_have_attribute("lang", locale[:2])
        expect(visited.heading(summary)).to_be_in_viewport()
        expect(visited.page.get_by_text(own, exact=True).first).to_be_visible()


@pytest.mark.parametrize(("lang", "chapter"), [("en", "Decisions"), ("de", "Entscheidungen"), ("fr", "Décisions")])
def test_chapter_is_shown(chromium: Browser, demo: Service, lang: str, chapter: str) -> None:
    with visit(chromium, f"{demo.url}/docs?lang={lang}#tag/decisions") as visited:
        expect(visited.heading(chapter)).to_be_in_viewport()
        expect(visited.page.get_by_role("cell", name="404").first).to_be_visible()


def test_language_is_changed_by_its_link(chromium: Browser, demo: Service) -> None:
    with visit(chromium, f"{demo.url}/docs") as visited:
        visited.page.get_by_role("link", name="Deutsch").click()
        expect(visited.page).to_have_title("Freiton-API")
        expect(visited.page.get_by_text("Suchen", exact=True).first).to_be_visible()


def test_picture_of_page_is_drawn(chromium: Browser, demo: Service) -> None:
    with visit(chromium, f"{demo.url}/docs{OPERATION}") as visited:
        expect(visited.heading("List all ACD groups")).to_be_in_viewport()
        visited.page.wait_for_load_state("networkidle")
        visited.page.screenshot(path=SCREENSHOT, animations="disabled")
    assert SCREENSHOT.stat().st_size < 300_000
