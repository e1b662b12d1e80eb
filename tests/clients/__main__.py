"""Try all clients, or those that are named, with demo servers of their own, and print how they did."""

import sys
import tempfile
from pathlib import Path

from tests.clients.gate import CLIENTS, Client, ClientFailed, try_client
from tests.support.service import Service

COLUMNS = ["Client", "Generator", "Language", "Checked with", "Verdict", "Seconds"]


def judge(client: Client) -> tuple[str, str]:
    """Return the verdict on a client and the seconds that it took, and tell on standard error why it failed."""
    with tempfile.TemporaryDirectory() as folder, Service(Path(folder) / "freiton.db", "--demo") as service:
        try:
            return "passed", f"{try_client(client, service.url):.0f}"
        except ClientFailed as failure:
            print(f"{client.name}: {failure}", file=sys.stderr)
            return "FAILED", ""


def main(names: list[str]) -> int:
    """Try the clients with these names, or all.

    :return: the exit code: 1 if one failed, 2 if there is none of that name.
    """
    if unknown := set(names) - CLIENTS.keys():
        print(f"no such client: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}", file=sys.stderr)
        return 2
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    verdicts = []
    for client in map(CLIENTS.__getitem__, names or CLIENTS):
        verdict, seconds = judge(client)
        verdicts.append(verdict)
        generator = f"{client.generator} {client.find_version()}"
        print(
            f"| {' | '.join([client.name, generator, client.language, client.compiler, verdict, seconds])} |",
            flush=True,
        )
    print(f"\n{verdicts.count('passed')} passed, {verdicts.count('FAILED')} failed")
    return int("FAILED" in verdicts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
