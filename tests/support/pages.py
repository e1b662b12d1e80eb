"""Pages of the sandbox, as texts."""

from html.parser import HTMLParser

from tests.support.sandbox import World


class Text(HTMLParser):
    """The text of a page, the names of its elements, its links, and what is bold in its lists.

    :param page: the HTML.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str | None] = []
        self.titles: list[str] = []
        self.is_title = False
        self.feed(page)

    def __str__(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.is_title = tag == "b" and "ol" in self.elements
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)
        if self.is_title:
            self.titles.append(data)
            self.is_title = False


def visit(world: World, path: str = "", status: int = 200, /, **query: str | int) -> Text:
    """Return a page of a world."""
    answer = world.control.get(f"/sandbox/{path}", params={"world": world.described["id"], **query})
    assert answer.status_code == status
    return Text(answer.text)
