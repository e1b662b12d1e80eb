"""Runs of `freiton verify`, and what they say."""

import re
import subprocess
from collections import Counter
from pathlib import Path

from tests.support.proxy import Exchange
from tests.support.service import COVERAGE, TOP, run_freiton

TOKEN = "freiton-demo-1"
NOTHING_MADE_UP = ("--max-examples", "0")
LINE = re.compile(r"  (GET|POST|DELETE) (\S+): (.+)")
DOCUMENTED, ADDED = "Differs from the documented API", "Differs in what Freiton adds to it or infers from it"


def verify(
    url: str, *options: str, cwd: Path | None = None, token: str = TOKEN, covered: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the command; in the top folder Hypothesis keeps there what takes long to compute.

    :param covered: whether coverage looks at it, which takes it twice the time.
    """
    kept = {"HYPOTHESIS_STORAGE_DIRECTORY": str(TOP / ".hypothesis")} if cwd is None else {}
    environment = {"FREITON_TOKEN": token, **kept, **({} if covered else {COVERAGE: ""})}
    return run_freiton(
        "verify", "--url", url, "--rate-limit", "1000", *options, environment=environment, cwd=cwd or TOP
    )


Checked = tuple[subprocess.CompletedProcess[str], list[Exchange]]


def ignore(exchange: Exchange) -> None:
    """Change nothing."""


def read_targets(exchanges: list[Exchange]) -> list[tuple[str, str, dict[str, list[str]]]]:
    """Return what was asked for."""
    return [(exchange.method, exchange.path, exchange.query) for exchange in exchanges]


def read_differences(report: str) -> Counter[tuple[str, str]]:
    """Return the operations and texts of a report, with ID for IDs."""
    lines = map(LINE.fullmatch, report.splitlines())
    return Counter((re.sub(r"{\w+}", "ID", f"{line[1]} {line[2]}"), line[3]) for line in lines if line)
