"""Clients for the control API can be generated from its contract, without a warning and with each operation."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import yaml
from inflection import underscore

from handlers.contract import document
from handlers.contract.routes import Routes
from handlers.sandbox.pages import CONTRACT
from tests.support.sandbox import SandboxService
from tests.support.service import SECONDS_TO_RUN

# Makes a world by the generated client, and prints its first token.
PROGRAM = """
import sys
from freiton_sandbox_client import Client
from freiton_sandbox_client.api.worlds import create_world, delete_world
from freiton_sandbox_client.models import WorldCreation

client = Client(base_url=sys.argv[1])
world = create_world.sync(client=client, body=WorldCreation(fixture="demo"))
print(world.accounts[0].token)
print(delete_world.sync(client=client, world=world.id).status)
"""


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment that the tests run in."""
    programs = Path(sys.executable).parent
    return subprocess.run(
        [str(programs / command[0]), *command[1:]],
        cwd=cwd,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )


def test_generated_client_makes_a_world(sandbox: SandboxService, tmp_path: Path) -> None:
    served = tmp_path / "control.yaml"
    served.write_bytes(httpx.get(f"{sandbox.url}/sandbox/openapi.yaml").content)
    generated = run("openapi-python-client", "generate", "--path", str(served), cwd=tmp_path)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert "warning" not in (generated.stdout + generated.stderr).lower(), generated.stdout
    folder = tmp_path / "freiton-sandbox-client"
    functions = {path.stem for path in folder.glob("freiton_sandbox_client/api/*/*.py")}
    assert {underscore(each.identity) for each in Routes(document.read(CONTRACT)).operations} <= functions
    made = run("python", "-c", PROGRAM, f"{sandbox.url}/sandbox/v1", cwd=folder)
    assert made.returncode == 0, made.stderr
    token, status = made.stdout.split()
    assert (token.startswith("world-"), status) == (True, "200")


def test_generated_models_name_each_schema(tmp_path: Path) -> None:
    models = tmp_path / "models.py"
    options = ("--input", str(CONTRACT), "--output", str(models), "--output-model-type", "pydantic_v2.BaseModel")
    generated = run("datamodel-codegen", *options, cwd=tmp_path)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    text = models.read_text(encoding="utf-8")
    objects = [
        name
        for name, schema in yaml.safe_load(CONTRACT.read_bytes())["components"]["schemas"].items()
        if schema["type"] == "object"
    ]
    assert [name for name in objects if f"class {name}(" not in text] == []
