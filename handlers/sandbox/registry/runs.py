"""Runs of the dialler: the last one of each world, which one process plays and all see.

While a run plays, the clock of its world stands still between two steps; each step moves it on.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from data import store
from handlers.sandbox.registry import clocks
from handlers.sandbox.registry.clocks import Clock

RUNNING, FINISHED, STOPPED, INTERRUPTED = "running", "finished", "stopped", "interrupted"
FIELDS = "world, number, scenario, state, reason, tries, started, now, stopping, beat, ran"
# In seconds. A process that has not played for so long has ended.
DEAD_SECONDS = 30
GONE = "the process that played it has ended"


class Run(NamedTuple):
    """A run.

    :param world: ID of its world.
    :param number: counts the runs of the world.
    :param scenario: what it was given, as the control API shows it.
    :param state: `running`, `finished`, `stopped` or `interrupted`.
    :param reason: why it has ended; None while it runs.
    :param tries: how many calls have ended.
    :param started: the time of the world when it began.
    :param now: the time of the world after the last call.
    :param stopping: whether it was asked to stop.
    :param beat: when it has last played, in seconds since 1970.
    :param ran: whether the clock of the world ran before.
    """

    world: str
    number: int
    scenario: Mapping[str, Any]
    state: str
    reason: str | None
    tries: int
    started: str
    now: str
    stopping: int
    beat: float
    ran: int

    def describe(self) -> Mapping[str, Any]:
        """Return it as the control API shows it."""
        return {name: getattr(self, name) for name in ("state", "reason", "tries", "started", "now", "scenario")}


class Ended(Exception):
    """The run is not running any more: its world was reset, or it was taken for dead."""


def begin(world_id: str, clock: Clock, scenario: Mapping[str, Any]) -> Run:
    """Begin a run, and let the clock of its world stand still.

    :param world_id: ID of the world.
    :param clock: its clock.
    :param scenario: what the run is given, as the control API shows it.
    :raises store.Conflict: another one is running in the world.
    """
    with store.atomic():
        before = _find(world_id)
        if before is not None and before.state == RUNNING:
            raise store.Conflict("the dialler is running in this world: wait for its end, or stop it")
        frozen = clock.freeze()
        clocks.save(world_id, frozen)
        store.execute("delete from Runs where world = :world", world=world_id)
        store.execute(
            "insert into Runs (world, number, scenario, state, started, now, beat, ran)"
            " values (:world, :number, :scenario, :state, :now, :now, :beat, :ran)",
            world=world_id,
            number=before.number + 1 if before else 1,
            scenario=json.dumps(scenario, ensure_ascii=False),
            state=RUNNING,
            now=frozen.frozen_at,
            beat=time.time(),
            ran=clock.frozen_at is None,
        )
        return find(world_id)


def find(world_id: str) -> Run:
    """Return the last run of a world.

    :param world_id: ID of the world.
    :raises store.NotFound: there was none.
    """
    run = _find(world_id)
    if run is None:
        raise store.NotFound("The dialler has not run in this world")
    return run


def advance(run: Run, tries: int, now: str) -> bool:
    """Store how far a run is and move the clock of its world on; return whether it was asked to stop.

    :param run: the run.
    :param tries: how many calls have ended.
    :param now: the time of the world.
    :raises Ended: it is not running any more.
    """
    with store.atomic():
        is_stopping = _update(run, tries=tries, now=now)
        store.execute("update Worlds set frozenAt = :now where id = :world", world=run.world, now=now)
        return is_stopping


def beat(run: Run) -> bool:
    """Store that the process that plays a run has not ended; return whether the run was asked to stop.

    :param run: the run.
    :raises Ended: it is not running any more.
    """
    return _update(run)


def ask_to_stop(world_id: str) -> Run:
    """Ask the process that plays the run of a world to stop, if it has not ended, and return the run.

    :param world_id: ID of the world.
    :raises store.NotFound: there was none.
    """
    store.execute(
        "update Runs set stopping = 1 where world = :world and state = :running", world=world_id, running=RUNNING
    )
    return find(world_id)


def end(run: Run, state: str, reason: str) -> None:
    """Store that a run has ended, and let the clock of its world run if it ran before.

    :param run: the run.
    :param state: `finished`, `stopped` or `interrupted`.
    :param reason: why it has ended.
    """
    with store.atomic():
        ended = store.execute(
            "update Runs set state = :state, reason = :reason"
            " where world = :world and number = :number and state = :running",
            world=run.world,
            number=run.number,
            running=RUNNING,
            state=state,
            reason=reason,
        )
        frozen = store.one("select frozenAt, offset from Worlds where id = :world", world=run.world)
        if ended and run.ran and frozen:
            clocks.save(run.world, Clock(frozen["frozenAt"], frozen["offset"]).run())


def leave(world_id: str) -> None:
    """End the run of a world that gets another database, in the transaction that is open.

    :param world_id: ID of the world.
    """
    store.execute(
        "update Runs set state = :interrupted, reason = 'the world was reset or restored'"
        " where world = :world and state = :running",
        world=world_id,
        running=RUNNING,
        interrupted=INTERRUPTED,
    )


def end_all() -> None:
    """End the runs that a server has left that uses the folder no more."""
    for row in store.query(f"select {FIELDS} from Runs where state = :running", running=RUNNING):
        end(_read(row), INTERRUPTED, GONE)


def _update(run: Run, **columns: Any) -> bool:
    """Change columns of a run that is running, and note that its process has not ended; see `beat`."""
    columns["beat"] = time.time()
    row = store.one(
        f"update Runs set {', '.join(f'{name} = :{name}' for name in columns)}"
        " where world = :world and number = :number and state = :running returning stopping",
        world=run.world,
        number=run.number,
        running=RUNNING,
        **columns,
    )
    if row is None:
        raise Ended
    return bool(row["stopping"])


def _find(world_id: str) -> Run | None:
    row = store.one(f"select {FIELDS} from Runs where world = :world", world=world_id)
    if row is None:
        return None
    if row["state"] == RUNNING and row["beat"] < time.time() - DEAD_SECONDS:
        end(_read(row), INTERRUPTED, GONE)
        return _find(world_id)
    return _read(row)


def _read(row: store.Row) -> Run:
    return Run(**{**row, "scenario": json.loads(row["scenario"])})
