"""Whatever sequence of requests comes, the service answers as a plain model of it does."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.model_machine import World, run_model
from tests.support.service import Service

pytestmark = pytest.mark.uncovered


def test_any_sequence_of_requests_gives_what_model_says(
    fresh_demo: Service, tmp_path: Path, rounds: Callable[[int, int], int], figure: Callable[[str], None]
) -> None:
    with closing(World(fresh_demo, tmp_path / "backup.db")) as world:
        # Hypothesis ends some runs early: 60 makes 50 on average.
        run_model(world, rounds(30, 1000), rounds(20, 60))
    figure(f"model: {world.runs} runs, {world.steps - world.runs} steps, {world.requests} requests, 0 differences")
