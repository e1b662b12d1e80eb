"""A search by name finds the names that contain the text, in any letter case of any script, and no others."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Literal

import httpx
import pytest

from tests.support.command import carry_out
from tests.support.letters import ALPHABETS, LETTERS, NAMES
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

GROUPS = "/acd/groups/group"
CAMPAIGNS = "/dialler/campaigns/campaign"
BOTH = pytest.mark.parametrize("path", [GROUPS, CAMPAIGNS])
FOUND = {
    "österreich": ["Vertrieb O\u0308STERREICH", "Österreich"],
    "ÖSTER": ["Vertrieb O\u0308STERREICH", "Österreich"],
    "o\u0308ster": ["Vertrieb O\u0308STERREICH", "Österreich"],
    "oster": [],
    "straße": ["STRASSE 6", "Straße 5"],
    "STRASSE": ["STRASSE 6", "Straße 5"],
    "STRAẞE": ["STRASSE 6", "Straße 5"],
    "οδυσσευσ": ["ΟΔΥΣΣΕΥΣ", "οδυσσευς 2"],
    "Οδυσσευς": ["ΟΔΥΣΣΕΥΣ", "οδυσσευς 2"],
    "ΕΥΣ": ["ΟΔΥΣΣΕΥΣ", "οδυσσευς 2"],
    "ПРИВЕТ, мИР": ["Привет, Мир"],
    "ՀԱՅԱՍՏԱՆ": ["Հայաստան"],
    "ᲥᲐᲠᲗᲣᲚᲘ": ["ქართული"],
    "istanbul": ["ISTANBUL 2", "İstanbul"],
    "İSTANBUL": ["ISTANBUL 2", "İstanbul"],
    "I\u0307stanbul": ["ISTANBUL 2", "İstanbul"],
    "\u0131ş\u0131k": ["IŞIK 2", "Iş\u0131k"],
    "IŞIK": ["IŞIK 2", "Iş\u0131k"],
    "diyarbak\u0131r": ["Diyarbak\u0131r"],
    "DİYARBAKIR": ["Diyarbak\u0131r"],
    "CAFÉ": ["Cafe\u0301 Nord", "Café Süd"],
    "cafe\u0301": ["Cafe\u0301 Nord", "Café Süd"],
    "😀": ["😀 Emoji"],
    "0%": ["100% Rabatt"],
    "%": ["100% Rabatt"],
    "0%Rabatt": [],
    "100 RABATT": ["100 Rabatt"],
    "_": ["a_b"],
    "A_B": ["a_b"],
    "*": ["a*b"],
    "a*": ["a*b"],
    ".b": ["a.b"],
    "A+B": ["a+b"],
    "A B": ["a b"],
    "\\": ["a\\b"],
    "'": ["a'b"],
    '"': ['a"b'],
    "[b]": ["a[b]"],
    "?": ["a?b"],
    "a%' or 1=1 --": [],
    "x" * 255: [],
    "😀" * 255: [],
}
BAD = [
    ("", "name", "is missing"),
    ("name=", "name", "must not be empty"),
    ("name", "name", "must not be empty"),
    ("name=" + "x" * 256, "name", "must have at most 255 characters"),
    ("name=" + "%C3%B6" * 256, "name", "must have at most 255 characters"),
    ("name=a&name=a", "name", "is given twice"),
    ("name=a&filter=a", "filter", "is not a parameter of this operation"),
    ("Name=a", "Name", "is not a parameter of this operation"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server into which client 2's names, and as client 1's groups all letters, are loaded while it runs."""
    with Service(tmp_path_factory.mktemp("search") / "freiton.db", "--demo") as service:
        load(service, 2, [{"Name": name, "QueueMusicID4Sec": 1} for name in [*NAMES, "a_b"]])
        load(service, 2, [{"Name": name, "ContactPreviewTime": 1} for name in NAMES])
        load(service, 1, [{"Name": alphabet, "QueueMusicID4Sec": 1} for alphabet in ALPHABETS])
        yield service


