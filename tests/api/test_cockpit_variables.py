"""Cockpit variables: their value is set or not, and an answer with 200 says which and why."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.service import Service

VARIABLES = "/cockpitVariables/cockpitVariable"
DONE = {"result": 0, "error": "", "status": 200}
NOT_WRITABLE = {"result": 1, "error": "Cockpit variable is not writable", "status": 200}
NOT_FOUND = {"result": 2, "error": "Cockpit variable not found or not visible for the cockpit", "status": 200}
UNCHANGED = {"result": 3, "error": "Cockpit variable has this value already", "status": 200}
OUT_OF_RANGE = {"result": 4, "error": "Value is less than MinValue or more than MaxValue", "status": 200}
LARGEST = 2**53 - 1
# Without limits, with a smallest value, with both, not writable, not visible.
FREE, FROM_ZERO, PER_CENT, FIXED, HIDDEN = 192, 190, 191, 187, 189


@pytest.fixture(scope="module", params=["fast", "--no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose variables are set."""
    options = [request.param] if request.param.startswith("--") else []
    with Service(tmp_path_factory.mktemp("variables") / "freiton.db", "--demo", *options) as service:
        yield service


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of that server."""
    with service.client() as client:
        yield client


def read(api: httpx.Client, variable: int) -> dict[str, Any]:
    """Return a variable."""
    (record,) = api.get(f"{VARIABLES}/{variable}").json()["records"]
    return dict(record)


def set_value(api: httpx.Client, variable: int, value: Any) -> dict[str, Any]:
    """Set the value of a variable, and return the answer."""
    answer = api.patch(f"{VARIABLES}/{variable}/setValue", params={"value": value})
    assert answer.status_code == 200
    return dict(answer.json())


def test_set_value_changes_it_and_its_time_only(api: httpx.Client) -> None:
    set_value(api, FREE, 5)
    before, value = read(api, FREE), 6
    assert list(api.patch(f"{VARIABLES}/{FREE}/setValue?value={value}").json().items()) == list(DONE.items())
    after = read(api, FREE)
    assert after == {**before, "CounterAbsolute": value, "dtLastModified": after["dtLastModified"]}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", after["dtLastModified"], re.ASCII)
    age = datetime.now(UTC) - datetime.fromisoformat(after["dtLastModified"])
    assert timedelta(0) <= age < timedelta(minutes=1)


@pytest.mark.parametrize("value", [0, -1, LARGEST, -LARGEST])
def test_set_value_of_variable_without_limits_takes_any(api: httpx.Client, value: int) -> None:
    set_value(api, FREE, 5)
    assert set_value(api, FREE, value) == DONE
    assert read(api, FREE)["CounterAbsolute"] == value


@pytest.mark.parametrize(
    ("variable", "value", "answer"),
    [
        (FIXED, 7, NOT_WRITABLE),
        (HIDDEN, 7, NOT_FOUND),
        (201, 7, NOT_FOUND),
        (0, 7, NOT_FOUND),
        (LARGEST, 7, NOT_FOUND),
        (FROM_ZERO, -1, OUT_OF_RANGE),
        (PER_CENT, 101, OUT_OF_RANGE),
        (PER_CENT, -LARGEST, OUT_OF_RANGE),
    ],
)
def test_set_value_that_cannot_be_set_changes_nothing(
    service: Service, api: httpx.Client, variable: int, value: int, answer: dict[str, Any]
) -> None:
    with service.client(2) as other:
        before = [each.get("/cockpitVariables").content for each in (api, other)]
        assert set_value(api, variable, value) == answer
        assert [each.get("/cockpitVariables").content for each in (api, other)] == before


def test_set_value_again_says_that_it_is_there(api: httpx.Client) -> None:
    set_value(api, FROM_ZERO, 4711)
    before = read(api, FROM_ZERO)
    assert set_value(api, FROM_ZERO, 4711) == UNCHANGED
    assert read(api, FROM_ZERO) == before


def test_set_value_by_ten_clients_at_once_is_done_once(service: Service, api: httpx.Client) -> None:
    set_value(api, FREE, 0)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: set_value(api, FREE, 99), range(10)))
    assert sorted(answer["result"] for answer in answers) == [0] + [3] * 9


@pytest.mark.parametrize("value", ["", "7.5", "1e3", " 7", "+7", "0x7", "seven", "null", str(2**53), "٣"])
def test_set_value_that_is_no_integer_is_refused(api: httpx.Client, value: str) -> None:
    before = read(api, FREE)
    answer = api.patch(f"{VARIABLES}/{FREE}/setValue", params={"value": value})
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/query/value")
    assert answer.json()["error"].startswith("value: ")
    assert read(api, FREE) == before


def test_set_value_without_value_is_refused(api: httpx.Client) -> None:
    assert api.patch(f"{VARIABLES}/{FREE}/setValue").json() == {"status": 400, "error": "value: is missing"}


def test_get_variable_that_is_not_visible_shows_it(api: httpx.Client) -> None:
    assert read(api, HIDDEN)["bVisible"] is False


@settings(deadline=None, max_examples=30)
@given(value=st.integers(-10, 110))
def test_set_any_value_is_done_if_and_only_if_it_is_new_and_in_range(api_of_property: httpx.Client, value: int) -> None:
    api = api_of_property
    before = read(api, PER_CENT)["CounterAbsolute"]
    expected = UNCHANGED if value == before else DONE if 0 <= value <= 100 else OUT_OF_RANGE
    assert set_value(api, PER_CENT, value) == expected
    assert read(api, PER_CENT)["CounterAbsolute"] == (value if expected == DONE else before)


@pytest.fixture(scope="module")
def api_of_property(service: Service) -> Iterator[httpx.Client]:
    """Client 1, for all examples of a property."""
    with service.client() as client:
        yield client
