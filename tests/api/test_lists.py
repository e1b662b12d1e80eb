"""Lists: the pages, filters and orders that the reserved words of the envelope now ask for."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.command import carry_out
from tests.support.service import Service

pytestmark = pytest.mark.uncovered

Record = dict[str, Any]

LARGEST = 2**53 - 1
DEFAULTS = {
    "/acd/events/types": ("ID", 7),
    "/acd/events/status": ("ID", 11),
    "/acd/groups": ("Name", 40),
    "/dialler/campaigns": ("Name", 5),
}
ENVELOPE = ["filter", "limitStart", "limitPageSize", "records", "count", "orderBy", "ascending", "status"]
# In UTF-16 the last name would come before the one in front of it; several are equal, or alike but for letter case.
NAMES = ["Zürich", "zürich", "ZÜRICH", "Ärzte", "A\u0308rzte", "100 %", "100", "Öl_Gas", "a", "a", "\uffee", "😀"]
GROUPS = [
    {
        "ID": 9000 - number,
        "Name": name,
        "QueueMusicID4Sec": [None, -1, 0, LARGEST, -LARGEST][number % 5],
        "SupervisorAggregationSkill5ID": [None, 7][number % 2],
        "QueueOffhookAnnouncementID": [3, None, 2][number % 3],
        "bPositionAnnouncement3": [None, True, False][number % 3],
        "TarifAnnouncementWavesID": [None, 10, 9, 100][number % 4],
        "bCallRedirectionAfterNumberAnnouncement": [True, None][number % 2],
    }
    for number, name in enumerate(NAMES)
]
CAMPAIGNS = [
    {
        "ID": 9000 - number,
        "Name": f"{name} {number % 10}",
        "ContactPreviewTime": [None, -1, 0][number % 3],
        "nMaxParallelLines": [1, None, 10, 9][number % 4],
        "dtTo": [None, "2026-01-31T00:00:00.000", "2025-12-31T23:59:59.999"][number % 3],
        "UserData": [None, "", "b", "B", "ä", "10", "9"][number % 7],
        "bCallerIDActive": [None, False, True][number % 3],
        "IncomingCallResultCodesID": [5, None][number % 2],
    }
    for number, name in enumerate(NAMES)
]
INDEX = st.integers(0, 9) | st.integers(0, 60) | st.just(LARGEST)
PAGES = st.fixed_dictionaries(
    {},
    optional={
        "filter": st.sampled_from(
            ["", "ä", "Ä", "a\u0308", "A", "ZÜR", "%", "_", "*", ".", "ss", "E", "😀", " ", "events"]
        ),
        "limitStart": INDEX,
        "limitPageSize": INDEX | st.just(-1),
        "ascending": st.booleans(),
    },
)
BAD_VALUES = {
    "limitStart": {
        "-1": "must be at least 0",
        str(LARGEST + 1): f"must be at most {LARGEST}",
        "9" * 5000: f"must be at most {LARGEST}",
        **dict.fromkeys(
            ["", "abc", "1.0", "1e1", "01", "%2B1", "+1", "1+", "-0", "0x1", "%EF%BC%91"], "must be of type integer"
        ),
    },
    "limitPageSize": {
        "-2": "must be at least -1",
        str(LARGEST + 1): f"must be at most {LARGEST}",
        **dict.fromkeys(["", "all", "null", "-1.0", "-01"], "must be of type integer"),
    },
    "ascending": dict.fromkeys(["", "True", "FALSE", "1", "0", "yes", "null"], "must be of type boolean"),
    "filter": {
        "x" * 2001: "column 2001: has more than 2,000 bytes of UTF-8",
        "%C3%B6" * 2000: "column 1001: has more than 2,000 bytes of UTF-8",
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server with further records that are hard to sort."""
    with Service(tmp_path_factory.mktemp("lists") / "freiton.db", "--demo") as service:
        for records in (GROUPS, CAMPAIGNS):
            carry_out("load", "-", "--database", service.database, "--client", "1", stdin=json.dumps(records))
        yield service