@pytest.fixture(scope="module")
def client(server: Service) -> Iterator[httpx.Client]:
    """Client 2 of the server."""
    with server.client(2) as client:
        yield client


@pytest.fixture(scope="module")
def speller(server: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with server.client(1) as client:
        yield client


def load(service: Service, clients_id: int, records: list[dict[str, object]]) -> None:
    options = ("--database", str(service.database), "--client", str(clients_id))
    carry_out("load", "-", *options, stdin=json.dumps(records))


def names_found(client: httpx.Client, path: str, text: str) -> list[str]:
    answer = client.get(path, params={"name": text}).json()
    assert (list(answer), answer["count"]) == (["records", "count", "status"], len(answer["records"]))
    return [record["Name"] for record in answer["records"]]


@BOTH
@pytest.mark.parametrize("text", FOUND)
def test_find_text_gives_names_that_contain_it_in_name_order(client: httpx.Client, path: str, text: str) -> None:
    found = names_found(client, path, text)
    assert list(dict.fromkeys(found)) == FOUND[text]


@BOTH
@pytest.mark.parametrize("name", NAMES)
def test_find_whole_name_finds_it(client: httpx.Client, path: str, name: str) -> None:
    for spelling in (name, name.upper(), name.lower(), name.title(), name.swapcase(), name.casefold()):
        for form in ("NFC", "NFD"):
            assert name in names_found(client, path, unicodedata.normalize(form, spelling))


@pytest.mark.parametrize("respell", [str.upper, str.lower, str.title, str.swapcase, str.casefold])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_find_letters_in_other_case_finds_all_of_unicode(
    speller: httpx.Client, respell: Callable[[str], str], form: Literal["NFC", "NFD"]
) -> None:
    assert len(LETTERS) > 2800
    for alphabet in ALPHABETS:
        spelling = unicodedata.normalize(form, "".join(map(respell, alphabet)))
        assert alphabet in names_found(speller, GROUPS, spelling)


def test_find_equal_names_gives_them_by_id(client: httpx.Client) -> None:
    first, second = client.get(GROUPS, params={"name": "a_b"}).json()["records"]
    assert (first["Name"], second["Name"]) == ("a_b", "a_b")
    assert first["ID"] < second["ID"]


@BOTH
def test_find_text_of_all_names_gives_code_point_order(client: httpx.Client, path: str) -> None:
    found = names_found(client, path, "a")
    assert found == sorted(found)
    assert {"a*b", "Strase 7", "Diyarbak\u0131r", "STRASSE 6"} < set(found)


@BOTH
def test_find_without_match_is_answered_with_no_records(client: httpx.Client, path: str) -> None:
    answer = client.get(path, params={"name": "nowhere"})
    assert (answer.status_code, answer.content) == (200, b'{"records":[],"count":0,"status":200}')


@BOTH
def test_find_gives_records_as_they_are_by_id(client: httpx.Client, path: str) -> None:
    by_id = {GROUPS: GROUPS, CAMPAIGNS: "/dialler/campaigns"}[path]
    (record,) = client.get(path, params={"name": "istanbul 2"}).json()["records"]
    assert json.dumps(client.get(f"{by_id}/{record['ID']}").json()["records"]) == json.dumps([record])


@BOTH
@pytest.mark.parametrize("query", ["name=a+b", "name=a%20b", "&name=a%20b&", "%6Eame=a%20b"])
def test_find_text_in_any_encoding_is_the_same(client: httpx.Client, path: str, query: str) -> None:
    assert client.get(f"{path}?{query}").json()["records"][0]["Name"] == "a b"


@BOTH
@pytest.mark.parametrize(("query", "field", "problem"), BAD)
def test_find_by_bad_name_is_refused(client: httpx.Client, path: str, query: str, field: str, problem: str) -> None:
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()) == (400, {"status": 400, "error": f"{field}: {problem}"})
    assert answer.headers["X-Error-Pointer"] == f"#/query/{field}"
