"""`make fuzz-links`: the stateful phase of Schemathesis reaches every link of the contract in a sandbox."""

import os
import re
import subprocess
import sys
from pathlib import Path

from freiton import Sandbox

from tests.support.service import SECONDS_TO_RUN, TOP

# They do not reach all links yet: 51 of 55 were reached. Four times as many reached 55 of 56, in six minutes.
MAX_EXAMPLES = 1_000
HOOKS = "freiton.testing.schemathesis"
LINKS = re.compile(r"API Links: +(\d+) covered / \d+ selected / (\d+) total")


def follow_links(sandbox: Sandbox, max_examples: int, seed: int = 1) -> tuple[int, int]:
    """Run the stateful phase in a world of its own, and return how many links it has followed and how many there are.

    :param sandbox: the sandbox.
    :param max_examples: the most scenarios of a suite.
    :param seed: the seed of the random numbers.
    """
    with sandbox.world() as world:
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", "openapi.yaml", "--url", world.api_url, "--header", f"Authorization: Bearer {world.token}"),
                *("--phases", "stateful", "--mode", "positive", "--generation-database", "none"),
                *("--max-examples", str(max_examples), "--seed", str(seed)),
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
    followed, total = LINKS.findall(run.stdout)[0]
    return int(followed), int(total)


def main() -> None:
    """Follow the links, print how many, and fail if one was not reached."""
    with Sandbox() as sandbox:
        followed, total = follow_links(sandbox, MAX_EXAMPLES)
    print(f"{followed} of {total} links")
    sys.exit(followed != total)


if __name__ == "__main__":
    main()