@pytest.fixture(scope="module")
def client(server: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def whole(client: httpx.Client) -> dict[str, list[Record]]:
    """All records of each list."""
    return {path: client.get(path).json()["records"] for path in DEFAULTS}


def as_query(page: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if isinstance(value, bool) else value for name, value in page.items()}


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def selected(records: list[Record], page: dict[str, Any]) -> list[Record]:
    field = page["orderBy"]
    ordered = sorted(records, key=lambda record: (record[field] is not None, record[field], record["ID"]))
    if not page["ascending"]:
        ordered.reverse()
    matching = [record for record in ordered if fold(page["filter"]) in fold(record.get("Name") or record["ShortText"])]
    rest = matching[page["limitStart"] :]
    return rest if page["limitPageSize"] == -1 else rest[: page["limitPageSize"]]


def contain(path: str, text: str) -> str:
    return f"contains({'Name' if DEFAULTS[path][0] == 'Name' else 'ShortText'},'{text}')" if text else ""


def expected(path: str, records: list[Record], asked: dict[str, Any]) -> dict[str, Any]:
    page = {
        "filter": "",
        "limitStart": 0,
        "limitPageSize": -1,
        "orderBy": DEFAULTS[path][0],
        "ascending": True,
        **asked,
    }
    chosen = selected(records, page)
    filter_ = contain(path, page["filter"])
    answer = {**page, "filter": filter_, "records": chosen, "count": len(chosen), "status": 200}
    return {key: answer[key] for key in ENVELOPE}


@pytest.mark.parametrize("path", DEFAULTS)
def test_list_without_parameters_gives_documented_defaults(api: httpx.Client, path: str) -> None:
    answer = api.get(path).json()
    order_by, count = DEFAULTS[path]
    assert list(answer) == ENVELOPE
    assert len(answer["records"]) == count
    assert {key: answer[key] for key in answer if key != "records"} == {
        "filter": "",
        "limitStart": 0,
        "limitPageSize": -1,
        "count": count,
        "orderBy": order_by,
        "ascending": True,
        "status": 200,
    }


@pytest.mark.parametrize("path", DEFAULTS)
def test_list_with_the_defaults_spelt_out_is_the_same(api: httpx.Client, path: str) -> None:
    params: Record = {
        "filter": "",
        "limitStart": 0,
        "limitPageSize": -1,
        "orderBy": DEFAULTS[path][0],
        "ascending": "true",
    }
    assert api.get(path, params=params).content == api.get(path).content


@pytest.mark.parametrize("path", DEFAULTS)
def test_list_by_any_field_is_totally_ordered_both_ways(
    client: httpx.Client, whole: dict[str, list[Record]], path: str
) -> None:
    for field in whole[path][0]:
        for ascending in (True, False):
            asked = {"orderBy": field, "ascending": ascending}
            answer = client.get(path, params=as_query(asked))
            assert json.dumps(answer.json()) == json.dumps(expected(path, whole[path], asked))


@pytest.mark.parametrize("path", DEFAULTS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_list_of_any_page_is_that_slice_of_the_whole(
    client: httpx.Client, whole: dict[str, list[Record]], path: str, data: st.DataObject
) -> None:
    asked = data.draw(PAGES) | {"orderBy": data.draw(st.sampled_from(list(whole[path][0])))}
    answer = client.get(path, params=as_query({**asked, "filter": contain(path, str(asked.get("filter", "")))}))
    assert json.dumps(answer.json()) == json.dumps(expected(path, whole[path], asked))


@pytest.mark.parametrize("path", DEFAULTS)
@pytest.mark.parametrize("size", [1, 3, 50])
def test_list_page_by_page_is_the_whole(
    client: httpx.Client, whole: dict[str, list[Record]], path: str, size: int
) -> None:
    starts = range(0, len(whole[path]) + size, size)
    pages = [client.get(path, params={"limitStart": start, "limitPageSize": size}).json() for start in starts]
    assert [record for page in pages for record in page["records"]] == whole[path]


@pytest.mark.parametrize("start", [0, 1, 52, 53, LARGEST])
@pytest.mark.parametrize("size", [-1, 0, 1, LARGEST])
def test_list_at_the_limits_is_that_slice(
    client: httpx.Client, whole: dict[str, list[Record]], start: int, size: int
) -> None:
    asked = {"limitStart": start, "limitPageSize": size}
    assert client.get("/acd/groups", params=asked).json() == expected("/acd/groups", whole["/acd/groups"], asked)


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ("zürich", ["ZÜRICH", "Zürich", "zürich"]),
        ("Zu\u0308RICH", ["ZÜRICH", "Zürich", "zürich"]),
        ("ÄRZTE", ["A\u0308rzte", "Ärzte"]),
        ("österreich", ["Bestellannahme Österreich"]),
        ("AUSSENDIENST", ["Außendienst Nord", "Außendienst Süd"]),
        ("%", ["100 %"]),
        ("_", ["Öl_Gas"]),
        ("😀", ["😀"]),
        ('"\\', []),
        ("x" * 1900, []),
    ],
)
def test_filter_list_gives_names_that_contain_text_in_any_case(
    client: httpx.Client, filter_: str, names: list[str]
) -> None:
    expression = contain("/acd/groups", filter_)
    answer = client.get("/acd/groups", params={"filter": expression}).json()
    assert [record["Name"] for record in answer["records"]] == names
    assert (answer["filter"], answer["count"]) == (expression, len(names))


