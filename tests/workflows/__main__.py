"""Run the workflows of a connector and the Postman collection of the contract with demo servers of their own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.conformance import BASE_PATH, CONTRACT_FILE
from tests.support.service import Service
from tests.workflows.collection import finish_collection

BUILD = Path("build/workflows")
TOOLS = BUILD / "node_modules/.bin"
WORKFLOWS = Path(__file__).with_name("connector.arazzo.yaml")
COLLECTION = BUILD / "freiton.postman_collection.json"
TOKEN = "freiton-demo-1"
SECONDS = 300


@contextmanager
def serve_demo() -> Iterator[str]:
    """Serve a new demo, and give the base URL of the API."""
    with tempfile.TemporaryDirectory() as folder, Service(Path(folder) / "freiton.db", "--demo") as service:
        yield service.url + BASE_PATH


def run_tool(name: str, *arguments: str | Path) -> bool:
    """Tell whether a tool succeeds, and print what it says if not."""
    run = subprocess.run(
        [TOOLS / name, *arguments],
        env={**os.environ, "REDOCLY_TELEMETRY": "off"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if run.returncode:
        print(run.stdout, file=sys.stderr)
    return run.returncode == 0


def run_workflows() -> bool:
    """Tell whether the workflows are valid and do what they should."""
    with serve_demo() as url:
        server, token = f"contract={url}", f"token={TOKEN}"
        return run_tool("redocly", "lint", WORKFLOWS) and run_tool(
            "redocly", "respect", WORKFLOWS, "--server", server, "--input", token
        )


def run_collection() -> bool:
    """Tell whether the Postman collection can be generated and all its requests succeed."""
    options = ["--options", "folderStrategy=Tags"]
    if not run_tool("openapi2postmanv2", "--spec", CONTRACT_FILE, "--output", COLLECTION, *options):
        return False
    collection = json.loads(COLLECTION.read_bytes())
    finish_collection(collection, f"http://127.0.0.1:8080{BASE_PATH}", TOKEN)
    COLLECTION.write_text(json.dumps(collection, ensure_ascii=False, indent=2))
    with serve_demo() as url:
        return run_tool("newman", "run", COLLECTION, "--env-var", f"baseUrl={url}", "--color", "off")


def main() -> int:
    """Run both and print the verdicts; the exit code is 1 if one failed."""
    verdicts = {"Arazzo workflows (redocly respect)": run_workflows(), "Postman collection (newman)": run_collection()}
    for name, passed in verdicts.items():
        print(f"{name}: {'passed' if passed else 'FAILED'}")
    return int(not all(verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
