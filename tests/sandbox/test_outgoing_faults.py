"""Outgoing calls survive the end of a server: one that was not noted is sent again, and none is lost."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx

from tests.support.command import list_open_files, read_troubles
from tests.support.connectors import Connector, Reply
from tests.support.outgoing import LONG, call, find, number, numbers, read_journal, register
from tests.support.sandbox import SandboxService, World
from tests.support.service import Killed
from tests.support.waiting import await_

MANY = 30
STATISTICS = "writeCallStatistics"


class KilledSandbox(Killed, SandboxService):
    """A running sandbox that is ended by killing all of its processes at once."""


@contextmanager
def continued(service: SandboxService, world: World) -> Iterator[World]:
    """Yield a world that is asked at the server that continues it."""
    world.control.close()
    world.control = httpx.Client(base_url=service.url, timeout=LONG, verify=False)
    with world.control:
        yield world


def test_kill_between_sending_and_noting_sends_the_call_again(tmp_path: Path, connector: Connector) -> None:
    options = ("--sandbox-dir", str(tmp_path / "worlds"))
    connector.answer = lambda _: Reply(delay=LONG if len(connector.received) == 1 else 0)
    with KilledSandbox(tmp_path / "sandbox", *options) as service:
        world = World(service)
        register(world, connector, timeout=60)
        (made,) = number(world, 1)
        await_(lambda: len(connector.received) == 1)
    with SandboxService(tmp_path / "sandbox", *options) as later, continued(later, world):
        assert find(world, made)["status"] == "answered"
        assert numbers(connector) == [1, 1]
        assert [entry["call"] for entry in read_journal(world)] == [made]


def test_kill_at_any_moment_loses_no_call(tmp_path: Path, connector: Connector) -> None:
    options = ("--sandbox-dir", str(tmp_path / "worlds"), "--workers", "2")
    connector.answer = lambda _: Reply(delay=0.01)
    with KilledSandbox(tmp_path / "sandbox", *options) as service:
        world = World(service)
        register(world, connector)
        made = number(world, MANY)
        time.sleep(random.uniform(0, 0.2))
    with KilledSandbox(tmp_path / "sandbox", *options) as service, continued(service, world):
        # Connexion is loaded, and calls are sent.
        assert world.ask("GET").status_code == 200
        time.sleep(random.uniform(0, 0.2))
    with SandboxService(tmp_path / "sandbox", *options) as later, continued(later, world):
        assert find(world, made[-1])["status"] == "answered"
    assert sorted(set(numbers(connector))) == [*range(1, MANY + 1)]
    assert len(connector.received) <= MANY + 2


def test_stop_gives_calls_back_and_a_restart_sends_them(tmp_path: Path, connector: Connector) -> None:
    options = ("--sandbox-dir", str(tmp_path / "worlds"))
    connector.answer = lambda _: Reply(delay=LONG if len(connector.received) == 1 else 0)
    with SandboxService(tmp_path / "sandbox", *options) as service:
        world = World(service)
        register(world, connector, timeout=60)
        made = number(world, 2)
        await_(lambda: len(connector.received) == 1)
        begin = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - begin < LONG / 2
    with SandboxService(tmp_path / "sandbox", *options) as service, continued(service, world):
        assert find(world, made[-1])["status"] == "answered"
    assert numbers(connector) == [1, 1, 2]
    assert read_troubles(service.log) == []


def test_processes_share_the_calls_and_send_each_once(tmp_path: Path, connector: Connector) -> None:
    with SandboxService(tmp_path / "sandbox", "--workers", "2") as service, World(service) as world:
        register(world, connector)
        lookups = [call(world, "genericQuery", {"Query": str(each)}, wait=0)["id"] for each in range(MANY)]
        made = number(world, MANY)
        for each in (*lookups, *made):
            found = find(world, each)
            assert (found["status"], found["attempts"]) == ("answered", 1), json.dumps(found)
    assert [body["jtelStatisticsPartAID"] for body in connector.bodies if "Query" not in body] == [*range(1, MANY + 1)]
    assert sorted(int(body["Query"]) for body in connector.bodies if "Query" in body) == [*range(MANY)]


def test_kill_of_one_process_lets_another_send_its_call(tmp_path: Path, connector: Connector) -> None:
    connector.answer = lambda _: Reply(delay=LONG if len(connector.received) == 1 else 0)
    with KilledSandbox(tmp_path / "sandbox", "--workers", "2") as service:
        world = World(service)
        register(world, connector, timeout=60)
        (made,) = number(world, 1)
        await_(lambda: len(connector.received) == 1)
        killed = find_connected(service.process.pid, connector.port)
        os.kill(killed, signal.SIGKILL)
        with closing(world.control):
            await_(lambda: is_answered(world, made))
    assert numbers(connector) == [1, 1]


def is_answered(world: World, made: int) -> bool:
    """Return whether a call is answered; a connection to the process that was killed is gone."""
    with suppress(httpx.TransportError):
        return bool(find(world, made, wait=1)["status"] == "answered")
    return False


def find_connected(parent: int, port: int) -> int:
    """Return the child of a process that has a connection to a port of this machine."""
    connected = {
        f"socket:[{line.split()[9]}]"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[2].endswith(f":{port:04X}")
    }
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if connected.intersection(list_open_files(int(child))):
            return int(child)
    raise AssertionError("no process is connected")
