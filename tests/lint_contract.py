"""`make lint-contract`: says what linters and our own rules find in a contract, and fails if it is anything."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import re2
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.support.conformance import BASE_PATH
from tests.support.contract_nodes import is_example, walk
from tests.support.contract_rules import CONTRACT_RULES, TEXT_RULES, find_problems
from tests.support.service import Service

INSTALLED = Path(sys.prefix) / "lint"
PACKAGES = INSTALLED / "node_modules"
SETTINGS = Path(__file__).parent / "lint"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "PORTMAN_BEARER_TOKEN": "freiton-demo-1"}


@dataclass(frozen=True)
class Verdict:
    """What a tool says about a contract, one text a finding."""

    tool: str
    errors: list[str]
    warnings: list[str]

    def __str__(self) -> str:
        return f"{self.tool}: {len(self.errors)} errors, {len(self.warnings)} warnings"


def run(package: str, command: str, *arguments: str | Path) -> tuple[str, Any]:
    """Run a tool that writes JSON, and return its name with the version, and what it writes.

    :raises SystemExit: it writes something else.
    """
    # Each finds its settings, and the rule sets that these name, beside the installed packages only.
    for settings in SETTINGS.glob("*.yaml"):
        shutil.copy(settings, INSTALLED)
    done = execute(INSTALLED, command, *arguments)
    try:
        written = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{command} fails:\n{done.stdout}{done.stderr}")
    return release(package), written


def execute(folder: Path, command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of an installed package in a folder, and return what it writes."""
    return subprocess.run(
        [PACKAGES / ".bin" / command, *arguments],
        cwd=folder,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def serve_demo() -> Iterator[tuple[Path, str]]:
    """Serve a new demo, and give a folder for files and the base URL of the API."""
    with TemporaryDirectory() as name, Service(Path(name) / "freiton.db", "--demo") as service:
        yield Path(name), service.url + BASE_PATH


def release(package: str) -> str:
    """Return the name and version of an installed package."""
    return f"{package} {json.loads((PACKAGES / package / 'package.json').read_bytes())['version']}"


def choose_ruleset(own: str, usual: str) -> str:
    """Return the name of a contract's own rules, or that of the usual ones if it has none."""
    return own if (SETTINGS / own).exists() else usual


def lint_with_spectral(contract: Path) -> Verdict:
    """Return what Spectral finds by its own rules and those of OWASP, hints included."""
    ruleset = choose_ruleset(contract.name, "spectral.yaml")
    options = ("lint", "--ruleset", ruleset, "--format", "json", "--quiet", "--fail-severity", "hint")
    tool, found = run("@stoplight/spectral-cli", "spectral", *options, contract)
    texts = [(item["severity"], f"{item['code']}: {_place(item['path'])}: {item['message']}") for item in found]
    errors = [text for severity, text in texts if severity == 0]
    warnings = [text for severity, text in texts if severity != 0]
    return Verdict(f"{tool} with {release('@stoplight/spectral-owasp-ruleset')}", errors, warnings)


def lint_with_redocly(contract: Path) -> Verdict:
    """Return what Redocly finds by its strictest rules."""
    options = ("lint", "--config", "redocly.yaml", "--format", "json", "--max-problems", "1000")
    tool, found = run("@redocly/cli", "redocly", *options, contract)
    texts = [
        (item["severity"], f"{item['ruleId']}: {item['location'][0].get('pointer', '')}: {item['message']}")
        for item in found["problems"]
    ]
    errors = [text for severity, text in texts if severity == "error"]
    warnings = [text for severity, text in texts if severity != "error"]
    return Verdict(tool, errors, warnings)


def lint_with_ibm(contract: Path) -> Verdict:
    """Return what IBM's validator finds, hints included."""
    ruleset = choose_ruleset(f"ibm-{contract.name}", "ibm.yaml")
    tool, found = run("ibm-openapi-validator", "lint-openapi", "--ruleset", ruleset, "--json", contract)
    texts = {
        severity: [f"{item['rule']}: {_place(item['path'])}: {item['message']}" for item in found[severity]["results"]]
        for severity in ("error", "warning", "info", "hint")
    }
    return Verdict(tool, texts["error"], texts["warning"] + texts["info"] + texts["hint"])


def lint_with_specification(contract: Path) -> Verdict:
    """Return what contradicts the schema of the specification itself."""
    found = OpenAPIV30SpecValidator(yaml.load(contract.read_bytes(), Loader=yaml.CSafeLoader)).iter_errors()
    texts = [f"{_place(list(error.absolute_path))}: {error.message}" for error in found]
    return Verdict(f"openapi-spec-validator {version('openapi-spec-validator')}", texts, [])


def lint_with_own_rules(contract: Path) -> Verdict:
    """Return what the rules find that no linter has."""
    rules = len(TEXT_RULES) + len(CONTRACT_RULES)
    return Verdict(f"tests/contract_rules.py, {rules} rules", find_problems(contract.read_text(encoding="utf-8")), [])


def lint_with_re2(contract: Path) -> Verdict:
    """Return the patterns that RE2 refuses, and with it gateways in Go, which then refuse the whole contract."""
    document = yaml.load(contract.read_bytes(), Loader=yaml.CSafeLoader)
    nodes = ((place, value) for place, value in walk(document) if place[-1:] == ("pattern",))
    patterns = [(place, value) for place, value in nodes if not is_example(place)]
    texts = [f"{'/'.join(place)}: {problem}" for place, value in patterns if (problem := _refuse_pattern(value))]
    return Verdict(f"google-re2 {version('google-re2')}, {len(patterns)} patterns", texts, [])


def lint_with_dredd(contract: Path) -> Verdict:
    """Return what keeps Dredd from making requests of the contract."""
    with TemporaryDirectory() as folder:
        options = ("--dry-run", "--loglevel=warning", "--no-color")
        done = execute(Path(folder), "dredd", contract, "http://127.0.0.1:9", *options)
    texts = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    return Verdict(f"{release('dredd')} --dry-run", texts or ["fails"] * done.returncode, [])


def lint_with_portman(contract: Path) -> Verdict:
    """Return which requests of Portman's collection, one of each operation, a demo answers otherwise."""
    with serve_demo() as (folder, url):
        options = ("--portmanConfigFile", SETTINGS / "portman.json", "--output", folder / "collection.json")
        done = execute(folder, "portman", "--local", contract, "--baseUrl", url, *options, "--runNewman")
    _, _, failed = done.stdout.partition("Newman run failed with:")
    if done.returncode and not failed:
        sys.exit(f"portman fails:\n{done.stdout}{done.stderr}")
    texts = [text.strip() for text in failed.partition("\n- ")[0].split(", ") if text.strip()]
    return Verdict(release("@apideck/portman"), texts, [])


def lint_with_schemathesis(contract: Path) -> Verdict:
    """Return how a demo differs from the contract, by its examples and boundaries, without settings or hooks.

    The other phases make up filters and cursors, which are refused; `make fuzz` runs them with those of a dictionary.
    Schemathesis also says that it cannot send NDJSON, which is no difference.
    """
    with serve_demo() as (folder, url):
        options = ("--header", "Authorization: Bearer freiton-demo-1", "--phases", "examples,coverage")
        command = str(Path(sys.executable).with_name("schemathesis"))
        done = execute(folder, command, "run", contract, "--url", url, *options, "--seed", "1")
    if "Test cases:" not in done.stdout:
        sys.exit(f"schemathesis fails:\n{done.stdout}{done.stderr}")
    return Verdict(f"schemathesis {version('schemathesis')}", re.findall(r"^- (.+)$", done.stdout, re.MULTILINE), [])


LINTERS: dict[str, Callable[[Path], Verdict]] = {
    "spectral": lint_with_spectral,
    "redocly": lint_with_redocly,
    "ibm": lint_with_ibm,
    "specification": lint_with_specification,
    "own rules": lint_with_own_rules,
    "re2": lint_with_re2,
}
# They make requests of the contract to a demo.
RUNNERS: dict[str, Callable[[Path], Verdict]] = {
    "dredd": lint_with_dredd,
    "portman": lint_with_portman,
    "schemathesis": lint_with_schemathesis,
}


def _refuse_pattern(pattern: str) -> str:
    try:
        re2.compile(pattern)
    except re2.error as error:
        return str(error)
    return ""


def _place(path: list[str | int]) -> str:
    return "/".join(map(str, path))


def main(contract: str, *others: str) -> None:
    """Print the verdict of each tool on a contract, after what it finds.

    :param contract: the contract of the API.
    :param others: contracts of something else than what a demo serves.
    :raises SystemExit: there is an error or a warning.
    """
    linted = [lint(Path(each).resolve()) for each in (contract, *others) for lint in LINTERS.values()]
    verdicts = [*linted, *(run(Path(contract).resolve()) for run in RUNNERS.values())]
    for verdict in verdicts:
        for text in (*verdict.errors, *verdict.warnings):
            print(text)
        print(verdict)
    if any(verdict.errors or verdict.warnings for verdict in verdicts):
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
