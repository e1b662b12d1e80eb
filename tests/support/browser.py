"""Visits of pages in Chromium, with all that went wrong and all that was asked for."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

DESK = (1280, 800)
PHONE = (390, 844)
NARROW = (320, 800)
REPORT_VIOLATION = "addEventListener('securitypolicyviolation', event => console.error(event.violatedDirective))"


Act = Callable[[Locator], None]


@contextmanager
def launch() -> Iterator[Browser]:
    """Yield Chromium, without a window."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing, see make browser"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Visit:
    """A visit of a page, with all that went wrong and all that was asked for.

    :param page: the page of the browser.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.requests: list[str] = []
        page.add_init_script(REPORT_VIOLATION)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def heading(self, name: str) -> Locator:
        """Return a heading of the page."""
        return self.page.get_by_role("heading", name=name, exact=True).first

    def find_barriers(self) -> dict[str, list[str]]:
        """Return what keeps people from using the page: the HTML of the elements, by axe's rules."""
        violations = Axe().run(self.page).response["violations"]
        return {each["id"]: [node["html"] for node in each["nodes"]] for each in violations}


@contextmanager
def visit(
    chromium: Browser,
    origin: str,
    path: str,
    size: tuple[int, int] = DESK,
    *,
    dark: bool = False,
    locale: str = "en-GB",
    scripts: bool = True,
) -> Iterator[Visit]:
    """Open a page, and fail unless everything came from where it came from and nothing was refused.

    :param chromium: the browser.
    :param origin: where the server is.
    :param path: the path of the page.
    :param size: the width and height of the window.
    :param dark: whether the page is to be dark.
    :param locale: the language of the browser.
    :param scripts: whether the browser runs scripts.
    """
    width, height = size
    scheme = "dark" if dark else "light"
    with chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=locale,
        java_script_enabled=scripts,
    ) as context:
        visited = Visit(context.new_page())
        visited.page.goto(origin + path)
        yield visited
        assert [each for each in visited.requests if not each.startswith((f"{origin}/", "data:", "blob:"))] == []
        assert visited.troubles == []


def press(button: Locator) -> None:
    """Use a button by the keyboard."""
    button.focus()
    expect(button).to_be_focused()
    button.press("Enter")


class Opened:
    """An open page, and how its buttons are used.

    :param visited: the visit.
    :param act: uses a button.
    """

    def __init__(self, visited: Visit, act: Act) -> None:
        self.visited, self.act = visited, act
        self.page: Page = visited.page

    def use(self, name: str, message: str) -> None:
        """Use a button, and expect a message."""
        self.act(self.page.get_by_role("button", name=name, exact=True))
        expect(self.page.locator("#message")).to_have_text(message)

    def table(self, name: str) -> Locator:
        """Return the rows of a table."""
        return self.page.get_by_role("region", name=name).locator("tbody tr")
