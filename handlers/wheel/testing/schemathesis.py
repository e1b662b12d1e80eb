"""Hooks of Schemathesis, with which its stateful phase reaches every link of the contract.

The world is reset before each scenario, which then finds the records that the examples of the contract name, whatever
earlier ones have deleted. The contract that Schemathesis reads has the client account in its paths instead of the
parameter `ClientsID`: scenarios begin with lists only if these have no path parameter.

The module is for the variable SCHEMATHESIS_HOOKS, and for others of hooks to import. FREITON_URL is the URL of the
sandbox, FREITON_WORLD the ID of the world, by default of the one that the demo's tokens lead to; `freiton run` sets
both.
"""

import os
from typing import Any

import schemathesis
from schemathesis.generation.stateful.state_machine import APIStateMachine

from .sandbox import Sandbox
from .world import World

ACCOUNT = "ClientsID"


def use(world: World) -> None:
    """Fit Schemathesis to a world.

    :param world: the world that it sends its requests to.
    """
    begin = APIStateMachine.__init__

    def reset_and_begin(machine: APIStateMachine) -> None:
        world.reset()
        begin(machine)

    # Schemathesis has no hook for it: a scenario begins when its state machine is made.
    APIStateMachine.__init__ = reset_and_begin  # type: ignore[assignment, method-assign]

    @schemathesis.hook
    def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
        paths = raw_schema["paths"].items()
        fixed = {path.replace(f"{{{ACCOUNT}}}", str(world.client_id)): operations for path, operations in paths}
        raw_schema.update(_drop_account({**raw_schema, "paths": fixed}))


def _drop_account(node: Any) -> Any:
    if isinstance(node, list):
        return [_drop_account(each) for each in node if each != {"$ref": f"#/components/parameters/{ACCOUNT}"}]
    if isinstance(node, dict):
        # In `parameters` of a link.
        return {name: _drop_account(each) for name, each in node.items() if (name, type(each)) != (ACCOUNT, str)}
    return node


use(Sandbox(url=os.environ["FREITON_URL"]).find_world(os.environ.get("FREITON_WORLD", "default")))
