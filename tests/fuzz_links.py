"""`make fuzz-links`: the stateful phase of Schemathesis reaches every link of the contract in a sandbox."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from freiton import Sandbox

from handlers.contract import document
from tests.support.contract_nodes import operations, resolve
from tests.support.service import SECONDS_TO_RUN, TOP

# Of one run, and the most runs. Some links need what few answers have, such as a contact with user data.
MAX_EXAMPLES, RUNS = 1_000, 10
HOOKS = "freiton.testing.schemathesis"
# In Schemathesis's report; the hooks put a client account into the paths.
FOLLOWED = re.compile(r'"transition":\{"id":"([A-Z]+ /)1(/\S* -> \[\d+\] \w+) -> ')
TOTAL = re.compile(r'"transitions":\{"total":(\d+)')


def read_links() -> dict[str, set[str]]:
    """Return the links of the contract, such as `GET /a -> [200] First`, with the tags of their two operations."""
    contract = document.read()
    by_id = operations(contract)
    return {
        f"{method.upper()} {path} -> [{status}] {name}": {
            *operation["tags"],
            *by_id[resolve(contract, link)["operationId"]]["tags"],
        }
        for path, each in contract["paths"].items()
        for method, operation in each.items()
        for status, answer in operation["responses"].items()
        for name, link in answer.get("links", {}).items()
    }


def follow_links(sandbox: Sandbox, max_examples: int, seed: int = 1, tags: Iterable[str] = ()) -> tuple[set[str], int]:
    """Run the stateful phase in a world of its own, and return which links it followed and how many there are.

    :param sandbox: the sandbox.
    :param max_examples: the most scenarios of a suite.
    :param seed: the seed of the random numbers.
    :param tags: of the operations that take part, if not all do.
    """
    with sandbox.world() as world, TemporaryDirectory() as folder:
        report = Path(folder, "report.ndjson")
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", "openapi.yaml", "--url", world.api_url, "--header", f"Authorization: Bearer {world.token}"),
                *("--phases", "stateful", "--mode", "positive", "--generation-database", "none"),
                *("--max-examples", str(max_examples), "--seed", str(seed), "--report-ndjson-path", str(report)),
                *(option for tag in tags for option in ("--include-tag", tag)),
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
    return {f"{method}{{ClientsID}}{link}" for method, link in FOLLOWED.findall(text)}, int(TOTAL.findall(text)[0])


def main() -> None:
    """Follow the links with one seed after another, print how many are left, and fail with the names of such.

    The fewer are left, the fewer operations take part, and the more often each follows another.
    """
    links = read_links()
    left = dict(links)
    with Sandbox() as sandbox:
        for seed in range(1, RUNS + 1):
            followed, _ = follow_links(sandbox, MAX_EXAMPLES, seed, set().union(*left.values()))
            left = {link: tags for link, tags in left.items() if link not in followed}
            print(f"{len(left)} of {len(links)} links left after {seed * MAX_EXAMPLES} examples", flush=True)
            if not left:
                return
    sys.exit("\n".join(sorted(left)))


if __name__ == "__main__":
    main()
