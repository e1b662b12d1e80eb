"""A path leads to the operation whose template it matches; the literal segments of a template go before parameters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.contract import document
from handlers.contract.problems import Refusal
from handlers.contract.routes import Route, Routes

pytestmark = pytest.mark.sqlite

ROUTES = Routes(document.read(), ["/", "/docs", "/docs/", "/docs/page.css"])
# As a router without a tree looks for it: those with fewer parameters first.
PATTERNS = [
    (re.compile(re.sub(r"\\{[^/]+?\\}", "([^/]+)", re.escape(route.template))), route)
    for route in sorted(ROUTES.routes, key=lambda route: route.template.count("{"))
]
WORDS = sorted({segment for route in ROUTES.routes for segment in route.template.split("/")} | {"1", "500", "x"})


def find(path: str) -> tuple[Route, list[str]] | None:
    for pattern, route in PATTERNS:
        if match := pattern.fullmatch(path):
            return route, list(match.groups())
    return None


def follow(path: str) -> tuple[Route, list[str]] | None:
    try:
        route, texts = ROUTES.find(path.encode())
    except Refusal:
        return None
    return route, list(texts)


@pytest.mark.parametrize("route", ROUTES.routes, ids=lambda route: route.template)
def test_find_each_template_gives_its_route(route: Route) -> None:
    assert follow(re.sub("{[^/]+}", "500", route.template)) == find(re.sub("{[^/]+}", "500", route.template))


@given(st.sampled_from(ROUTES.routes), st.lists(st.tuples(st.integers(0, 9), st.sampled_from(WORDS)), max_size=3))
def test_find_path_near_a_template_gives_what_a_search_gives(route: Route, changes: list[tuple[int, str]]) -> None:
    segments = route.template.split("/")
    for place, word in changes:
        segments[place : place + (place % 2)] = [word]
    path = "/".join(segments).replace("{", "").replace("}", "")
    assert follow(path) == find(path)


@pytest.mark.parametrize("tail", ["", "/x", "/1/x", "/1/resultCodes/x"])
def test_find_path_behind_a_word_that_a_parameter_could_be_is_not_found(tail: str) -> None:
    assert follow(f"/rest/v1.0/1/dialler/campaigns/campaign/campaign/x{tail}") is None
