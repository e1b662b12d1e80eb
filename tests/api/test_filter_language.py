"""Filters: the expressions give what they say, nulls and odd texts included, and errors say where they are."""

import json
import operator
from collections.abc import Callable, Iterator
from typing import Any
from unicodedata import normalize

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.command import carry_out
from tests.support.service import Service

Record = dict[str, Any]
Predicate = Callable[[Record], bool]
Expression = tuple[str, Predicate]

PATH = "/dialler/campaigns"
TEXTS = [
    "",
    "b",
    "B",
    "it's",
    "''",
    "100 %",
    "_",
    "%",
    "Öl",
    "öl",
    "O\u0308l",
    "straße",
    "STRASSE",
    "\uffee",
    "😀",
    "10",
]
NUMBERS = [1 - 2**53, -1, 0, 5, 9, 10, 2**53 - 1]
MOMENTS = ["2026-12-01T23:00:00.000", "2024-02-29T00:00:00.001", "0001-01-01T00:00:00.000"]
CAMPAIGNS = [
    {
        "ID": 9000 + number,
        "Name": f"{text}{number}",
        "UserData": [text, None][number % 2],
        "ContactPreviewTime": [None, *NUMBERS][number % 8],
        "bCallerIDActive": [None, True, False][number % 3],
        "dtTo": [None, *MOMENTS][number % 4],
    }
    for number, text in enumerate([*TEXTS, *TEXTS])
]
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "Name": st.sampled_from([record["Name"] for record in CAMPAIGNS]) | st.sampled_from(TEXTS),
    "UserData": st.sampled_from(TEXTS),
    "ID": st.integers(8999, 9033),
    "ContactPreviewTime": st.sampled_from(NUMBERS) | st.floats(allow_nan=False, allow_infinity=False),
    "bCallerIDActive": st.booleans(),
    "dtTo": st.sampled_from([*MOMENTS, "9999-12-31T23:59:59.999"]),
}
COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
SEARCHES: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
ERRORS = {
    "ID eq": "column 6: ends too early; expected null, true, false, a number, a text in single quotes",
    "ID": "column 3: ends too early; expected eq, ne, gt, ge, lt, le, in",
    "ID = 5": "column 4: expected eq, ne, gt, ge, lt, le, in",
    "ID eq 5 5": "column 9: expected and, or, the end",
    "(ID eq 5": "column 9: ends too early; expected )",
    "ID in ()": "column 8: expected null, true, false, a number, a text in single quotes",
    "Name eq 'ö😀' x": "column 14: expected and, or, the end",
    "Name eq 'a": "column 9: begins a text that has no closing quote",
    "not name eq 'a'": "column 5: is no field; the fields are ID, ClientsID, Name, UserData, ContactPreviewTime, "
    "nMaxParallelLines, bCloseContactsOnIncomingCallsMatchCallerID, dtTo, LanguagesID, bCallerIDActive, "
    "AbortOnNoTelNumberResultCodesID, IncomingCallResultCodesID",
    "ID eq 'x'": "column 7: ID is a number, and this is a text",
    "Name in ('x', 5)": "column 15: Name is a text, and this is a number",
    "bCallerIDActive eq 1": "column 20: bCallerIDActive is true or false, and this is a number",
    "Name eq true": "column 9: Name is a text, and this is true or false",
    **{
        f"dtTo {word}'{text}'{end}": f"column {6 + len(word)}: dtTo is a date-time, YYYY-MM-DDTHH:MM:SS.mmm, and "
        "this is none that exists"
        for text in ("2026-12-01 23:00:00", "2026-12-01T23:00:00", "2026-02-31T23:00:00.000", "")
        for word, end in (("gt ", ""), ("eq ", ""), ("in (", ")"), ("in (null,", ")"))
    },
    "dtTo eq 5": "column 9: dtTo is a date-time, and this is a number",
    "CONTA\u0130NS(Name,'a')": "column 9: expected eq, ne, gt, ge, lt, le, in",
    "\u017ftartswith(Name,'a')": "column 11: expected eq, ne, gt, ge, lt, le, in",
    "ID \u0130n (500)": "column 4: expected eq, ne, gt, ge, lt, le, in",
    "ID \u0131n (500)": "column 4: expected eq, ne, gt, ge, lt, le, in",
    "bCallerIDActive eq fal\u017fe": "column 20: expected null, true, false, a number, a text in single quotes",
    "ID eq 9223372036854775808": "column 7: is a number out of range",
    "ID eq -1e999": "column 7: is a number out of range",
    "CONTAINS(ID,'x')": "column 10: contains is for texts, and ID is none; the texts are Name, UserData, dtTo",
    "contains(Name,5)": "column 15: expected a text in single quotes",
    "(" * 51 + "ID eq 1" + ")" * 51: "column 51: is nested more than 50 levels deep",
    "ID in (" + ",".join(["1"] * 101) + ")": "column 208: has more than 100 values",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Client 1 of a demo server with further campaigns that are hard to compare."""
    with Service(tmp_path_factory.mktemp("filters") / "freiton.db", "--demo") as service, service.client() as client:
        carry_out("load", "-", "--database", service.database, "--client", "1", stdin=json.dumps(CAMPAIGNS))
        yield client


@pytest.fixture(scope="module")
def whole(client: httpx.Client) -> list[Record]:
    """All campaigns."""
    records: list[Record] = client.get(PATH).json()["records"]
    return records


def fold(text: str) -> str:
    return normalize("NFC", normalize("NFD", text).casefold())


def literal(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else json.dumps(value)


def compare(field: str, word: str, value: Any) -> Expression:
    null = word not in ("eq", "ne")

    def holds(record: Record) -> bool:
        if null and (record[field] is None or value is None):
            return False
        return bool(COMPARISONS[word](record[field], value))

    return f"{field} {word} {literal(value)}", holds


def contain(field: str, values: list[Any]) -> Expression:
    return f"{field} in ({','.join(map(literal, values))})", lambda record: record[field] in values


def search(field: str, word: str, text: str) -> Expression:
    def holds(record: Record) -> bool:
        return record[field] is not None and SEARCHES[word](fold(record[field]), fold(text))

    return f"{word}({field},{literal(text)})", holds


def combine(parts: tuple[Expression, str, Expression]) -> Expression:
    (left, first), word, (right, second) = parts
    if word == "and":
        return f"({left}) and ({right})", lambda record: first(record) and second(record)
    return f"({left}) or ({right})", lambda record: first(record) or second(record)


def negate(part: Expression) -> Expression:
    return f"not ({part[0]})", lambda record: not part[1](record)


def terms(field: str) -> st.SearchStrategy[Expression]:
    values = FIELDS[field] | st.none()
    found = [
        st.builds(compare, st.just(field), st.sampled_from(list(COMPARISONS)), values),
        st.builds(contain, st.just(field), st.lists(values, min_size=1, max_size=4)),
    ]
    if field in ("Name", "UserData", "dtTo"):
        found.append(st.builds(search, st.just(field), st.sampled_from(list(SEARCHES)), st.sampled_from(TEXTS)))
    return st.one_of(found)


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.one_of([terms(field) for field in FIELDS]),
    lambda part: st.tuples(part, st.sampled_from(["and", "or"]), part).map(combine) | part.map(negate),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(expression=EXPRESSIONS)
def test_filter_by_any_expression_gives_the_records_it_is_true_of(
    client: httpx.Client, whole: list[Record], expression: Expression
) -> None:
    text, holds = expression
    answer = client.get(PATH, params={"filter": text}).json()
    assert answer["filter"] == text
    assert answer["records"] == [record for record in whole if holds(record)]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ID EQ 500 Or Name eq NULL", "ID eq 500"),
        ("ID eq 500 or ID eq 9000 and ID eq 9001", "ID eq 500"),
        ("not ID eq 9002 and ID le 9002", "ID lt 9002"),
        ("  (ID\tin(500,9000))", "ID eq 500 or ID eq 9000"),
        ("ContactPreviewTime eq 5.0", "ContactPreviewTime eq 5"),
        ("bCallerIDActive eq TRUE", "bCallerIDActive gt false"),
        ("CoNtAiNs(Name,'10') aNd NOT (ID IN (nULL))", "contains(Name,'10')"),
        ("STARTSWITH(dtTo,'2026-12-01')", "dtTo eq '2026-12-01T23:00:00.000'"),
        ("not (ContactPreviewTime gt 5)", "ContactPreviewTime le 5 or ContactPreviewTime eq null"),
    ],
)
def test_filter_in_other_words_gives_the_same(client: httpx.Client, text: str, same: str) -> None:
    records = client.get(PATH, params={"filter": text}).json()["records"]
    assert records == client.get(PATH, params={"filter": same}).json()["records"]
    assert records


@pytest.mark.parametrize(("text", "error"), ERRORS.items())
def test_filter_by_wrong_expression_says_where_and_what(client: httpx.Client, text: str, error: str) -> None:
    answer = client.get(PATH, params={"filter": text})
    assert answer.json() == {"status": 400, "error": f"filter: {error}"}
    assert answer.headers["X-Error-Pointer"] == "#/query/filter"


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=60) | st.text("IDeqnotinrcas(),'1. ", max_size=60))
def test_filter_by_any_text_is_answered_or_refused(client: httpx.Client, text: str) -> None:
    params = {"filter": text.replace("\0", "").encode(errors="replace").decode()}
    assert client.get(PATH, params=params).status_code in (200, 400)
