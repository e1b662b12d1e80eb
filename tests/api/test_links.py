"""Links lead to the other pages of the same list: they keep each parameter, whatever it is and however long."""

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.command import carry_out
from tests.support.examples import CONTRACT, resolve
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

Record = dict[str, Any]

MOST_BYTES, LONGEST_LINKS = 2_000, 4_096
CAMPAIGNS = "/dialler/campaigns"
CHANCE = random.Random(14)
ASTRAL = "".join(map(chr, [*range(0x10000, 0x14000), *range(0x1F300, 0x1FA00), *range(0x20000, 0x2A000)]))
HAN = "".join(map(chr, range(0x4E00, 0x9FFF)))
PRINTABLE = "".join(map(chr, [*range(1, 39), *range(40, 127)]))
# The longest texts that a list can be sorted by, and hard to compress.
LONG = [
    {"ID": 9000 + number, "Name": f"Long {number}", "UserData": "".join(CHANCE.choices(ASTRAL, k=255))}
    for number in range(6)
]


def find_lists() -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Give the path of each list of the contract, and the parameters of its query."""
    for template, item in CONTRACT["paths"].items():
        parameters = [resolve(parameter) for parameter in item.get("get", {}).get("parameters", [])]
        query = [parameter for parameter in parameters if parameter["in"] == "query"]
        if any(parameter["name"] == "cursor" for parameter in query):
            path = {part["name"]: part["example"] for part in parameters if part["in"] == "path"}
            yield template.removeprefix("/{ClientsID}").format(**path), query


# Where the page is, which is what links are about; and how many records it has, without which there are no links.
PLACE, SIZE = ("cursor", "limitStart"), "limitPageSize"
LISTS = dict(find_lists())
CHOICES = [
    (path, part["name"]) for path, query in LISTS.items() for part in query if part["name"] not in (*PLACE, SIZE)
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Client 1 of a demo server with campaigns that have long texts."""
    with Service(tmp_path_factory.mktemp("links") / "freiton.db", "--demo") as service, service.client() as client:
        options = ("--database", str(service.database), "--client", "1", "--kind", "campaign")
        carry_out("load", "-", *options, stdin=json.dumps(LONG))
        yield client


def choose(path: str, name: str) -> str:
    """Return a value of a parameter that is not its default."""
    (parameter,) = (part for part in LISTS[path] if part["name"] == name)
    schema = resolve(parameter["schema"])
    examples = [part["value"] for part in resolve(parameter).get("examples", {}).values()]
    values = [*schema.get("enum", []), *([True, False] if schema["type"] == "boolean" else []), *examples]
    values += [parameter["example"]] if "example" in parameter else []
    value = "ID ge 0" if name == "filter" else next(each for each in values if each != schema.get("default"))
    return json.dumps(value) if isinstance(value, bool) else str(value)


def ask(client: httpx.Client, path: str, query: Mapping[str, str] | str) -> httpx.Response:
    answer = client.get(path + query) if isinstance(query, str) else client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert len(answer.headers.get("Link", "")) <= LONGEST_LINKS
    return answer


def walk(client: httpx.Client, path: str, answer: httpx.Response, rel: str, most: int) -> list[httpx.Response]:
    """Return the answers that links of a kind lead to, this one first, which may be no more than so many."""
    pages = [answer]
    while rel in pages[-1].links:
        assert len(pages) < most
        pages.append(ask(client, path, pages[-1].links[rel]["url"]))
    return pages


def read_ids(*pages: httpx.Response) -> list[int]:
    return [record["ID"] for page in pages for record in page.json()["records"]]


