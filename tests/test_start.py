"""Connexion is imported when something asks for it, and not before."""

from pathlib import Path

import pytest

from tests.service import Service

# Parts of Connexion's imports that stand among what a process has mapped.
IMPORTED = ("/rpds/", "/jsonschema_rs/")


def has_connexion(service: Service) -> bool:
    """Return whether the server has imported what Connexion needs."""
    maps = Path(f"/proc/{service.process.pid}/maps").read_text()
    return any(name in maps for name in IMPORTED)


@pytest.mark.fast
@pytest.mark.parametrize(
    "path", ["/acd/groups", "/acd/events/event/3001", "/dialler/campaigns?limitPageSize=1", "/dialler/contacts"]
)
def test_read_needs_no_connexion(own_demo: Service, path: str) -> None:
    with own_demo.client() as api:
        assert api.get(path).status_code == 200
    assert not has_connexion(own_demo)


def test_write_needs_connexion(fresh_demo: Service) -> None:
    with fresh_demo.client() as api:
        api.delete("/dialler/campaigns/campaign/500").raise_for_status()
    assert has_connexion(fresh_demo)
