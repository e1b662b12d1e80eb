"""`make fuzz`: Schemathesis at length, until 100,000 cases are through or one of them fails."""

import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.conformance import BASE_PATH
from tests.support.service import TOP, Service

CASES = 100_000
MAX_EXAMPLES = 2_000
WORKERS = 2


def run_schemathesis(service: Service, seed: int, max_examples: int) -> subprocess.CompletedProcess[str]:
    """Run all checks and phases of Schemathesis on a demo server, with the configuration that users have.

    :param service: the server.
    :param seed: the seed of its random numbers.
    :param max_examples: how many cases an operation at most.
    """
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            *("run", "openapi.yaml", "--url", service.url + BASE_PATH, "--checks", "all"),
            *("--header", "Authorization: Bearer freiton-demo-1"),
            *("--seed", str(seed), "--max-examples", str(max_examples)),
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> None:
    """Fuzz a new demo server again and again, and print how many cases that made."""
    total = 0
    while total < CASES:
        seed = secrets.randbelow(2**32)
        with (
            tempfile.TemporaryDirectory() as folder,
            Service(Path(folder) / "freiton.db", "--demo", "--workers", str(WORKERS)) as service,
        ):
            run = run_schemathesis(service, seed, MAX_EXAMPLES)
        if run.returncode:
            sys.exit(run.stdout + run.stderr)
        total += int(re.findall(r"(\d+) generated", run.stdout)[0])
        print(f"seed {seed}: {total:,} cases, no failure", flush=True)


if __name__ == "__main__":
    main()