@pytest.mark.parametrize("path", DEFAULTS)
@pytest.mark.parametrize(("field", "values"), BAD_VALUES.items(), ids=BAD_VALUES.keys())
def test_list_with_bad_value_is_refused(client: httpx.Client, path: str, field: str, values: dict[str, str]) -> None:
    for value, problem in values.items():
        assert_refused(client.get(f"{path}?{field}={value}"), field, field, problem)


@pytest.mark.parametrize("path", DEFAULTS)
@pytest.mark.parametrize("value", ["", "name", "NAME", "Name,ID", "Extra", "Record", "1", "ID;", "ID desc"])
def test_list_by_no_field_is_refused(client: httpx.Client, path: str, value: str) -> None:
    fields = ", ".join(client.get(path).json()["records"][0])
    assert_refused(client.get(path, params={"orderBy": value}), "orderBy", "orderBy", f"must be one of {fields}")


@pytest.mark.parametrize("path", DEFAULTS)
@pytest.mark.parametrize(
    ("name", "pointer"),
    [("colour", "colour"), ("LimitStart", "LimitStart"), ("name", "name"), ("", ""), ("ö~/", "%C3%B6~0~1")],
)
def test_list_with_unknown_parameter_is_refused(client: httpx.Client, path: str, name: str, pointer: str) -> None:
    assert_refused(client.get(path, params={name: "1"}), name, pointer, "is not a parameter of this operation")


@pytest.mark.parametrize("path", DEFAULTS)
@pytest.mark.parametrize("pair", ["filter=", "limitStart=0", "limitPageSize=-1", "orderBy=ID", "ascending=true"])
def test_list_with_parameter_given_twice_is_refused(client: httpx.Client, path: str, pair: str) -> None:
    name = pair.partition("=")[0]
    assert_refused(client.get(f"{path}?{pair}&{pair}"), name, name, "is given twice")


def assert_refused(answer: httpx.Response, field: str, pointer: str, problem: str) -> None:
    assert (answer.status_code, answer.json()) == (400, {"status": 400, "error": f"{field}: {problem}"})
    assert answer.headers["X-Error-Pointer"] == f"#/query/{pointer}"
