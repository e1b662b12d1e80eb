"""`make fuzz-links`: the stateful phase of Schemathesis reaches every link of the contract in a sandbox."""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from freiton import Sandbox

from tests.support.service import SECONDS_TO_RUN, TOP

# Of one run, and the most runs. Some links need what few answers have, such as a contact with user data.
MAX_EXAMPLES, RUNS = 1_000, 10
HOOKS = "freiton.testing.schemathesis"
# In Schemathesis's report.
FOLLOWED = re.compile(r'"transition":\{"id":"([^"]+)"')
TOTAL = re.compile(r'"transitions":\{"total":(\d+)')


def follow_links(sandbox: Sandbox, max_examples: int, seed: int = 1) -> tuple[set[str], int]:
    """Run the stateful phase in a world of its own, and return which links it has followed and how many there are.

    :param sandbox: the sandbox.
    :param max_examples: the most scenarios of a suite.
    :param seed: the seed of the random numbers.
    """
    with sandbox.world() as world, TemporaryDirectory() as folder:
        report = Path(folder, "report.ndjson")
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", "openapi.yaml", "--url", world.api_url, "--header", f"Authorization: Bearer {world.token}"),
                *("--phases", "stateful", "--mode", "positive", "--generation-database", "none"),
                *("--max-examples", str(max_examples), "--seed", str(seed), "--report-ndjson-path", str(report)),
            ],
            cwd=TOP,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": HOOKS,
                "FREITON_URL": world.base_url,
                "FREITON_WORLD": world.id,
            },
            capture_output=True,
            text=True,
            timeout=SECONDS_TO_RUN,
            check=False,
        )
        if run.returncode:
            raise AssertionError(run.stdout + run.stderr)
        text = report.read_text()
    return {*FOLLOWED.findall(text)}, int(TOTAL.findall(text)[0])


def main() -> None:
    """Follow the links with one seed after another, print how many, and fail if one was not reached."""
    followed: set[str] = set()
    with Sandbox() as sandbox:
        for seed in range(1, RUNS + 1):
            more, total = follow_links(sandbox, MAX_EXAMPLES, seed)
            followed |= more
            print(f"{len(followed)} of {total} links after {seed * MAX_EXAMPLES} examples", flush=True)
            if len(followed) == total:
                return
    sys.exit(1)


if __name__ == "__main__":
    main()
