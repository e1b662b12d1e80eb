"""What the README counts and lists of the clients and workflows is what there is."""

import re

import pytest
import yaml

from tests.clients.gate import CLIENTS
from tests.support.service import TOP
from tests.workflows.__main__ import WORKFLOWS

pytestmark = pytest.mark.uncovered

README = (TOP / "README.md").read_text(encoding="utf-8")
TABLE = (TOP / "tests" / "clients" / "README.md").read_text(encoding="utf-8")


def test_table_of_clients_has_each_with_its_version_and_check() -> None:
    rows = re.findall(r"^\| \[.+?\]\((.+?)/\) \| (.+?) \| .+ \| (.+?) \|$", TABLE, re.MULTILINE)
    assert rows == [(client.name, client.find_version(), client.compiler) for client in CLIENTS.values()]


def test_generators_are_counted_with_their_languages() -> None:
    languages = list(dict.fromkeys(client.language for client in CLIENTS.values()))
    listed = f"{', '.join(languages[:-1])} and {languages[-1]}"
    assert f"with {len(CLIENTS)} generators for {listed}," in " ".join(README.split())


def test_workflows_and_steps_are_counted() -> None:
    workflows = yaml.safe_load(WORKFLOWS.read_bytes())["workflows"]
    counted = re.findall(r"(\d+)\s+workflows\s+with\s+(\d+)\s+steps", README)
    assert counted == [(str(len(workflows)), str(sum(len(workflow["steps"]) for workflow in workflows)))]
