"""Routing applications are run with variables: texts, made of any JSON object, with its levels in their names."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.service import Service

RUN = "/routingApplications/run/2793"
MOST_CHARACTERS = 1024 * 1024


@pytest.fixture(scope="module", params=["fast", "--no-fast"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Client 1 of a demo server."""
    options = [request.param] if request.param.startswith("--") else []
    with (
        Service(tmp_path_factory.mktemp("routing") / "freiton.db", "--demo", *options) as service,
        service.client() as client,
    ):
        yield client


def run(api: httpx.Client, body: Any) -> list[tuple[str, str]]:
    """Run an application, and return the names and values of its variables."""
    answer = api.post(RUN, json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (list(found), found["count"], found["status"]) == (
        ["records", "count", "status"],
        len(found["records"]),
        200,
    )
    return [(record["Name"], record["Value"]) for record in found["records"]]


@pytest.mark.parametrize(
    ("body", "variables"),
    [
        ({}, []),
        ({"a": {}, "b": [], "c": {"d": [{}]}}, []),
        ({"a": "", "b": " ", "c": 'Ü"\n😀'}, [("a", ""), ("b", " "), ("c", 'Ü"\n😀')]),
        (
            {"a": 2, "b": -0.5, "c": 1e100, "d": 9007199254740993},
            [("a", "2"), ("b", "-0.5"), ("c", "1e+100"), ("d", "9007199254740993")],
        ),
        ({"a": True, "b": False, "c": None}, [("a", "true"), ("b", "false"), ("c", "")]),
        ({"a": ["x", {"b": "y"}, ["z"]]}, [("a.0", "x"), ("a.1.b", "y"), ("a.2.0", "z")]),
        ({"": "x", "a": {"": "y"}}, [("", "x"), ("a.", "y")]),
        ({"": {"": "x"}}, [(".", "x")]),
        ({"a.b": "x", "a": {"c": "y"}}, [("a.b", "x"), ("a.c", "y")]),
    ],
)
def test_run_with_json_gives_variables_that_are_texts(
    api: httpx.Client, body: dict[str, Any], variables: list[tuple[str, str]]
) -> None:
    assert run(api, body) == variables


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}])
def test_run_without_body_has_no_variables(api: httpx.Client, headers: dict[str, str]) -> None:
    answer = api.post(RUN, headers=headers)
    assert answer.json() == {"records": [], "count": 0, "status": 200}


@pytest.mark.parametrize("body", ["[1]", '"a"', "1", "null", "true"])
def test_run_with_json_that_has_no_names_is_refused(api: httpx.Client, body: str) -> None:
    answer = api.post(RUN, content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == {"status": 400, "error": "body: must be of type object"}
    assert answer.headers["X-Error-Pointer"] == "#/body"


@pytest.mark.parametrize("body", [{"a": {"b": 1}, "a.b": 2}, {"a": [1], "a.0": 2}, {"a.b": {"c": 1}, "a": {"b.c": 1}}])
def test_run_with_two_values_of_a_variable_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    answer = api.post(RUN, json=body)
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/body")
    assert answer.json()["error"].startswith("body: has two values of the variable a.")


def test_run_with_text_body_is_refused(api: httpx.Client) -> None:
    assert api.post(RUN, content="a=1", headers={"Content-Type": "text/plain"}).status_code == 415


def test_run_with_name_of_most_characters_keeps_it_and_of_more_is_refused(api: httpx.Client) -> None:
    name = "a" * 1000
    assert run(api, {name: {"b" * 23: 1}}) == [(f"{name}.{'b' * 23}", "1")]
    bodies: list[Any] = [{"a" * 1025: 1}, {name: {"b" * 24: 1}}, {name: {"b" * 24: {}}}, {name: [{"b" * 22: 1}]}]
    for body in bodies:
        error = "body: has a variable whose name has more than 1024 characters"
        assert api.post(RUN, json=body).json() == {"status": 400, "error": error}


def test_run_with_variables_of_too_many_characters_is_refused(api: httpx.Client) -> None:
    answer = api.post(RUN, json={"a" * 1000: [1] * 1100})
    error = f"body: has variables of more than {MOST_CHARACTERS} characters"
    assert (answer.status_code, answer.json()) == (400, {"status": 400, "error": error})
    assert api.post(RUN, json={"a" * 1000: [[] for _ in range(100_000)]}).json()["count"] == 0


@pytest.mark.parametrize("levels", [99, 100, 5_000])
def test_run_with_deep_body_is_carried_out_or_refused(api: httpx.Client, levels: int) -> None:
    body = '{"a":' * levels + "1" + "}" * levels
    answer = api.post(RUN, content=body, headers={"Content-Type": "application/json"})
    if levels < 100:
        assert answer.json()["records"] == [{"Name": ".".join("a" * levels), "Value": "1"}]
    elif answer.status_code != 200:
        assert answer.json() == {"status": 400, "error": "body: is nested too deeply"}


names = st.text(st.characters(exclude_characters="\0.", exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def find(value: Any, name: str) -> Any:
    """Return the value that a dotted name leads to."""
    for part in name.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def count(value: Any) -> int:
    """Return how many values nested JSON has."""
    if isinstance(value, dict | list):
        return sum(map(count, value.values() if isinstance(value, dict) else value))
    return 1


@settings(deadline=None, max_examples=60)
@given(body=st.dictionaries(names, values, max_size=4))
def test_run_with_any_object_gives_each_value_once(api: httpx.Client, body: dict[str, Any]) -> None:
    variables = run(api, body)
    assert len(variables) == len({name for name, _ in variables}) == count(body)
    for name, text in variables:
        value = find(body, name)
        assert text == (value if isinstance(value, str) else "" if value is None else json.dumps(value))
