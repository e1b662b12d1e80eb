"""`make lint-contract`: says what linters and our own rules find in a contract, and fails if it is anything."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.contract_rules import CONTRACT_RULES, TEXT_RULES, find_problems

INSTALLED = Path(sys.prefix) / "lint"
PACKAGES = INSTALLED / "node_modules"
SETTINGS = Path(__file__).parent / "lint"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


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
    done = subprocess.run(
        [PACKAGES / ".bin" / command, *arguments],
        cwd=INSTALLED,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        written = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{command} fails:\n{done.stdout}{done.stderr}")
    return release(package), written


def release(package: str) -> str:
    """Return the name and version of an installed package."""
    return f"{package} {json.loads((PACKAGES / package / 'package.json').read_bytes())['version']}"


def lint_with_spectral(contract: Path) -> Verdict:
    """Return what Spectral finds by its own rules and those of OWASP, hints included."""
    options = ("lint", "--ruleset", "spectral.yaml", "--format", "json", "--quiet", "--fail-severity", "hint")
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
    tool, found = run("ibm-openapi-validator", "lint-openapi", "--ruleset", "ibm.yaml", "--json", contract)
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


LINTERS: dict[str, Callable[[Path], Verdict]] = {
    "spectral": lint_with_spectral,
    "redocly": lint_with_redocly,
    "ibm": lint_with_ibm,
    "specification": lint_with_specification,
    "own rules": lint_with_own_rules,
}


def _place(path: list[str | int]) -> str:
    return "/".join(map(str, path))


def main(contract: str) -> None:
    """Print the verdict of each tool on a contract, after what it finds.

    :raises SystemExit: there is an error or a warning.
    """
    verdicts = [lint(Path(contract).resolve()) for lint in LINTERS.values()]
    for verdict in verdicts:
        for text in (*verdict.errors, *verdict.warnings):
            print(text)
        print(verdict)
    if any(verdict.errors or verdict.warnings for verdict in verdicts):
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
