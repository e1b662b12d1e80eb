"""Hooks of Schemathesis: the world is reset before each scenario of the stateful phase.

A scenario then finds the records that the examples of the contract name, whatever earlier ones have deleted. The module
is for the variable SCHEMATHESIS_HOOKS, and for others of hooks to import. FREITON_URL is the URL of the sandbox,
FREITON_WORLD the ID of the world, by default of the one that the demo's tokens lead to; `freiton run` sets both.
"""

import os

from schemathesis.generation.stateful.state_machine import APIStateMachine

from .sandbox import Sandbox
from .world import World


def reset_before_scenarios(world: World) -> None:
    """Have a world reset before each scenario.

    :param world: the world that Schemathesis sends its requests to.
    """
    begin = APIStateMachine.__init__

    def reset_and_begin(machine: APIStateMachine) -> None:
        world.reset()
        begin(machine)

    # Schemathesis has no hook for it: a scenario begins when its state machine is made.
    APIStateMachine.__init__ = reset_and_begin  # type: ignore[method-assign]


reset_before_scenarios(Sandbox(url=os.environ["FREITON_URL"]).find_world(os.environ.get("FREITON_WORLD", "default")))
