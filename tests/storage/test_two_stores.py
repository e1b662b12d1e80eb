"""Two stores that are open in one process never meet: each answers as the model of its own database does."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from data import store, tokens
from tests.support.databases import open_database
from tests.support.model_machine import World, run_model
from tests.support.service import SECONDS_TO_STOP, TOP, Server, start_process


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[list[Server]]:
    """Two demo servers in one process."""
    databases = [tmp_path / "one" / "freiton.db", tmp_path / "two" / "freiton.db"]
    for database in databases:
        database.parent.mkdir()
    command = [sys.executable, "-m", "tests.support.twins", *map(str, databases)]
    with start_process(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        ports = process.stdout.readline().split()
        yield [Server(f"http://127.0.0.1:{port}", database) for port, database in zip(ports, databases, strict=True)]
        process.terminate()
        assert process.wait(SECONDS_TO_STOP) == 0


def test_any_sequences_of_requests_to_two_stores_at_once_give_what_their_models_say(
    twins: list[Server], rounds: Callable[[int, int], int]
) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(len(twins)) as threads:
        worlds = [stack.enter_context(closing(World(twin, twin.database.with_name("backup.db")))) for twin in twins]
        runs = [threads.submit(run_model, world, rounds(10, 300), rounds(20, 60)) for world in worlds]
        for run in runs:
            run.result()


def test_use_stores_in_turn_reads_and_writes_each_alone(tmp_path: Path) -> None:
    one, two = (open_database(tmp_path / f"{name}.db", create=True) for name in ("one", "two"))
    with one, two.use():
        tokens.add_client("Two")
        with one.use():
            tokens.add_client("One")
            with store.atomic(), two.use():
                # A write of another store waits for no writer of this one.
                tokens.add_client("Two again")
        assert [row["Name"] for row in tokens.list_clients()] == ["Two", "Two again"]
    two.close()
    with pytest.raises(LookupError):
        store.current()
