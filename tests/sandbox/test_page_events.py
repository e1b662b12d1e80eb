"""New entries of a journal are pushed to the page of the sandbox, as long as somebody wants them."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from handlers.sandbox.page.events import MOST_AT_ONCE
from tests.support.sandbox import SandboxService, World
from tests.support.service import Service
from tests.support.waiting import await_

HOSTILE = "<script>alert('x')</script>\"&"
# In seconds: the server waits four for requests that end by themselves.
SOON = 3.5


@contextmanager
def follow(world: World, **options: Any) -> Iterator[Iterator[dict[str, str]]]:
    """Yield the events of a world's journal as they come, each with its fields."""
    with world.control.stream("GET", "/sandbox/events", **options) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        lines = answer.iter_lines()
        assert next(lines).startswith("retry: ")
        yield read_events(lines)


def read_events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Yield events of lines."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name:
            event[name] = event.get(name, "") + value.strip() + "\n"
        elif event:
            yield event
            event = {}


def select(world: World, **query: object) -> dict[str, Any]:
    """Return the options of a request for a world."""
    return {"params": {"world": world.described["id"], **query}}


def test_events_of_requests_are_pushed_as_escaped_rows(world: World) -> None:
    with world.client() as api, follow(world, **select(world)) as events:
        api.get("/acd/groups")
        httpx.get(f"{api.base_url}{HOSTILE}", headers=api.headers)
        first, second = next(events), next(events)
    assert first["id"] == "1\n"
    assert first["data"].startswith('<tr id="entry-1" class="valid">')
    assert "alert" in second["data"]
    assert "<script" not in second["data"]


def test_events_after_entry_are_all_that_follow(world: World) -> None:
    count = MOST_AT_ONCE + 3
    with world.client() as api:
        for _ in range(count):
            api.get("/acd/groups?limitPageSize=1")
    with follow(world, **select(world, after=1)) as events:
        assert [next(events)["id"] for _ in range(count - 1)] == [f"{number}\n" for number in range(2, count + 1)]
    with follow(world, **select(world, after=1), headers={"Last-Event-ID": str(count - 1)}) as events:
        assert next(events)["id"] == f"{count}\n"


def test_events_of_cleared_journal_go_on(world: World) -> None:
    with world.client() as api:
        api.get("/acd/groups")
        world.ask("POST", "/journal/clear")
        with follow(world, **select(world, after=0)) as events:
            api.get("/acd/groups")
            assert next(events)["id"] == "2\n"


def test_events_after_entry_that_is_forgotten_go_on(world: World) -> None:
    with world.client() as api, follow(world, **select(world, after=1000)) as events:
        api.get("/acd/groups")
        assert next(events)["id"] == "1\n"


def test_events_of_deleted_world_end(sandbox: Service) -> None:
    with World(sandbox) as world, follow(world, **select(world)) as events:
        world.ask("DELETE")
        assert [event["event"] for event in events] == ["gone\n"]


def test_events_of_unknown_world_are_refused(world: World) -> None:
    assert world.control.get("/sandbox/events?world=nowhere").status_code == 404


def test_head_of_events_has_no_end_to_wait_for(world: World) -> None:
    answer = world.control.head("/sandbox/events", **select(world)).raise_for_status()
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_events_end_when_client_leaves(sandbox: SandboxService, world: World) -> None:
    def count_ended() -> int:
        return sandbox.log.read_text().count("GET /sandbox/events")

    before = count_ended()
    with follow(world, **select(world)):
        pass
    await_(lambda: count_ended() > before)


def test_stop_with_events_open_takes_no_longer(tmp_path: Path) -> None:
    with SandboxService(tmp_path / "sandbox") as service:
        world = World(service)
        with closing(world.control), follow(world, **select(world)) as events:
            begin = time.monotonic()
            assert service.stop() == 0
            assert list(events) == []
    assert time.monotonic() - begin < SOON
