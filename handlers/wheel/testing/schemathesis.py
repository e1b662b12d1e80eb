"""Hooks of Schemathesis: the world is reset before each scenario of the stateful phase.

Scenarios then find the records that the contract's examples name, whatever earlier ones have deleted:
`SCHEMATHESIS_HOOKS=freiton.testing.schemathesis freiton run -- sh -c 'schemathesis run openapi.yaml
--url $FREITON_API_URL --header "Authorization: Bearer $FREITON_TOKEN"'`. A module of hooks of your own imports this one.
The variable FREITON_URL tells the sandbox, and FREITON_WORLD the world, by default the one of the demo's tokens.
"""

import os
from functools import wraps

from schemathesis.generation.stateful.state_machine import APIStateMachine

from .sandbox import Sandbox
from .world import World


def reset_before_scenarios(world: World) -> None:
    """Have a world reset before each scenario.

    :param world: the world that Schemathesis sends its requests to.
    """
    begin = APIStateMachine.__init__

    @wraps(begin)
    def reset_and_begin(machine: APIStateMachine) -> None:
        world.reset()
        begin(machine)

    # Schemathesis has no hook for it: a scenario begins when its state machine is made.
    APIStateMachine.__init__ = reset_and_begin  # type: ignore[method-assign]


reset_before_scenarios(Sandbox(url=os.environ["FREITON_URL"]).find_world(os.environ.get("FREITON_WORLD", "default")))
