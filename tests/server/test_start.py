"""Connexion is imported when something asks for it, and not before."""

from pathlib import Path

import pytest

from tests.support.service import Service

pytestmark = pytest.mark.uncovered

# A part of Connexion's imports that stands among what a process has mapped.
IMPORTED = "/rpds/"


def has_connexion(service: Service) -> bool:
    """Return whether the server has imported what Connexion needs."""
    maps = Path(f"/proc/{service.process.pid}/maps").read_text()
    return IMPORTED in maps


@pytest.mark.fast
@pytest.mark.parametrize(
    "path", ["/acd/groups", "/acd/events/event/3001", "/dialler/campaigns?limitPageSize=1", "/dialler/contacts"]
)
def test_read_needs_no_connexion(own_demo: Service, path: str) -> None:
    with own_demo.client() as api:
        assert api.get(path).status_code == 200
    assert not has_connexion(own_demo)


@pytest.mark.fast
def test_write_needs_no_connexion(fresh_demo: Service) -> None:
    names = {"source": "Campaign 1000", "destination": "A copy"}
    with fresh_demo.client() as api:
        clone = api.post("/dialler/campaigns/clone", json=names)
        path = f"/dialler/campaigns/campaign/{clone.json()['records'][0]['ID']}"
        answers = [clone, api.delete(path), api.delete(path)]
    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert not has_connexion(fresh_demo)


def test_what_is_not_plain_needs_connexion(fresh_demo: Service) -> None:
    with fresh_demo.client() as api:
        assert api.get("/acd/groups?limitPageSize=x").status_code == 400
    assert has_connexion(fresh_demo)
