"""A sandbox has the databases of few worlds open, however many worlds were made, reset and used."""

from pathlib import Path

import pytest

from tests.support.sandbox import SandboxService, World

ROUNDS = 100
# 64 as the server has it, the registry, and those of requests that have just ended.
MOST_OPEN = 64 + 8


def list_open(sandbox: SandboxService) -> set[str]:
    """Return the databases that a sandbox has open, those that are deleted too."""
    links = Path(f"/proc/{sandbox.process.pid}/fd").iterdir()
    names = {str(link.readlink()).removesuffix(" (deleted)") for link in links if link.is_symlink()}
    return {name for name in names if name.endswith(".db")}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="shows the open files of a process")
def test_reset_and_use_again_and_again_keeps_few_databases_open(sandbox: SandboxService, world: World) -> None:
    with world.client() as api:
        for number in range(ROUNDS):
            world.ask("POST", "/reset").raise_for_status()
            # One thread reads, another one writes, a third one searches.
            assert api.get("/dialler/campaigns").status_code == 200
            body = {"source": "Campaign 1000", "destination": f"Round {number}"}
            assert api.post("/dialler/campaigns/clone", json=body).status_code == 200
            assert api.get("/dialler/contacts", params={"filter": "contains(Comment,'x')"}).status_code == 200
    assert len(list_open(sandbox)) <= MOST_OPEN
