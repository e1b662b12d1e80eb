"""A sandbox has the databases of few worlds open, however many worlds were made, reset and used."""

from pathlib import Path

import pytest

from tests.support.command import list_open_files
from tests.support.sandbox import SandboxService, World

ROUNDS = 150
# 64 as the server has it, the registry, and those that some thread still uses.
MOST_OPEN = 100


def list_open(sandbox: SandboxService) -> set[str]:
    """Return the databases that a sandbox has open, those that are deleted too."""
    names = {name.removesuffix(" (deleted)") for name in list_open_files(sandbox.process.pid)}
    return {name for name in names if name.endswith(".db")}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="shows the open files of a process")
def test_reset_and_use_again_and_again_keeps_few_databases_open(tmp_path: Path) -> None:
    with SandboxService(tmp_path / "sandbox") as sandbox, World(sandbox) as world, world.client() as api:
        for number in range(ROUNDS):
            world.ask("POST", "/reset").raise_for_status()
            # One thread reads, another one writes, a third one searches.
            assert api.get("/dialler/campaigns").status_code == 200
            body = {"source": "Campaign 1000", "destination": f"Round {number}"}
            assert api.post("/dialler/campaigns/clone", json=body).status_code == 200
            assert api.get("/dialler/contacts", params={"filter": "contains(Comment,'x')"}).status_code == 200
        assert MOST_OPEN / 2 < len(list_open(sandbox)) <= MOST_OPEN