@pytest.mark.parametrize(("path", "name"), [*CHOICES, *((path, "") for path in LISTS)])
def test_follow_links_of_list_keeps_its_parameters(client: httpx.Client, path: str, name: str) -> None:
    names = [name] if name else [other for of, other in CHOICES if of == path]
    asked = {each: choose(path, each) for each in names}
    whole = read_ids(ask(client, path, asked))
    size = max(1, len(whole) // 4)
    pages = walk(client, path, ask(client, path, {**asked, SIZE: str(size)}), "next", len(whole) + 1)
    assert len(pages) > 2
    assert read_ids(*pages) == whole
    back = walk(client, path, pages[-1], "prev", len(whole) + 1)
    assert read_ids(*reversed(back)) == whole
    assert read_ids(ask(client, path, pages[1].links["first"]["url"])) == whole[:size]
    # Contacts with a filter are not counted.
    if "last" in pages[1].links:
        assert read_ids(ask(client, path, pages[1].links["last"]["url"])) == read_ids(pages[-1])
    for page in pages:
        for link in page.links.values():
            kept = dict(httpx.URL(link["url"]).params)
            assert {each: kept[each] for each in asked} == asked


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("beyond", [0, 1, 1_000])
def test_ask_beyond_the_end_leads_back_to_the_last_records(
    client: httpx.Client, path: str, ascending: str, beyond: int
) -> None:
    whole = ask(client, path, {"ascending": ascending}).json()["records"]
    asked = {"ascending": ascending, "limitStart": str(len(whole) + beyond), "limitPageSize": "3"}
    empty = ask(client, path, asked)
    assert (empty.json()["records"], list(empty.links)) == ([], ["prev", "first", "last"])
    pages = walk(client, path, empty, "prev", len(whole) + 1)
    assert [record for page in reversed(pages) for record in page.json()["records"]] == whole
    assert pages[1].json()["limitStart"] == len(whole) - 3


def test_ask_beyond_the_end_of_a_list_that_is_not_counted_leads_back(client: httpx.Client) -> None:
    path, asked = "/dialler/contacts", {"filter": "ID ge 0"}
    whole = read_ids(ask(client, path, asked))
    empty = ask(client, path, {**asked, "limitStart": "1000", SIZE: "3"})
    assert (read_ids(empty), list(empty.links)) == ([], ["prev", "first"])
    last = ask(client, path, empty.links["prev"]["url"])
    assert (read_ids(last), last.json()["limitStart"]) == (whole[-3:], len(whole) - 3)


def fill(text: str, beginning: str = "UserData ne '") -> str:
    """Return a filter that is true of all campaigns and has the text, as much of it as may be."""
    room = MOST_BYTES - len(beginning) - 1
    return beginning + text.replace("'", "").encode()[:room].decode(errors="ignore") + "'"


@settings(deadline=None, max_examples=40)
@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=2_000)
    | st.builds(
        lambda seed, letters: "".join(random.Random(seed).choices(letters, k=2_000)),
        st.integers(),
        st.sampled_from([PRINTABLE, HAN, ASTRAL]),
    ),
    ascending=st.booleans(),
    order_by=st.sampled_from(["UserData", "Name", "ID"]),
)
@example(text="".join(CHANCE.choices(PRINTABLE, k=2_000)), ascending=False, order_by="UserData")
@example(text="".join(CHANCE.choices(PRINTABLE, k=2_000)), ascending=True, order_by="UserData")
@example(text="a" * 255, ascending=True, order_by="ID")
@example(text="a" * 243, ascending=True, order_by="ID")
@example(text="a" * 242, ascending=True, order_by="ID")
def test_follow_next_with_any_filter_reaches_the_end(
    client: httpx.Client, text: str, ascending: bool, order_by: str
) -> None:
    asked = {"filter": fill(text), "orderBy": order_by, "ascending": json.dumps(ascending)}
    whole = read_ids(ask(client, CAMPAIGNS, asked))
    pages = walk(client, CAMPAIGNS, ask(client, CAMPAIGNS, {**asked, SIZE: "4"}), "next", len(whole) + 1)
    assert read_ids(*pages) == whole
    assert {page.json()["filter"] for page in pages} == {asked["filter"]}


def test_ask_with_cursor_that_carries_a_filter_takes_that_filter_only(client: httpx.Client) -> None:
    long, other = fill("a" * 300), fill("b" * 300)
    cursor = httpx.URL(ask(client, CAMPAIGNS, {"filter": long, SIZE: "3"}).links["next"]["url"]).params["cursor"]
    without = ask(client, CAMPAIGNS, {SIZE: "3", "cursor": cursor})
    assert without.json() == ask(client, CAMPAIGNS, {SIZE: "3", "cursor": cursor, "filter": long}).json()
    assert without.json()["filter"] == long
    for wrong in (other, "ID ge 0"):
        answer = client.get(CAMPAIGNS, params={SIZE: "3", "cursor": cursor, "filter": wrong})
        assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/query/cursor")


def test_ask_with_filter_of_too_many_bytes_is_refused(client: httpx.Client) -> None:
    filter_ = fill("é" * 1_000)
    assert ask(client, CAMPAIGNS, {"filter": filter_})
    answer = client.get(CAMPAIGNS, params={"filter": f"{filter_} and ID ge 0"})
    assert answer.json()["error"] == "filter: column 1008: has more than 2,000 bytes of UTF-8"
