"""The threads of a process that play runs of the dialler."""

import logging
import threading
import time
from datetime import datetime

from data import store
from data.dialler.scenarios import Scenario
from data.dialler.simulation import Simulation
from data.store.texts import render_moment
from handlers.sandbox.outgoing import telling
from handlers.sandbox.registry import runs, worlds
from handlers.sandbox.registry.runs import Run

# The calls of one transaction, and the pause after it, in which others write.
STEP_SECONDS = 0.025
PAUSE_SECONDS = 0.01
# How long a run waits that has no room in the queue for what connectors are to be told.
FULL_SECONDS = 0.05

logger = logging.getLogger("freiton")


class Diallers:
    """The runs that this process plays, each in a thread, until the registry is closed.

    :param registry: the registry of the sandbox.
    """

    def __init__(self, registry: store.Store) -> None:
        self.registry = registry
        self.stopping = threading.Event()
        self.threads: set[threading.Thread] = set()
        registry.at_close(self.close)

    def start(self, run: Run, scenario: Scenario, of: store.Store) -> None:
        """Play a run in a thread of its own.

        :param run: the run.
        :param scenario: what it was given.
        :param of: the store of its world.
        """
        thread = threading.Thread(target=self._run, args=(run, scenario, of), name="dialler", daemon=True)
        self.threads.add(thread)
        thread.start()

    def close(self) -> None:
        """Stop all runs after their current step."""
        self.stopping.set()
        for thread in [*self.threads]:
            thread.join()

    def _run(self, run: Run, scenario: Scenario, of: store.Store) -> None:
        try:
            with self.registry.use():
                self._end(run, *self._play(run, scenario, of))
        finally:
            of.close_connection()
            self.registry.close_connection()
            self.threads.discard(threading.current_thread())

    def _play(self, run: Run, scenario: Scenario, of: store.Store) -> tuple[str, str]:
        """Play a run, and return the state in which it ends, with the reason."""
        simulation = Simulation(scenario)
        try:
            while not self.stopping.is_set():
                if not telling.tell(of, run.world):
                    if runs.beat(run):
                        return runs.STOPPED, "it was stopped"
                    self.stopping.wait(FULL_SECONDS)
                    continue
                now = worlds.find(run.world).clock.read()
                with of.use():
                    simulation.refresh()
                if simulation.reason is not None:
                    return runs.FINISHED, simulation.reason
                if self._step(run, simulation, now, of):
                    return runs.STOPPED, "it was stopped"
                self.stopping.wait(PAUSE_SECONDS)
        except (runs.Ended, store.NotFound):
            return runs.INTERRUPTED, "the world is gone"
        except (store.Unavailable, store.EngineError) as error:
            logger.warning("a run of the dialler cannot go on: %s", type(error).__name__)
            return runs.INTERRUPTED, "the database cannot be used now"
        return runs.STOPPED, "the server was stopped"

    def _step(self, run: Run, simulation: Simulation, now: datetime, of: store.Store) -> bool:
        """Play some calls in one transaction, and return whether the run was asked to stop."""
        deadline = time.monotonic() + STEP_SECONDS
        with of.use(), of.atomic():
            # The form of records has milliseconds.
            then = simulation.play(
                now.replace(microsecond=now.microsecond // 1000 * 1000), lambda: time.monotonic() > deadline
            )
            # First the clock: if the process ends here, time has passed, and nothing has happened in the future.
            with self.registry.use():
                is_stopping = runs.advance(run, simulation.tries, render_moment(then))
                if simulation.first is not None:
                    telling.note(of, run.world, simulation.first)
                return is_stopping

    def _end(self, run: Run, state: str, reason: str) -> None:
        try:
            runs.end(run, state, reason)
        except (store.Unavailable, store.EngineError) as error:
            logger.warning("the end of a run of the dialler cannot be stored: %s", type(error).__name__)


@store.cached()
def find_diallers() -> Diallers:
    """Return the runs that this process plays of the current store, the registry."""
    return Diallers(store.current())
