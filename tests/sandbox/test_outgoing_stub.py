"""A server that fastapi-code-generator makes of the contract of outgoing calls takes the calls of a running sandbox."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handlers.sandbox.outgoing.contract import CONTRACT
from tests.support.outgoing import DEFINITIONS, DOCUMENT, call, read_answer, read_data, read_journal
from tests.support.sandbox import World
from tests.support.service import SECONDS_TO_RUN, TOP

pytestmark = pytest.mark.uncovered

# An environment of its own, which make tools installs: the generator needs an older datamodel-code-generator.
TOOLS = TOP / ".venv" / "stubs" / "bin"
NO_BODY = "    pass\n"
DECORATOR = re.compile(r"@app\.(get|post)\(\s+'([^']+)'")
LISTENING = re.compile(r"running on (http://127\.0\.0\.1:[0-9]+)")


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the generated server, whose functions were given bodies and nothing else."""
    folder = tmp_path_factory.mktemp("generated")
    command: list[str | Path] = [
        TOOLS / "fastapi-codegen",
        "--input",
        CONTRACT,
        "--output",
        folder / "stub",
        "--strict-nullable",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_TO_RUN, check=False)
    assert done.returncode == 0, done.stderr
    program = folder / "stub" / "main.py"
    program.write_text(fill_in(program.read_text(encoding="utf-8")), encoding="utf-8")
    with serve(folder) as url:
        yield url


def fill_in(program: str) -> str:
    """Give each function of a generated program a body, which answers with the example and what it was given."""
    *heads, tail = program.split(NO_BODY)
    assert len(heads) == len(DEFINITIONS)
    return "".join(f"{head}    return {{**{find_answer(head)!r}, 'given': locals()}}\n" for head in heads) + tail


def find_answer(head: str) -> object:
    """Return the example of the answer of the operation that a part of the program ends with."""
    ((method, path),) = DECORATOR.findall(head)
    return read_answer(DOCUMENT["paths"][path][method]["operationId"])


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve the program in a folder, and give its URL."""
    command: list[str | Path] = [TOOLS / "uvicorn", "stub.main:app", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            found = next(filter(None, map(LISTENING.search, server.stderr)), None)
            assert found, "the program has ended"
            yield found[1]
        finally:
            server.terminate()


def test_generated_server_takes_each_call_and_its_answers_conform(world: World, stub: str) -> None:
    world.ask("POST", "/outgoing/targets", json={"url": stub}).raise_for_status()
    for identity, definition in DEFINITIONS.items():
        answer = call(world, identity)["answer"]
        assert answer["status"] == 200, identity
        body, sent = json.loads(answer["body"]), read_data(identity)
        given = body.pop("given")
        assert {name: value for name, value in body.items() if value is not None} == read_answer(identity)
        if "requestBody" in definition:
            assert given == {"body": sent}
        else:
            assert sorted(given.values()) == sorted(sent.values())
    entries = read_journal(world)
    assert [entry["operationId"] for entry in entries] == [*DEFINITIONS]
    assert [entry["violations"] for entry in entries] == [[]] * len(DEFINITIONS)


def test_generated_server_refuses_a_call_that_breaks_the_contract(world: World, stub: str) -> None:
    world.ask("POST", "/outgoing/targets", json={"url": stub}).raise_for_status()
    assert call(world, "writeCallStatistics", {}, check=False)["answer"]["status"] == 422
    (entry,) = read_journal(world)
    assert [each["place"] for each in entry["violations"][:2]] == ["#/body/jtelStatisticsPartAID", "#/body/bOutbound"]
