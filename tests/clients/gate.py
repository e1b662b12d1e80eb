"""Generates clients from the contract, checks their code and lets each do a connector's first steps."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.clients.names import judge_names
from tests.support.conformance import BASE_PATH, CONTRACT_FILE

HERE = Path(__file__).parent
BUILD = Path("build/clients")
TOOLS = Path(sys.executable).parent
SECONDS = 300


class ClientFailed(Exception):
    """A client that could not be generated, is not clean, or does not do what it has to."""


@dataclass(frozen=True)
class Client:
    """A client, as `clients.toml` has it.

    :param name: also of its folder.
    :param generator: the package that makes it.
    :param compiler: what its code is checked with.
    :param run: the command that does the first steps.
    :param generate: the command that makes its code; empty if there is no code.
    :param compile: the command that checks it.
    :param generated: the file or folder of its code.
    :param case: how it spells the names of operations.
    """

    name: str
    language: str
    generator: str
    compiler: str
    run: str
    generate: str = ""
    compile: str = ""
    generated: str = ""
    case: str = ""

    def find_version(self) -> str:
        """Return the version of the generator that is locked."""
        lock = json.loads((HERE / "package-lock.json").read_bytes())["packages"]
        if package := lock.get(f"node_modules/{self.generator}"):
            return str(package["version"])
        locks = "".join((folder / "requirements.lock").read_text() for folder in (HERE, HERE.parent))
        return str(re.findall(rf"^{self.generator}==(\S+)", locks, re.MULTILINE)[0])


CLIENTS = {
    name: Client(name=name, **fields) for name, fields in tomllib.loads((HERE / "clients.toml").read_text()).items()
}


def try_client(client: Client, url: str, build: Path = BUILD) -> float:
    """Generate a client, check its code and let it do the first steps, and return the seconds that it took.

    :param url: of the demo server.
    :param build: the folder to do it in.
    :raises ClientFailed: with what the command that failed has printed, or what is wrong with the names.
    """
    start = time.monotonic()
    folder = build.absolute() / client.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / client.name, folder)
    for command in filter(None, (client.generate, client.compile, client.run)):
        run_command(command, folder, url)
    if client.generated and (faults := list(judge_names(folder / client.generated, client.case))):
        raise ClientFailed("\n".join(faults))
    return time.monotonic() - start


def run_command(command: str, folder: Path, url: str) -> None:
    """Run a command of a client in its folder.

    :raises ClientFailed: if it fails, with what it has printed.
    """
    path = os.pathsep.join([str(TOOLS), str(folder.parent / "node_modules/.bin"), os.environ["PATH"]])
    environment = {
        **os.environ,
        "PATH": path,
        "CONTRACT": str(CONTRACT_FILE),
        "LIBRARY": sysconfig.get_path("purelib"),
        "FREITON_URL": url + BASE_PATH,
        "FREITON_TOKEN": "freiton-demo-1",
        "DO_NOT_TRACK": "1",
    }
    run = subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if run.returncode:
        raise ClientFailed(f"{command.strip()}\n{run.stdout}")
