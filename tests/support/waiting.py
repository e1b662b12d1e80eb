"""Waiting for what happens in another thread or process."""

import time
from collections.abc import Callable

# A limit for what hangs, not for slow machines.
SECONDS_TO_WAIT = 300


def await_(condition: Callable[[], object]) -> None:
    """Wait until a condition is true, checked every 10 ms."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
